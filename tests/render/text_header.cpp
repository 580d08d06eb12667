#include <scopetree/render/text_header.hpp>

#include <support/text_search.hpp>

#include <catch2/catch.hpp>

#include <sstream>
#include <stdlib.h>

using namespace scopetree;
using namespace scopetree::detail;

using test::contains;

namespace {

session example() {
    session s;
    s.program = "./program --fast";
    s.version = "0.1.0";
    s.recorded_unix_ns = 1'748'786'602'123'456'789;
    s.duration_ns = 985'000'000;
    s.cpu_ns = 970'000'000;
    s.interval_ns = 1'000'000;
    s.figures.samples = 1'182;
    s.threads.resize(3);
    return s;
}

std::string header_of(const session& s, const text_options& chosen = {},
                      const terminal& properties = {}) {
    setenv("TZ", "UTC", 1);
    tzset();
    const report_context context{s, chosen, {}, {}, 3};
    std::ostringstream stream;
    text_writer out(stream, properties);
    header_writer(out, context).write(run_pairs(s, context.decimals));
    out.flush();
    return stream.str();
}

} // namespace

TEST_CASE("header: what was profiled, and the run's figures", "[render]") {
    CHECK(header_of(example()) == R"(
scopetree 0.1.0

  Program:   ./program --fast
  Recorded:  2025-06-01 14:03:22     Samples:   1,182
  Duration:  0.985 s                 CPU time:  0.970 s
  Interval:  1 ms                    Threads:   3

)");
}

TEST_CASE("header: what went wrong is said, and what profiling cost", "[render]") {
    session s = example();
    s.figures.dropped = 12;
    s.figures.truncated = 1;
    s.figures.unwinding = 2;
    s.figures.ticks = 980;
    s.figures.thinned_ticks = 300;
    s.figures.handler_ns = 9'100'000;
    s.figures.sampler_cpu_ns = 750'000;
    s.notes = {"first", "second\nline"};
    const std::string text = header_of(s, {}, {false, false, 0});
    INFO(text);
    CHECK(contains(text,
                   "\n  Overhead:  1.0% of the duration: 9.10 ms in signal handlers, 750 us in the "
                   "sampling thread\n"));
    CHECK(contains(text, "\n  Dropped:   12 samples (1.0%)"));
    CHECK(contains(text, "\n  Truncated: 1 stack (0.1%)"));
    CHECK(contains(text, "\n  Unwinding: 2 samples (0.2%)"));
    CHECK(contains(text,
                   "\n  Thinned:   300 of 980 ticks came later, or looked at some of the threads "
                   "only, to keep within the CPU budget\n"));
    CHECK(contains(text, "\n  Note:      first\n"));
    CHECK(contains(text, "\n  Note:      second?line\n"));
}

TEST_CASE("header: what the times are", "[render]") {
    text_options chosen;
    CHECK_FALSE(contains(header_of(example(), chosen), "Times:"));
    chosen.clock = report_clock::cpu;
    CHECK(contains(header_of(example(), chosen), "  Times:     CPU\n"));
    chosen.clock = report_clock::both;
    CHECK(contains(header_of(example(), chosen), "  Times:     wall/CPU\n"));
    chosen.time = time_display::percent_of_total;
    chosen.flat = true;
    CHECK(contains(header_of(example(), chosen),
                   "  Times:     wall/CPU, self, share of the total\n"));
    chosen.flat_time = flat_time_kind::total;
    chosen.clock = report_clock::wall;
    CHECK(contains(header_of(example(), chosen), "  Times:     wall, total, share of the total\n"));
    chosen = {};
    chosen.timeline = true;
    CHECK(contains(header_of(example(), chosen), "  Times:     wall, in the order of the calls\n"));
}

TEST_CASE("header: hostile and long command lines", "[render]") {
    session s = example();
    s.program = "./program \x1b]0;title\x07 " + std::string(500, 'x');
    const std::string piped = header_of(s);
    CHECK_FALSE(contains(piped, "\x1b"));
    CHECK(contains(piped, std::string(500, 'x')));
    const std::string shown = header_of(s, {}, {false, true, 80});
    std::istringstream lines(shown);
    for (std::string line; std::getline(lines, line);)
        CHECK(display_width(line) <= 80);
    s.program.clear();
    CHECK_FALSE(contains(header_of(s), "Program:"));
}

TEST_CASE("header: of an empty session", "[render]") {
    CHECK(contains(header_of(session()), "Samples:   0\n"));
    session s;
    s.recorded_unix_ns = std::numeric_limits<std::int64_t>::max();
    s.duration_ns = s.figures.handler_ns = std::numeric_limits<std::int64_t>::max() / 2;
    CHECK(contains(header_of(s), "Overhead:  100.0%"));
}
