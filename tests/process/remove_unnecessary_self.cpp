#include <scopetree/process/remove_unnecessary_self.hpp>

#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

using namespace scopetree;
using test::draw;
using test::session_builder;

TEST_CASE("remove unnecessary self: only children only", "[process]") {
    session_builder built;
    built.thread("main", "a|a.cpp:1|1\n  b|a.cpp:2|2\nc|a.cpp:3|0\n  d|a.cpp:4|4\n");
    detail::view_tree tree = test::view_of(*built);
    detail::remove_unnecessary_self(tree);
    CHECK(draw(tree) == R"(main 7
  a 3
    b 2 -2
    [self] 1
  c 4
    d 4 -4
)");
}

TEST_CASE("remove unnecessary self: the first of several children stays", "[process]") {
    session_builder built;
    built.thread("main", "a|a.cpp:1|5\n  b|a.cpp:2|2\n");
    detail::view_tree tree = test::view_of(*built);
    std::vector<std::uint32_t> children = tree.children_of(1);
    std::reverse(children.begin(), children.end());
    tree.set_children(1, children);
    detail::remove_unnecessary_self(tree);
    CHECK(draw(tree) == "main 7\n  a 7\n    [self] 5\n    b 2 -2\n");
}
