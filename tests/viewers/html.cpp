// html FOLDER: writes the pages that html.test.js looks at.
#include <scopetree/render/html.hpp>
#include <scopetree/render/service_html.hpp>

#include "support/service_profiles.hpp"
#include "support/session_builder.hpp"
#include "support/view_drawing.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace scopetree;

namespace {

scope_figures called(std::uint64_t calls) {
    scope_figures figures;
    figures.calls = calls;
    return figures;
}

scope_figures timed(std::uint64_t calls, timed_figures times) {
    scope_figures figures = called(calls);
    figures.timed = true;
    figures.times = times;
    return figures;
}

/// A thread that adds, sorts and sums up, as the quickstart does.
session ordinary() {
    test::session_builder built;
    built.thread("main", R"(
~_start||0
  ~__libc_start_main|../csu/libc-start.c:242|0
    main|quickstart.cpp:24|20
      >sort and sum|quickstart.cpp:26|0|0
        ~std::list<int>::sort|bits/list.tcc:481|30
          ~std::__detail::_Scratch_list::merge<int>|bits/stl_list.h:102|316
            ~std::__detail::_Scratch_list::_Ptr_cmp::operator()|bits/stl_list.h:150|400
            ~std::less<void>::operator()|bits/stl_function.h:591|211
        ~std::accumulate<std::_List_iterator<int>, long>|bits/stl_numeric.h:134|325
      random_numbers|quickstart.cpp:14|0
        >random_numbers|quickstart.cpp:15|1|1
          add|quickstart.cpp:9|13
            >add|quickstart.cpp:10|0|2
              ~std::list<int>::push_back|bits/stl_list.h:1306|64
                ~malloc|malloc/malloc.c:3294|290/250
                  ~sysmalloc|malloc/malloc.c:2550|10/2
          fill|quickstart.cpp:12|0
            add|quickstart.cpp:9|30
      >>save|quickstart.cpp:30|5/1|3
        write_file|files/write.cpp:8|285/3
      tiny|quickstart.cpp:40|4
        tinier|quickstart.cpp:44|2
)",
                 {called(1), called(1), called(1'204'331),
                  timed(12, {290'000'000, 1'200'000, 90'000'000, 20'000'000, 88'000'000})});
    session source = *built;
    source.program = "./quickstart --count 1000000";
    source.source_root = "/home/user/quickstart";
    source.recorded_unix_ns = 1'748'786'602'000'000'000;
    source.figures.handler_ns = 14'200'000;
    source.figures.sampler_cpu_ns = 61'700'000;
    for (frame& f : source.frames) {
        f.inlined = f.name == "fill" || f.name.find("_Ptr_cmp") != std::string::npos;
        if (f.name == "std::list<int>::sort")
            f.full_name = "void std::__cxx11::list<int, std::allocator<int> >::sort()";
    }
    return source;
}

/// Cuts every node's time into stretches and shuffles them.
void invent_timeline(thread_tree& thread, std::int64_t stretch_ns, std::mt19937& random) {
    std::vector<std::pair<std::uint32_t, std::int64_t>> stretches;
    for (std::uint32_t i = 0; i < thread.nodes.size(); ++i) {
        for (std::int64_t left = thread.nodes[i].wall_ns; left > 0; left -= stretch_ns)
            stretches.emplace_back(i, std::min(left, stretch_ns));
    }
    std::shuffle(stretches.begin(), stretches.end(), random);
    std::int64_t at = 0;
    for (const auto& [node, duration] : stretches) {
        thread.timeline.push_back({node, at, duration});
        at += duration;
    }
}

/// The first 400 ms: alternating; then, 400 ms each, one phase after the other. The workers
/// alternate.
session several_threads() {
    test::session_builder built;
    built
        .thread("main", R"(
main|server.cpp:10|0
  load|server.cpp:20|400
  >handle|server.cpp:30|0|0
    parse|parse.cpp:5|400
    answer|server.cpp:44|300/30
      ~write|io/write.c:26|100/5
)",
                {called(2'000)})
        .thread("worker", R"(
run|worker.cpp:3|0
  >job|worker.cpp:8|0|0
    compress|worker.cpp:15|900
    ~memcpy|string/memcpy.S:100|200
  wait_for_work|worker.cpp:30|500/0
)",
                {called(321)})
        .thread("worker", R"(
run|worker.cpp:3|0
  >job|worker.cpp:8|0|0
    compress|worker.cpp:15|300
  wait_for_work|worker.cpp:30|1300/1
)",
                {called(123)});
    session source = *built;
    source.program = "./server --port 8080";
    std::mt19937 random(7);
    std::int64_t at = 0;
    thread_tree& main = source.threads[0];
    for (std::uint32_t i = 0; i < main.nodes.size(); ++i) {
        if (main.nodes[i].wall_ns > 0)
            main.timeline.push_back({i, at, main.nodes[i].wall_ns});
        at += main.nodes[i].wall_ns;
    }
    invent_timeline(source.threads[1], 7'000'000, random);
    invent_timeline(source.threads[2], 23'000'000, random);
    return source;
}

const std::vector<std::string>& hostile_names() {
    static const std::vector<std::string> names = {
        "</script><script>document.title='owned'</script>",
        "<!--",
        "<img src=x onerror=alert(1)>",
        "\"'`${1}\\",
        "__proto__",
        "constructor",
        "toString",
        "hasOwnProperty",
        "bell\x07 escape\x1b[2J tab\t line\n end",
        "right-to-left \xe2\x80\xae evil",
        "not UTF-8 \xff\xfe\xc3",
        "line separators \xe2\x80\xa8 \xe2\x80\xa9",
        "a;b;c 17",
        "&lt;b&gt;",
        "",
        "größe<ä, 漢字, 😀>",
    };
    return names;
}

session hostile() {
    test::session_builder built;
    built.thread("</script><b>", "main|main.cpp:1|1\n");
    session source = *built;
    source.program = "<script>alert('program')</script> --!> \xff";
    source.notes = {"<img src=x onerror=alert(2)>"};
    thread_tree& thread = source.threads[0];
    for (const std::string& name : hostile_names()) {
        frame f;
        f.name = f.full_name = f.file = name;
        f.line = 7;
        f.application = true;
        call_node node;
        node.parent = 1;
        node.frame = static_cast<std::uint32_t>(source.frames.size());
        node.wall_ns = node.cpu_ns = 10'000'000;
        source.frames.push_back(f);
        thread.nodes.push_back(node);
    }
    return source;
}

/// A little less deep than the page would thin out.
session deep() {
    session source = test::deep_session(99'990);
    source.program = "./deep";
    return source;
}

/// `nodes` nodes in three threads, of which every one knows when.
session large(std::uint32_t nodes) {
    session source;
    source.program = "./large";
    source.version = "0.1.0";
    source.interval_ns = 1'000'000;
    for (int i = 0; i < 4'000; ++i) {
        frame f;
        f.name = "component_" + std::to_string(i % 40) + "::function_" + std::to_string(i);
        f.full_name = f.name + "(int, std::vector<double, std::allocator<double> > const&)";
        f.file = "source/component_" + std::to_string(i % 40) + ".cpp";
        f.line = static_cast<std::uint32_t>(i);
        f.application = i % 3 != 0;
        source.frames.push_back(f);
    }
    std::mt19937 random(1);
    for (int t = 0; t < 3; ++t) {
        thread_tree thread;
        thread.name = "thread " + std::to_string(t);
        thread.nodes.emplace_back();
        thread.nodes[0].frame = 0;
        for (std::uint32_t i = 1; i < nodes / 3; ++i) {
            call_node node;
            node.parent =
                i < 30 ? i - 1 : std::uniform_int_distribution<std::uint32_t>(i / 4, i - 1)(random);
            node.frame = std::uniform_int_distribution<std::uint32_t>(1, 3'999)(random);
            node.wall_ns = std::uniform_int_distribution<std::int64_t>(0, 200'000)(random);
            node.cpu_ns = node.wall_ns / 2;
            thread.wall_ns += node.wall_ns;
            thread.cpu_ns += node.cpu_ns;
            thread.nodes.push_back(node);
        }
        invent_timeline(thread, 1'000'000, random);
        source.duration_ns = std::max(source.duration_ns, thread.wall_ns);
        source.cpu_ns += thread.cpu_ns;
        source.threads.push_back(std::move(thread));
    }
    return source;
}

template <class Source>
bool write_page(const std::string& folder, const std::string& name, const Source& source) {
    std::ofstream file(folder + "/" + name + ".html", std::ios::binary);
    write_html(file, source);
    file.flush();
    if (!file)
        std::fprintf(stderr, "html: cannot write %s/%s.html\n", folder.c_str(), name.c_str());
    return static_cast<bool>(file);
}

} // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: html FOLDER\n");
        return 2;
    }
    const std::pair<const char*, session> sessions[] = {
        {"ordinary", ordinary()},
        {"threads", several_threads()},
        {"hostile", hostile()},
        {"empty", session()},
        {"deep", deep()},
        {"large", large(99'000)},
        {"thinned", large(200'000)},
    };
    const std::pair<const char*, service_profile> profiles[] = {
        {"service", test::shop_profile()},
        {"service_hostile", test::hostile_profile()},
        {"service_empty", service_profile()},
    };
    bool written = true;
    for (const auto& [name, source] : sessions)
        written = write_page(arguments[1], name, source) && written;
    for (const auto& [name, source] : profiles)
        written = write_page(arguments[1], name, source) && written;
    return written ? 0 : 1;
}
