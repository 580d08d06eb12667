#include <scopetree/process/aggregate_repeated_calls.hpp>

#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

using namespace scopetree;
using test::draw;
using test::session_builder;

TEST_CASE("aggregate: siblings of one identity merge, and so do those below", "[process]") {
    session_builder built;
    built.thread("main", R"(
a|a.cpp:1|1
  b|a.cpp:2|2
c|a.cpp:3|100
a|a.cpp:9|4
  d|a.cpp:4|8
  b|a.cpp:2|16
    e|a.cpp:5|32
a|other.cpp:1|64
>a|a.cpp:1|128
)");
    detail::view_tree tree = test::view_of(*built);
    detail::aggregate_repeated_calls(tree);
    CHECK(draw(tree) == R"(main 355
  a 128
    [self] 128
  c 100
    [self] 100
  a 64
    [self] 64
  a 63
    b 50
      e 32
        [self] 32
      [self] 18
    d 8
      [self] 8
    [self] 5
)");
}

TEST_CASE("aggregate: equal siblings keep their order", "[process]") {
    std::string drawing;
    std::string expected = "L";
    for (char name = 'A'; name <= 'Z'; ++name) {
        drawing += std::string(1, name) + "|a.cpp:1|" + (name == 'L' ? "6" : "5") + "\n";
        expected += name == 'L' ? "" : std::string(1, name);
    }
    session_builder built;
    built.thread("main", drawing);
    detail::view_tree tree = test::view_of(*built);
    detail::aggregate_repeated_calls(tree);
    std::string order;
    for (const std::uint32_t child : tree.children_of(0))
        order += tree.frame_of(tree.nodes[child]).name;
    CHECK(order == expected);
}

TEST_CASE("aggregate: recursion is not flattened", "[process]") {
    session_builder built;
    built.thread("main", "f|a.cpp:1|1\n  f|a.cpp:1|2\n    f|a.cpp:1|4\n");
    detail::view_tree tree = test::view_of(*built);
    const std::string before = draw(tree);
    detail::aggregate_repeated_calls(tree);
    CHECK(draw(tree) ==
          "main 7\n  f 7\n    f 6\n      f 4\n        [self] 4\n      [self] 2\n    [self] 1\n");
}

TEST_CASE("aggregate: merged scopes keep all their entries", "[process]") {
    session_builder built;
    built.thread("main", ">s|a.cpp:1|1|0\n>s|a.cpp:1|2|1\n>s|a.cpp:1|4|0\n", {{}, {}});
    detail::view_tree tree = test::view_of(*built);
    detail::aggregate_repeated_calls(tree);
    REQUIRE(tree.children_of(0).size() == 1);
    std::vector<std::uint32_t> entries;
    for (std::uint32_t i = tree.nodes[tree.root().first_child].first_scope; i != no_index;
         i = tree.scope_links[i].next)
        entries.push_back(tree.scope_links[i].entry);
    CHECK(entries == std::vector<std::uint32_t>{0, 1, 0});
}
