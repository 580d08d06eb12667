/// renderers [NODES]: time and memory of each report of a session with so many nodes (a million),
/// and of one a quarter as large: four times as much is linear.
#include "support/statistics.hpp"

#include <scopetree/render/output.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace {

/// One thread; a tree by chance (as deep as the logarithm of its size), a few thousand functions,
/// time at every node. Formats of whole stacks grow with the depth, too.
scopetree::session session_of(std::uint32_t nodes) {
    std::mt19937 random(1);
    scopetree::session result;
    result.program = "./renderers";
    result.interval_ns = 1'000'000;
    result.frames.resize(3'000);
    for (std::uint32_t i = 0; i < result.frames.size(); ++i) {
        scopetree::frame& frame = result.frames[i];
        frame.name = frame.full_name = "app::part_" + std::to_string(i) + "::work";
        frame.file = "/app/part_" + std::to_string(i / 10) + ".cpp";
        frame.line = i;
        frame.application = i % 2 == 0;
    }
    scopetree::thread_tree thread;
    thread.name = "main";
    thread.nodes.resize(nodes);
    for (std::uint32_t i = 0; i < nodes; ++i) {
        scopetree::call_node& node = thread.nodes[i];
        node.parent = i == 0 ? scopetree::no_index : static_cast<std::uint32_t>(random() % i);
        node.frame = static_cast<std::uint32_t>(random() % result.frames.size());
        node.wall_ns = 1'000'000;
        node.cpu_ns = 500'000;
        node.samples = 1;
        thread.wall_ns += node.wall_ns;
        thread.cpu_ns += node.cpu_ns;
    }
    result.duration_ns = thread.wall_ns;
    result.cpu_ns = thread.cpu_ns;
    result.threads.push_back(std::move(thread));
    return result;
}

double peak_mb() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (word == "VmHWM:" && status >> word)
            return std::atof(word.c_str()) / 1024;
    return 0;
}

struct cost {
    double seconds = 0;
    double megabytes = 0; ///< beyond the session itself
};

/// In a process of its own: memory that one report took is not there for the next one.
cost cost_of(const scopetree::session& source, scopetree::output_format format,
             const scopetree::text_options& chosen) {
    int ends[2];
    if (::pipe(ends) != 0)
        return {};
    const pid_t child = ::fork();
    if (child == 0) {
        std::ofstream reset("/proc/self/clear_refs"); // the peak starts anew
        reset << "5" << std::flush;
        const double before = peak_mb();
        std::ofstream nowhere("/dev/null");
        const std::int64_t begin = bench::now_ns();
        scopetree::detail::writer_of(format)(nowhere, source, chosen);
        const cost found{static_cast<double>(bench::now_ns() - begin) / 1e9, peak_mb() - before};
        [[maybe_unused]] const ssize_t size = ::write(ends[1], &found, sizeof found);
        ::_exit(0);
    }
    ::close(ends[1]);
    cost found;
    [[maybe_unused]] const ssize_t size = ::read(ends[0], &found, sizeof found);
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    return found;
}

} // namespace

int main(int count, char** arguments) {
    const long nodes = count > 1 ? std::atol(arguments[1]) : 1'000'000;
    if (nodes < 100 || nodes > 100'000'000) {
        std::fprintf(stderr, "renderers [NODES]: from 100 to 100000000\n");
        return 2;
    }
    const scopetree::session all = session_of(static_cast<std::uint32_t>(nodes));
    const scopetree::session quarter = session_of(static_cast<std::uint32_t>(nodes / 4));
    std::printf("renderers: a session of %ld nodes, one of a quarter of them, and the ratio\n\n"
                "%-22s %9s %9s %7s %10s %10s %7s\n",
                nodes, "", "s", "quarter", "ratio", "peak MB", "quarter", "ratio");
    struct variant {
        const char* name;
        scopetree::output_format format;
        bool show_all;
        bool flat;
    };
    using scopetree::output_format;
    for (const variant& each : {variant{"text", output_format::text, false, false},
                                variant{"text, show_all", output_format::text, true, false},
                                variant{"text, flat", output_format::text, false, true},
                                variant{"html", output_format::html, false, false},
                                variant{"json", output_format::json, false, false},
                                variant{"json, show_all", output_format::json, true, false},
                                variant{"speedscope", output_format::speedscope, false, false},
                                variant{"folded", output_format::folded, false, false},
                                variant{"pprof", output_format::pprof, false, false},
                                variant{"trace events", output_format::trace_events, false, false},
                                variant{"session", output_format::session, false, false}}) {
        scopetree::text_options chosen;
        chosen.show_all = each.show_all;
        chosen.flat = each.flat;
        const cost whole = cost_of(all, each.format, chosen);
        const cost part = cost_of(quarter, each.format, chosen);
        std::printf("%-22s %9.2f %9.2f %7.1f %10.0f %10.0f %7.1f\n", each.name, whole.seconds,
                    part.seconds, whole.seconds / part.seconds, whole.megabytes, part.megabytes,
                    whole.megabytes / part.megabytes);
    }
}
