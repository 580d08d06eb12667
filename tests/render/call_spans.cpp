#include <scopetree/render/call_spans.hpp>

#include "support/report_sessions.hpp"
#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace scopetree;
using detail::call_span;

namespace {

std::string draw_spans(const session& source, const std::vector<call_span>& spans) {
    std::string text;
    for (const call_span& span : spans)
        text += source.frames[source.threads[0].nodes[span.node].frame].name + " " +
                std::to_string(span.start_ns) + "+" + std::to_string(span.duration_ns) + "\n";
    return text;
}

/// nodes: 0 main, 1 a, 2 b (below a), 3 c (below b), 4 d (below a), 5 e
session drawn() {
    test::session_builder built;
    built.thread("main",
                 "a|x.cpp:1|1\n  b|x.cpp:2|2\n    c|x.cpp:3|3\n  d|x.cpp:4|9\ne|x.cpp:5|1\n");
    return *built;
}

std::string spans_of(std::vector<timeline_run> runs) {
    session source = drawn();
    source.threads[0].timeline = std::move(runs);
    return draw_spans(source, detail::spans_in_time(source, source.threads[0]));
}

/// How many do not nest, and each node's time: that of its spans without the spans right in them.
std::size_t count_strays(const std::vector<call_span>& spans,
                         std::map<std::uint32_t, std::int64_t>& own) {
    std::size_t strays = 0;
    std::vector<const call_span*> open;
    std::int64_t before = 0;
    for (const call_span& span : spans) {
        while (!open.empty() && open.back()->end_ns() <= span.start_ns)
            open.pop_back();
        strays += span.start_ns < before || span.duration_ns <= 0 ? 1 : 0;
        strays += !open.empty() && span.end_ns() > open.back()->end_ns() ? 1 : 0;
        before = span.start_ns;
        own[span.node] += span.duration_ns;
        if (!open.empty())
            own[open.back()->node] -= span.duration_ns;
        open.push_back(&span);
    }
    return strays;
}

} // namespace

TEST_CASE("call spans: by weight", "[call_spans]") {
    session source = drawn();
    for (call_node& node : source.threads[0].nodes)
        node.wall_ns /= 1'000'000;
    source.threads[0].nodes[0].wall_ns = 4;
    const detail::call_order order(source, source.threads[0], report_clock::wall);
    CHECK(draw_spans(source, detail::spans_by_weight(order)) ==
          "a 0+15\nd 0+9\nb 9+5\nc 9+3\ne 15+1\nmain 16+4\n");
}

TEST_CASE("call spans: in time", "[call_spans]") {
    CHECK(spans_of({}).empty());
    CHECK(spans_of({{3, 5, 10}}) == "a 5+10\nb 5+10\nc 5+10\n");
    CHECK(spans_of({{3, 0, 1}, {2, 1, 2}, {4, 3, 4}, {5, 7, 8}}) ==
          "a 0+7\nb 0+3\nc 0+1\nd 3+4\ne 7+8\n");
    CHECK(spans_of({{1, 0, 1}, {3, 1, 1}, {1, 2, 1}}) == "a 0+3\nb 1+1\nc 1+1\n");
    CHECK(spans_of({{2, 0, 1}, {2, 1, 1}, {2, 3, 1}}) == "a 0+2\nb 0+2\na 3+1\nb 3+1\n");
    CHECK(spans_of({{2, 0, 1}, {5, 1, 0}, {2, 1, 1}}) == "a 0+2\nb 0+2\n");
    CHECK(spans_of({{0, 0, 1}, {0, 1, 1}, {2, 2, 1}, {0, 3, 1}}) ==
          "main 0+2\na 2+1\nb 2+1\nmain 3+1\n");
}

TEST_CASE("call spans: they nest, and no time is lost", "[call_spans]") {
    for (unsigned seed = 0; seed < 20; ++seed) {
        INFO("seed " << seed);
        const session source =
            test::with_timeline(test::random_report_session(seed, 20 + 20 * seed), seed);
        for (const thread_tree& thread : source.threads) {
            std::map<std::uint32_t, std::int64_t> expected;
            for (std::uint32_t node = 0; node < thread.nodes.size(); ++node)
                expected[node] = thread.nodes[node].wall_ns;
            const detail::call_order order(source, thread, report_clock::wall);
            for (const auto& spans :
                 {detail::spans_by_weight(order), detail::spans_in_time(source, thread)}) {
                std::map<std::uint32_t, std::int64_t> own;
                CHECK(count_strays(spans, own) == 0);
                for (const auto& [node, time] : expected)
                    own[node]; // those without time have no span
                CHECK(own == expected);
            }
        }
    }
}

TEST_CASE("call spans: a timeline that makes no sense is refused", "[call_spans]") {
    CHECK_THROWS_WITH(spans_of({{1, 0, 1}, {9, 1, 1}}),
                      Catch::Contains("run 1") && Catch::Contains("node"));
    CHECK_THROWS_AS(spans_of({{1, 0, -1}}), std::invalid_argument);
    CHECK_THROWS_AS(spans_of({{1, -1, 1}}), std::invalid_argument);
    CHECK_THROWS_AS(spans_of({{1, 0, 2}, {1, 1, 2}}), std::invalid_argument);
    CHECK_THROWS_AS(spans_of({{1, 10, std::numeric_limits<std::int64_t>::max()}}),
                    std::invalid_argument);
}

TEST_CASE("call spans: 100,000 levels, and many runs at the bottom", "[call_spans]") {
    session source = test::deep_session(100'000);
    thread_tree& thread = source.threads[0];
    for (std::int64_t i = 0; i < 100'000; ++i)
        thread.timeline.push_back({static_cast<std::uint32_t>(99'999 + i % 2), i, 1});
    CHECK(detail::spans_in_time(source, thread).size() == 149'999);
    const detail::call_order order(source, thread, report_clock::wall);
    CHECK(detail::spans_by_weight(order).size() == 100'000);
}
