/// Sessions that every report must be able to show.
#ifndef SCOPETREE_TESTS_SUPPORT_REPORT_SESSIONS_HPP
#define SCOPETREE_TESTS_SUPPORT_REPORT_SESSIONS_HPP

#include <scopetree/model/session.hpp>

#include "support/session_builder.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace test {

inline scopetree::session with_modules(scopetree::session source) {
    source.modules.push_back({"/opt/app/bin/server", "00ff17", 0x1000, 0x2000, 0x9000});
    source.modules.push_back({"/usr/lib/libwork.so.1", "", 0x7f0000000000, 0x7f0000001000, //
                              0x7f0000009000});
    source.modules.push_back({"", "abcd", 0x7fff00000000, 0x7fff00000000, 0x7fff00002000});
    for (std::size_t i = 0; i < source.frames.size(); ++i)
        if (source.frames[i].kind == scopetree::frame_kind::function)
            source.frames[i].module = static_cast<std::uint32_t>(i % 2);
    return source;
}

/// Two threads, recursion, scopes, library code, and time without any function.
inline scopetree::session service_session() {
    session_builder built;
    built
        .thread("main", R"(
main|src/main.cpp:10|10/9
  serve|src/server.cpp:40|50/20
    >request|src/server.cpp:44|5|0
      parse|src/parse.cpp:7|120/119
        parse|src/parse.cpp:7|80
          ~memchr|string/memchr.S:1|33
      >>reply|src/server.cpp:60|70/1|1
        ~write|unix/write.c:24|300/2
  ~read|unix/read.c:24|200/0
)",
                {{42, false, {}}, {40, true, {370'000'000, 1'000, 90'000'000, 2'000, 80'000'000}}})
        .thread("worker", "run|src/worker.cpp:3|60/50\n  wait|src/worker.cpp:9|440/0\n"
                          "@[unwinding]||7\n");
    built->threads[1].nodes[0].wall_ns += 3'000'000;
    built->threads[1].wall_ns += 3'000'000;
    built->program = "./server --port 80";
    built->recorded_unix_ns = 1'748'786'602'000'000'000;
    built->notes = {"one note", "and \"another\""};
    built->frames[2].full_name = "app::serve(std::basic_string<char> const&)";
    return with_modules(*built);
}

/// Functions that the compiler expanded into their callers.
inline scopetree::session inlined_session() {
    session_builder built;
    built.thread("first", R"(
main|a.cpp:1|5
  sum|a.cpp:2|7
    add|a.cpp:3|11
      call|b.cpp:4|13
        add|a.cpp:3|17
    >s|a.cpp:9|19
      add|a.cpp:3|23
add|a.cpp:3|29
)");
    for (scopetree::frame& f : built->frames)
        f.inlined = f.name == "sum" || f.name == "add";
    return with_modules(*built);
}

/// Names that mean something to terminals, JSON, JavaScript, folded stacks or pages.
inline scopetree::session hostile_session() {
    const char* const names[] = {"a;b",
                                 "c\r\nd",
                                 "\x1b[31mred\x1b[0m",
                                 "\"quoted\\",
                                 "phase 2",
                                 "\xff\xc3\x28",
                                 "</script><b>&",
                                 "\u2028\u2029",
                                 "größe 木🌲",
                                 "\u202eabc",
                                 "",
                                 "__proto__"};
    session_builder built;
    built.thread("main", "");
    scopetree::session source = *built;
    scopetree::thread_tree& thread = source.threads.front();
    for (const char* const name : names) {
        scopetree::call_node node;
        node.frame = static_cast<std::uint32_t>(source.frames.size());
        node.parent =
            static_cast<std::uint32_t>(thread.nodes.size() % 2 == 0 ? 0 : thread.nodes.size() - 1);
        node.samples = thread.nodes.size();
        node.wall_ns = node.cpu_ns = static_cast<std::int64_t>(node.samples) * 1'000'003;
        thread.wall_ns += node.wall_ns;
        thread.cpu_ns += node.cpu_ns;
        thread.nodes.push_back(node);
        scopetree::frame f;
        f.name = name;
        f.full_name = f.file = std::string(name) + "!";
        f.line = 5;
        source.frames.push_back(f);
    }
    thread.name = "main;\n\xff\"";
    source.program = "./p \x01\xfe;\"";
    source.duration_ns = thread.wall_ns;
    return source;
}

/// Three threads of random calls; the names repeat, so that there is recursion.
inline scopetree::session random_report_session(unsigned seed, std::size_t nodes) {
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    session_builder built;
    built.thread("main", "").thread("worker", "").thread("worker", "");
    scopetree::session source = *built;
    const auto first = static_cast<std::uint32_t>(source.frames.size());
    for (std::size_t i = 0; i < 40; ++i) {
        scopetree::frame f;
        f.name = "function_" + std::to_string(i);
        f.full_name = "int app::" + f.name + "(int)";
        f.file = "src/file_" + std::to_string(i % 7) + ".cpp";
        f.line = static_cast<std::uint32_t>(10 * i + 1);
        f.application = i % 3 != 0;
        f.inlined = i % 4 == 1;
        source.frames.push_back(std::move(f));
    }
    for (scopetree::thread_tree& thread : source.threads) {
        const std::size_t reach = 1 + below(20);
        for (std::size_t i = 1; i < nodes; ++i) {
            scopetree::call_node node;
            node.parent = static_cast<std::uint32_t>(i - 1 - below(std::min(i, reach)));
            node.frame = first + static_cast<std::uint32_t>(below(40));
            if (below(3) != 0) {
                node.samples = below(100);
                node.wall_ns = static_cast<std::int64_t>(below(1'000'000) * below(100));
                node.cpu_ns = below(2) == 0 ? 0 : node.wall_ns / 3;
            }
            thread.wall_ns += node.wall_ns;
            thread.cpu_ns += node.cpu_ns;
            source.cpu_ns += node.cpu_ns;
            source.figures.samples += node.samples;
            thread.nodes.push_back(node);
        }
        source.duration_ns = std::max(source.duration_ns, thread.wall_ns);
    }
    return with_modules(std::move(source));
}

/// Gives every thread a timeline that leads to the times of its tree: the time of every node in a
/// few pieces, shuffled, with a gap here and there.
inline scopetree::session with_timeline(scopetree::session source, unsigned seed = 1) {
    std::mt19937 random(seed);
    for (scopetree::thread_tree& thread : source.threads) {
        std::vector<scopetree::timeline_run> runs;
        for (std::uint32_t node = 0; node < thread.nodes.size(); ++node) {
            const std::int64_t time = thread.nodes[node].wall_ns;
            for (const std::int64_t piece : {time / 2, time / 3, time - time / 2 - time / 3})
                if (piece > 0)
                    runs.push_back({node, 0, piece});
        }
        std::shuffle(runs.begin(), runs.end(), random);
        std::int64_t now = 0;
        for (scopetree::timeline_run& run : runs) {
            now += random() % 4 == 0 ? 1'000 : 0;
            run.start_ns = now;
            now += run.duration_ns;
        }
        source.duration_ns = std::max(source.duration_ns, now);
        thread.timeline = std::move(runs);
    }
    return source;
}

inline scopetree::session only_scopes_session() {
    session_builder built;
    built.thread("main", ">load|a.cpp:1|0|0\n  >parse|a.cpp:2|0|1\n",
                 {{1, false, {}}, {3, false, {}}});
    return *built;
}

inline scopetree::session only_self_session() {
    session_builder built;
    built.thread("main", "");
    scopetree::call_node& root = built->threads[0].nodes[0];
    root.wall_ns = root.cpu_ns = 5'000'000;
    root.samples = 5;
    built->threads[0].wall_ns = built->threads[0].cpu_ns = 5'000'000;
    built->duration_ns = built->cpu_ns = 5'000'000;
    return *built;
}

inline scopetree::session one_sample_session() {
    session_builder built;
    built.thread("main", "main|main.cpp:1|1\n");
    return *built;
}

inline scopetree::session idle_session() {
    session_builder built;
    built.thread("main", "");
    return *built;
}

struct named_session {
    std::string name;
    scopetree::session source;
};

/// Each under a name that suits a file.
inline std::vector<named_session> report_sessions() {
    return {{"service", service_session()},
            {"inlined", inlined_session()},
            {"hostile", hostile_session()},
            {"random", random_report_session(3, 300)},
            {"timeline", with_timeline(service_session())},
            {"random_timeline", with_timeline(random_report_session(4, 200))},
            {"only_scopes", only_scopes_session()},
            {"only_self", only_self_session()},
            {"one_sample", one_sample_session()},
            {"idle", idle_session()},
            {"empty", scopetree::session()}};
}

} // namespace test

#endif
