#include <scopetree/model/session_check.hpp>

#include "support/random_session.hpp"
#include "support/session_text.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <limits>
#include <string>

using namespace scopetree;
using detail::check_session;

namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

std::string complaint_about(const session& checked) {
    try {
        check_session(checked, "it");
    } catch (const session_error& error) {
        return error.what();
    }
    return "";
}

struct fault {
    std::string place;
    std::string what;
    std::function<void(session&)> plant;
};

const fault faults[] = {
    {"recorded_unix_ns", "is -1, must not be negative",
     [](session& s) { s.recorded_unix_ns = -1; }},
    {"duration_ns", "must not be negative", [](session& s) { s.duration_ns = -1; }},
    {"duration_ns", "is too large", [](session& s) { s.duration_ns = largest; }},
    {"cpu_ns", "must not be negative", [](session& s) { s.cpu_ns = -1; }},
    {"interval_ns", "must not be negative", [](session& s) { s.interval_ns = -1; }},
    {"pid", "must not be negative", [](session& s) { s.pid = -1; }},
    {"figures.samples", "is too large", [](session& s) { s.figures.samples = ~0ull; }},
    {"figures.dropped", "is too large", [](session& s) { s.figures.dropped = ~0ull; }},
    {"figures.truncated", "is too large", [](session& s) { s.figures.truncated = ~0ull; }},
    {"figures.unwinding", "is too large", [](session& s) { s.figures.unwinding = ~0ull; }},
    {"figures.ticks", "is too large", [](session& s) { s.figures.ticks = ~0ull; }},
    {"figures.thinned_ticks", "is too large", [](session& s) { s.figures.thinned_ticks = ~0ull; }},
    {"figures.signals", "is too large", [](session& s) { s.figures.signals = ~0ull; }},
    {"figures.handler_ns", "must not be", [](session& s) { s.figures.handler_ns = -1; }},
    {"figures.sampler_cpu_ns", "must not", [](session& s) { s.figures.sampler_cpu_ns = -1; }},
    {"modules.end[0]", "lies before the module's begin", [](session& s) { s.modules[0].end = 1; }},
    {"frames.module[1]", "is 2, must be less than 2", [](session& s) { s.frames[1].module = 2; }},
    {"frames.kind[6]", "from 0 to 3",
     [](session& s) { s.frames[6].kind = static_cast<frame_kind>(4); }},
    {"threads[1].tid", "must not be negative", [](session& s) { s.threads[1].tid = -7; }},
    {"threads[1].wall_ns", "must not be negative", [](session& s) { s.threads[1].wall_ns = -7; }},
    {"threads[1].wall_ns", "makes the sum larger",
     [](session& s) { s.threads[1].wall_ns = largest / 2; }},
    {"threads[0].cpu_ns", "is too large", [](session& s) { s.threads[0].cpu_ns = largest; }},
    {"threads[0].nodes.parent[0]", "is 0, the root has none",
     [](session& s) { s.threads[0].nodes[0].parent = 0; }},
    {"threads[0].nodes.parent[2]", "is 2, must be less than 2",
     [](session& s) { s.threads[0].nodes[2].parent = 2; }},
    {"threads[0].nodes.parent[2]", "is none, must be less than 2",
     [](session& s) { s.threads[0].nodes[2].parent = no_index; }},
    {"threads[0].nodes.frame[3]", "is 7, must be less than 7",
     [](session& s) { s.threads[0].nodes[3].frame = 7; }},
    {"threads[0].nodes.frame[3]", "is none",
     [](session& s) { s.threads[0].nodes[3].frame = no_index; }},
    {"threads[0].nodes.scope[3]", "is 2, must be less than 2",
     [](session& s) { s.threads[0].nodes[3].scope = 2; }},
    {"threads[0].nodes.wall_ns[3]", "is -2",
     [](session& s) { s.threads[0].nodes[3].wall_ns = -2; }},
    {"threads[1].nodes.wall_ns[1]", "makes the sum larger",
     [](session& s) { s.threads[1].nodes[1].wall_ns = largest / 2; }},
    {"threads[0].nodes.cpu_ns[3]", "is -2", [](session& s) { s.threads[0].nodes[3].cpu_ns = -2; }},
    {"threads[1].nodes.cpu_ns[1]", "makes the sum larger",
     [](session& s) { s.threads[1].nodes[1].cpu_ns = largest / 2; }},
    {"threads[0].nodes.samples[3]", "is too large",
     [](session& s) { s.threads[0].nodes[3].samples = ~0ull; }},
    {"threads[1].nodes.samples[1]", "makes the sum larger",
     [](session& s) { s.threads[1].nodes[1].samples = std::uint64_t{largest / 2}; }},
    {"threads[0].scopes.calls[1]", "makes the sum larger",
     [](session& s) { s.threads[0].scopes[1].calls = std::uint64_t{largest / 2}; }},
    {"threads[0].scopes.total_ns[1]", "is -1",
     [](session& s) { s.threads[0].scopes[1].times.total_ns = -1; }},
    {"threads[0].scopes.min_ns[1]", "is -1",
     [](session& s) { s.threads[0].scopes[1].times.min_ns = -1; }},
    {"threads[0].scopes.max_ns[1]", "is too large",
     [](session& s) { s.threads[0].scopes[1].times.max_ns = largest; }},
    {"threads[0].scopes.p50_ns[1]", "is -1",
     [](session& s) { s.threads[0].scopes[1].times.p50_ns = -1; }},
    {"threads[0].scopes.p99_ns[1]", "is -1",
     [](session& s) { s.threads[0].scopes[1].times.p99_ns = -1; }},
    {"threads[0].timeline.node[1]", "is 5, must be less than 5",
     [](session& s) { s.threads[0].timeline[1].node = 5; }},
    {"threads[0].timeline.start_ns[0]", "before",
     [](session& s) { s.threads[0].timeline[0].start_ns = -1; }},
    {"threads[0].timeline.start_ns[1]", "lies before the end of the run before",
     [](session& s) { s.threads[0].timeline[1].start_ns = 9'999'999; }},
    {"threads[0].timeline.start_ns[1]", "is too large",
     [](session& s) { s.threads[0].timeline[1].start_ns = largest; }},
    {"threads[0].timeline.duration_ns[1]", "makes the sum larger",
     [](session& s) { s.threads[0].timeline[1].duration_ns = largest / 2; }},
    {"threads[0].timeline.duration_ns[0]", "is -1",
     [](session& s) { s.threads[0].timeline[0].duration_ns = -1; }},
};

} // namespace

TEST_CASE("session check: sessions as they should be", "[session]") {
    CHECK(complaint_about({}).empty());
    CHECK(complaint_about(test::full_session()).empty());
    for (unsigned seed = 0; seed < 50; ++seed)
        CHECK(complaint_about(test::random_session(seed)).empty());
}

TEST_CASE("session check: every fault is named with its place", "[session]") {
    for (const fault& planted : faults) {
        session wrong = test::full_session();
        planted.plant(wrong);
        const std::string complaint = complaint_about(wrong);
        INFO(planted.place << ": " << planted.what << "\n" << complaint);
        CHECK(complaint.find("scopetree: it: " + planted.place + ": ") == 0);
        CHECK(complaint.find(planted.what) != std::string::npos);
    }
}
