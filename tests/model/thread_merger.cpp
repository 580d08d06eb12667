#include <scopetree/model/thread_merger.hpp>

#include "support/session_builder.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace scopetree;
using detail::thread_merger;

namespace {

std::uint32_t same(std::uint32_t frame) {
    return frame;
}

} // namespace

TEST_CASE("thread merger: says where the nodes went", "[combine]") {
    test::session_builder built;
    built.thread("a", "f|a.cpp:1|1\n  g|a.cpp:2|2\n")
        .thread("b", "g|a.cpp:2|4\nf|a.cpp:1|8\n  g|a.cpp:2|16\n");
    thread_tree sum;
    thread_merger merger(sum);
    const session& source = *built;
    // The threads' roots have different names; there is one root all the same.
    CHECK(merger.add(source.threads[0], same) == std::vector<std::uint32_t>{0, 1, 2});
    CHECK(merger.add(source.threads[1], same) == std::vector<std::uint32_t>{0, 3, 1, 2});
    REQUIRE(sum.nodes.size() == 4);
    CHECK(sum.nodes[1].wall_ns == 9'000'000);
    CHECK(sum.nodes[2].wall_ns == 18'000'000);
    CHECK(sum.nodes[3].wall_ns == 4'000'000);
    CHECK(sum.wall_ns == 31'000'000);
    CHECK_FALSE(merger.has_bounds());
}

TEST_CASE("thread merger: nodes of the same path within a tree become one", "[combine]") {
    test::session_builder built;
    built.thread("a", "f|a.cpp:1|1\n  g|a.cpp:2|2\nf|a.cpp:1|4\n  g|a.cpp:2|8\n");
    thread_tree sum;
    thread_merger merger(sum);
    CHECK(merger.add((*built).threads[0], same) == std::vector<std::uint32_t>{0, 1, 2, 1, 2});
}

TEST_CASE("thread merger: a scope that was never left has no times yet", "[combine]") {
    scope_figures open, closed;
    open.timed = closed.timed = true;
    open.calls = 1;
    closed.calls = 2;
    closed.times = {30, 10, 20, 10, 20};
    test::session_builder first, second;
    first.thread("a", ">>s|a.cpp:1|1|0\n", {open});
    second.thread("a", ">>s|a.cpp:1|1|0\n", {closed});
    thread_tree sum;
    thread_merger merger(sum);
    for (test::session_builder* const each : {&first, &second, &first})
        merger.add((**each).threads[0], same);
    REQUIRE(sum.scopes.size() == 1);
    CHECK(sum.scopes[0].times.min_ns == 10);
    CHECK(sum.scopes[0].times.total_ns == 30);
    CHECK_FALSE(merger.has_bounds());
}

TEST_CASE("thread merger: sums that are too large", "[combine]") {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 2;
    std::int64_t sum = most - 1;
    detail::add_figure(sum, std::int64_t{1});
    CHECK(sum == most);
    CHECK_THROWS_AS(detail::add_figure(sum, std::int64_t{1}), session_error);
    std::uint64_t count = 1;
    CHECK_THROWS_AS(detail::add_figure(count, ~std::uint64_t{0}), session_error);
}
