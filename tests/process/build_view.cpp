#include <scopetree/process/build_view.hpp>

#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

using namespace scopetree;
using test::draw;
using test::session_builder;

namespace {

const char* const drawing = R"(
main|main.cpp:1|1/0
  a|a.cpp:1|2/2
    b|a.cpp:2|4/1
  wait|a.cpp:3|8/0
)";

} // namespace

TEST_CASE("build view: totals and [self] leaves", "[process]") {
    session_builder built;
    built.thread("main", drawing);
    CHECK(draw(test::view_of(*built)) == R"(main 15
  main 15
    a 6
      b 4
        [self] 4
      [self] 2
    wait 8
      [self] 8
    [self] 1
)");
}

TEST_CASE("build view: of the CPU clock", "[process]") {
    session_builder built;
    built.thread("main", drawing);
    CHECK(draw(test::view_of(*built, report_clock::cpu)) == R"(main 3
  main 3
    a 3
      b 1
        [self] 1
      [self] 2
    wait 0
)");
}

TEST_CASE("build view: both clocks, and time on either makes a leaf", "[process]") {
    session_builder built;
    built.thread("main", "a|a.cpp:1|2/2\nb|a.cpp:2|0/1\n");
    const detail::view_tree tree = test::view_of(*built, report_clock::both);
    CHECK(draw(tree) == "main 2\n  a 2\n    [self] 2\n  b 0\n    [self] 0\n");
    CHECK(tree.root().second_time == 3'000'000);
}

TEST_CASE("build view: threads under one root", "[process]") {
    session_builder built;
    built.thread("main", "a|a.cpp:1|2\n  b|a.cpp:2|1")
        .thread("worker", "c|a.cpp:3|4\n  d|a.cpp:4|8");
    built->threads[1].nodes[0].wall_ns = 16'000'000;
    const detail::view_tree tree =
        detail::build_view(*built, {&built->threads[0], &built->threads[1]}, report_clock::wall);
    CHECK(draw(tree) == R"(main 31
  a 3
    b 1
      [self] 1
    [self] 2
  c 12
    d 8
      [self] 8
    [self] 4
  [self] 16
)");
}

TEST_CASE("build view: a scope's time is that of all its places", "[process]") {
    scope_figures figures;
    figures.calls = 2;
    session_builder built;
    built.thread("main",
                 "a|a.cpp:1|0\n  >s|a.cpp:2|3|0\n    b|a.cpp:3|4\nc|a.cpp:4|0\n  >s|a.cpp:2|5|0\n",
                 {figures});
    const detail::view_tree tree = test::view_of(*built);
    REQUIRE(tree.scopes.size() == 1);
    CHECK(tree.scopes[0].time == 12'000'000);
    CHECK(tree.scopes[0].figures == &built->threads[0].scopes[0]);
}

TEST_CASE("build view: a thread that was never sampled", "[process]") {
    session s;
    s.threads.emplace_back();
    CHECK(test::view_of(s).nodes.empty());
}

TEST_CASE("build view: what cannot be is refused", "[process]") {
    session_builder built;
    built.thread("main", drawing);
    call_node& node = built->threads[0].nodes[2];
    SECTION("a parent behind its child") {
        node.parent = 3;
    }
    SECTION("a node that is its own parent") {
        node.parent = 2;
    }
    SECTION("no parent") {
        node.parent = no_index;
    }
    SECTION("a frame that does not exist") {
        node.frame = 99;
    }
    SECTION("a scope that does not exist") {
        node.scope = 0;
    }
    CHECK_THROWS_AS(test::view_of(*built), std::invalid_argument);
    CHECK_THROWS_WITH(test::view_of(*built), Catch::Contains("node 2"));
}
