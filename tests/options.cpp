#include <scopetree/options.hpp>

#include <catch2/catch.hpp>

using namespace scopetree;

TEST_CASE("options: a file's ending chooses its format", "[options]") {
    CHECK(format_of("a.txt") == output_format::text);
    CHECK(format_of("dir.d/a.html") == output_format::html);
    CHECK(format_of("a.json") == output_format::json);
    CHECK(format_of("a.speedscope.json") == output_format::speedscope);
    CHECK(format_of("a.trace.json") == output_format::trace_events);
    CHECK(format_of("a.folded") == output_format::folded);
    CHECK(format_of("a.pb.gz") == output_format::pprof);
    CHECK(format_of("a.scopetree") == output_format::session);
    CHECK_FALSE(format_of("a.gz"));
    CHECK_FALSE(format_of("txt"));
    CHECK_FALSE(format_of(""));
}

TEST_CASE("options: the defaults are those of the documentation", "[options]") {
    const settings defaults;
    CHECK(defaults.enabled);
    CHECK(defaults.sampling.interval == std::chrono::milliseconds(1));
    CHECK(defaults.sampling.threads == thread_selection::registered);
    CHECK(defaults.sampling.cpu_budget == 0.05);
    CHECK_FALSE(defaults.sampling.timeline);
    CHECK(defaults.sampling.timeline_limit == 64 * 1024 * 1024);
    CHECK(defaults.text.filter_threshold == 0.01);
    CHECK(defaults.text.clock == report_clock::wall);
    CHECK(defaults.text.threads == thread_display::separate);
}
