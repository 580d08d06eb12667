#include <scopetree/render/call_order.hpp>

#include "support/report_sessions.hpp"
#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

using namespace scopetree;
using detail::call_order;

namespace {

/// `name total(own) [children]`, in the order of the visit.
std::string draw_visit(const session& source, report_clock clock) {
    const thread_tree& thread = source.threads.front();
    const call_order order(source, thread, clock);
    std::string text;
    order.visit(
        [&](std::uint32_t node) {
            text += source.frames[thread.nodes[node].frame].name + " " +
                    std::to_string(order.total(node) / 1'000'000) + "(" +
                    std::to_string(order.own(node) / 1'000'000) + ")[";
        },
        [&](std::uint32_t) { text += "]"; });
    return text;
}

const char* const drawing = R"(
a|a.cpp:1|1/0
  b|a.cpp:2|2/8
  c|a.cpp:3|0
    d|a.cpp:4|5/1
  e|a.cpp:5|2/0
  f|a.cpp:6|0
)";

} // namespace

TEST_CASE("call order: heaviest first, equal ones as they stood, nothing without time",
          "[call_order]") {
    test::session_builder built;
    built.thread("main", drawing);
    CHECK(draw_visit(*built, report_clock::wall) ==
          "main 10(0)[a 10(1)[c 5(0)[d 5(5)[]]b 2(2)[]e 2(2)[]]]");
    CHECK(draw_visit(*built, report_clock::both) == draw_visit(*built, report_clock::wall));
    CHECK(draw_visit(*built, report_clock::cpu) == "main 9(0)[a 9(0)[b 8(8)[]c 1(0)[d 1(1)[]]]]");
}

TEST_CASE("call order: nothing to visit", "[call_order]") {
    CHECK(draw_visit(test::idle_session(), report_clock::wall).empty());
    session source = test::idle_session();
    source.threads[0].nodes.clear();
    CHECK(draw_visit(source, report_clock::wall).empty());
}

TEST_CASE("call order: what is inconsistent is refused", "[call_order]") {
    session source = test::one_sample_session();
    source.threads[0].nodes[1].parent = 1;
    CHECK_THROWS_AS(draw_visit(source, report_clock::wall), std::invalid_argument);
}

TEST_CASE("call order: a million nodes and 100,000 levels", "[call_order]") {
    session source = test::deep_session(1'000'000);
    for (std::size_t i = 100'001; i < source.threads[0].nodes.size(); ++i)
        source.threads[0].nodes[i].parent = static_cast<std::uint32_t>(i % 100'000);
    for (call_node& node : source.threads[0].nodes)
        node.wall_ns = 1;
    std::size_t entered = 0, left = 0;
    const call_order order(source, source.threads[0], report_clock::wall);
    order.visit([&](std::uint32_t) { ++entered; }, [&](std::uint32_t) { ++left; });
    CHECK(entered == source.threads[0].nodes.size());
    CHECK(left == entered);
}
