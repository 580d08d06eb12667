#include <scopetree/process/merge_consecutive_self.hpp>

#include "support/view_drawing.hpp"

#include <scopetree/process/collapse_runtime.hpp>

#include <catch2/catch.hpp>

using namespace scopetree;
using test::draw;
using test::session_builder;

TEST_CASE("merge consecutive self: neighbours only", "[process]") {
    session_builder built;
    built.thread("main", R"(
~_start||1
~_start||2
~_start||4
a|a.cpp:1|8
~_start||16
~_start||32
)");
    built->threads[0].nodes[0].wall_ns = 64'000'000;
    detail::view_tree tree = test::view_of(*built);
    detail::collapse_runtime(tree);
    detail::merge_consecutive_self(tree);
    CHECK(draw(tree) == R"(main 127
  [self] 7
  a 8
    [self] 8
  [self] 112
)");
    CHECK(tree.nodes[tree.root().last_child].time == 112'000'000);
    CHECK(tree.nodes[tree.root().last_child].next_sibling == no_index);
}
