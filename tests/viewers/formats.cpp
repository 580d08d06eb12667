// formats FOLDER: writes every format of every session into the folder, and beside it what the
// session itself says about its functions, for formats.test.js to compare with what the formats'
// own readers find.

#include <scopetree/render/folded.hpp>
#include <scopetree/render/json.hpp>
#include <scopetree/render/json_writer.hpp>
#include <scopetree/render/pprof.hpp>
#include <scopetree/render/speedscope.hpp>
#include <scopetree/render/trace_events.hpp>

#include "support/function_totals.hpp"
#include "support/report_sessions.hpp"

#include <cstdio>
#include <exception>
#include <fstream>
#include <string>

using namespace scopetree;

namespace {

void write_times(detail::json_writer& out, const test::function_times& times) {
    out.open_array();
    for (const auto& [name, time] : times) {
        out.end_line();
        out.open_object();
        out.member("name", name);
        out.member("self", time.self);
        out.member("total", time.total);
        out.close_object();
    }
    out.close_array();
}

/// Of every thread, in the order in which reports have them, and of all.
void write_expected(std::ostream& stream, const session& source) {
    detail::json_writer out(stream);
    out.open_object();
    std::uint64_t samples = 0;
    for (const thread_tree& thread : source.threads)
        for (const call_node& node : thread.nodes)
            samples += node.samples;
    out.member("samples", samples);
    for (const report_clock clock : {report_clock::wall, report_clock::cpu}) {
        out.key(clock == report_clock::wall ? "wall" : "cpu");
        out.open_object();
        out.key("all");
        write_times(out, test::times_of(source, clock));
        out.key("threads");
        out.open_array();
        for (const thread_tree* thread : detail::ordered_threads(source)) {
            test::function_times times;
            test::add_thread(times, source, *thread, clock);
            out.open_object();
            out.member("name", detail::name_of_thread(*thread));
            out.member("tid", thread->tid);
            std::int64_t time = 0;
            for (const call_node& node : thread->nodes)
                time += clock == report_clock::wall ? node.wall_ns : node.cpu_ns;
            out.member("time", time);
            out.key("functions");
            write_times(out, times);
            out.close_object();
        }
        out.close_array();
        out.close_object();
    }
    out.close_object();
    out.finish();
}

struct output {
    const std::string& folder;
    const std::string& name;

    template <class Write>
    void write(const char* ending, Write&& write_to) const {
        std::ofstream file(folder + "/" + name + ending, std::ios::binary);
        file.exceptions(std::ios::failbit | std::ios::badbit);
        write_to(file);
        file.close();
    }
};

bool has_timeline(const session& source) {
    for (const thread_tree& thread : source.threads)
        if (!thread.timeline.empty())
            return true;
    return false;
}

void write_all(const output& to, const session& source) {
    to.write(".expected.json", [&](std::ostream& file) { write_expected(file, source); });
    to.write(".json", [&](std::ostream& file) { write_json(file, source); });
    to.write(".folded", [&](std::ostream& file) { write_folded(file, source); });
    to.write(".pb.gz", [&](std::ostream& file) { write_pprof(file, source); });
    to.write(".trace.json", [&](std::ostream& file) { write_trace_events(file, source); });
    to.write(".speedscope.json", [&](std::ostream& file) { write_speedscope(file, source); });
    speedscope_options cpu;
    cpu.clock = report_clock::cpu;
    to.write(".cpu.speedscope.json",
             [&](std::ostream& file) { write_speedscope(file, source, cpu); });
    speedscope_options in_time;
    in_time.timeline = true;
    if (has_timeline(source))
        to.write(".timeline.speedscope.json",
                 [&](std::ostream& file) { write_speedscope(file, source, in_time); });
}

} // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: formats FOLDER\n");
        return 2;
    }
    try {
        for (const test::named_session& each : test::report_sessions())
            write_all({arguments[1], each.name}, each.source);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "formats: %s\n", error.what());
        return 1;
    }
    return 0;
}
