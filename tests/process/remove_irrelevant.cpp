#include <scopetree/process/remove_irrelevant.hpp>

#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

using namespace scopetree;
using test::draw;
using test::session_builder;

TEST_CASE("remove irrelevant: below the threshold goes, exactly at it stays", "[process]") {
    session_builder built;
    built.thread("main", R"(
a|a.cpp:1|960
  small|a.cpp:2|5
    smaller|a.cpp:3|4
  at|a.cpp:4|10
below|a.cpp:5|9
enough|a.cpp:6|12
)");
    detail::view_tree tree = test::view_of(*built);
    detail::remove_irrelevant(tree, 0.01);
    CHECK(draw(tree) == R"(main 1000 -9
  a 979 -9
    at 10
      [self] 10
    [self] 960
  enough 12
    [self] 12
)");
}

TEST_CASE("remove irrelevant: exactly 1 % stays, whatever the root's time", "[process]") {
    for (std::int64_t hundredth = 1; hundredth < 3'000'000'000; hundredth = hundredth * 7 / 2 + 1) {
        session_builder built;
        built.thread("main", "a|a.cpp:1|0\nb|a.cpp:2|0\nc|a.cpp:3|0\n");
        thread_tree& thread = built->threads[0];
        thread.nodes[1].wall_ns = hundredth;
        thread.nodes[2].wall_ns = hundredth - 1;
        thread.nodes[3].wall_ns = 98 * hundredth + 1;
        detail::view_tree tree = test::view_of(*built);
        detail::remove_irrelevant(tree, 0.01);
        INFO(hundredth);
        CHECK(tree.children_of(0) == std::vector<std::uint32_t>{1, 3});
    }
}

TEST_CASE("remove irrelevant: exactly 7 % stays", "[process]") {
    session_builder built;
    built.thread("main", "a|a.cpp:1|7\nb|a.cpp:2|93\n");
    for (call_node& node : built->threads[0].nodes)
        node.wall_ns /= 1'000'000; // of 100 ns: 100 * 0.07 is not 7
    detail::view_tree tree = test::view_of(*built);
    detail::remove_irrelevant(tree, 0.07);
    CHECK(tree.children_of(0).size() == 2);
}

TEST_CASE("remove irrelevant: a threshold of nothing keeps everything", "[process]") {
    session_builder built;
    built.thread("main", "a|a.cpp:1|0\nb|a.cpp:2|100\n");
    detail::view_tree tree = test::view_of(*built);
    const std::string before = draw(tree);
    detail::remove_irrelevant(tree, 0);
    CHECK(draw(tree) == before);
}

TEST_CASE("remove irrelevant: what takes no time is not below 1 % of none", "[process]") {
    session_builder built;
    built.thread("main", ">s|a.cpp:1|0\n");
    detail::view_tree tree = test::view_of(*built);
    detail::remove_irrelevant(tree, 0.01);
    CHECK(draw(tree) == "main 0\n  s 0\n");
}
