#include <scopetree/process/build_timeline_view.hpp>

#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

using namespace scopetree;
using test::draw;
using test::session_builder;

namespace {

detail::view_tree timeline_of(const session& source, const tree_options& chosen = {}) {
    return detail::build_timeline_view(source, source.threads.front(), chosen);
}

tree_options everything() {
    tree_options chosen;
    chosen.show_all = true;
    return chosen;
}

} // namespace

TEST_CASE("timeline view: calls in their order", "[process]") {
    session_builder built;
    built.thread("T", "main|m.cpp:1|10\n  a|a.cpp:1|60\n    x|a.cpp:2|20\n  b|a.cpp:3|70\n")
        .timeline("main 4, a 30, x 20, a 10, b 50, main 6, a 20, b 20");
    CHECK(draw(timeline_of(*built)) == R"(T 160
  main 160
    [self] 4
    a 60
      [self] 30
      x 20
        [self] 20
      [self] 10
    b 50
      [self] 50
    [self] 6
    a 20
      [self] 20
    b 20
      [self] 20
)");
}

TEST_CASE("timeline view: runs of one path are one call", "[process]") {
    session_builder built;
    // The same function at another line, as inlined code has it.
    built
        .thread("T", "main|m.cpp:1|0\n  a|a.cpp:1|30\n    p|a.cpp:5|10\n  a|a.cpp:7|50\n"
                     "    q|a.cpp:9|10\n")
        .timeline("p 10, a 30, q 10");
    auto& runs = built->threads[0].timeline;
    runs.push_back({4, 50'000'000, 50'000'000}); // the other a
    CHECK(draw(timeline_of(*built)) == R"(T 100
  main 100
    a 100
      p 10
        [self] 10
      [self] 30
      q 10
        [self] 10
      [self] 50
)");
}

TEST_CASE("timeline view: start-up frames are gone, unless all is shown", "[process]") {
    session_builder built;
    built
        .thread("T", "~_start||1\n  main|m.cpp:1|0\n    ~std::__invoke<a>||2\n      a|a.cpp:1|30\n"
                     "    ~std::__invoke<b>||0\n      a|a.cpp:1|20\n")
        .timeline("_start 1, std::__invoke<a> 2, a 30");
    auto& runs = built->threads[0].timeline;
    runs.push_back({6, 33'000'000, 20'000'000});
    CHECK(draw(timeline_of(*built)) == R"(T 53
  [self] 1
  main 52
    [self] 2
    a 50
      [self] 50
)");
    CHECK(draw(timeline_of(*built, everything())) == R"(T 53
  _start 53
    [self] 1
    main 52
      std::__invoke<a> 32
        [self] 2
        a 30
          [self] 30
      std::__invoke<b> 20
        a 20
          [self] 20
)");
}

TEST_CASE("timeline view: what is too short leaves no gap", "[process]") {
    session_builder built;
    built.thread("T", "a|a.cpp:1|990\n  tiny|a.cpp:2|1\n  exact|a.cpp:3|10\nb|a.cpp:4|9\n")
        .timeline("a 400, tiny 1, a 300, b 9, a 200, exact 10, a 90");
    // 1,010 in all: 9 and 10 are less than 1 %.
    CHECK(draw(timeline_of(*built)) == "T 1010 -9\n  a 1001 -11\n    [self] 990\n");
    built->threads[0].timeline.back().duration_ns -= 10'000'000; // 1,000
    built->threads[0].nodes[1].wall_ns -= 10'000'000;
    CHECK(draw(timeline_of(*built)) == R"(T 1000 -9
  a 991 -1
    [self] 900
    exact 10
      [self] 10
    [self] 80
)");
    tree_options chosen;
    chosen.filter_threshold = 0;
    CHECK(draw(timeline_of(*built, chosen)) == draw(timeline_of(*built, everything())));
    CHECK(draw(timeline_of(*built, chosen)).find("tiny 1\n") != std::string::npos);
}

TEST_CASE("timeline view: memory is for what is shown", "[process]") {
    session_builder built;
    built.thread("T", "a|a.cpp:1|0\n  x|a.cpp:2|1000\n  y|a.cpp:3|1000\n");
    thread_tree& thread = built->threads[0];
    for (std::int64_t i = 0; i < 200'000; ++i)
        thread.timeline.push_back({i % 2 == 0 ? 2u : 3u, i * 10'000, 10'000});
    const detail::view_tree tree = timeline_of(*built);
    CHECK(tree.nodes.size() == 2);
    CHECK(draw(tree) == "T 2000\n  a 2000 -2000\n");
}

TEST_CASE("timeline view: the CPU clock", "[process]") {
    session_builder built;
    built.thread("T", "work|a.cpp:1|60/30\nwait|a.cpp:2|40/0\nlost|a.cpp:3|0/3\n")
        .timeline("work 20, wait 40, work 40");
    tree_options chosen;
    chosen.clock = report_clock::cpu;
    CHECK(draw(timeline_of(*built, chosen)) == R"(T 33 -3
  work 30
    [self] 30
)");
    chosen.show_all = true;
    CHECK(draw(timeline_of(*built, chosen)) == R"(T 33 -3
  work 10
    [self] 10
  wait 0
  work 20
    [self] 20
)");
    chosen.clock = report_clock::both;
    const detail::view_tree tree = timeline_of(*built, chosen);
    CHECK(draw(tree) == R"(T 100
  work 20
    [self] 20
  wait 40
    [self] 40
  work 40
    [self] 40
)");
    CHECK(tree.root().second_time == 33'000'000);
    CHECK(tree.nodes[1].second_time == 10'000'000);
}

TEST_CASE("timeline view: a thread without CPU time has no CPU calls", "[process]") {
    session_builder built;
    built.thread("T", "wait|a.cpp:2|40/0\n").timeline("wait 40");
    tree_options chosen;
    chosen.clock = report_clock::cpu;
    CHECK(draw(timeline_of(*built, chosen)) == "T 0\n");
}

TEST_CASE("timeline view: a scope's figures stand where all its time is", "[process]") {
    scope_figures often;
    often.calls = 7;
    session_builder built;
    built
        .thread("T",
                ">once|a.cpp:1|30|0\n  f|a.cpp:5|5\n>twice|a.cpp:2|30|1\ng|a.cpp:3|0\n"
                "  >apart|a.cpp:4|10|2\nh|a.cpp:6|0\n  >apart|a.cpp:4|10|2\n",
                {often, often, often})
        .timeline("once 10, f 5, once 20, twice 10, apart 10, twice 20");
    built->threads[0].timeline.push_back({7, 75'000'000, 10'000'000}); // the other one
    const detail::view_tree tree = timeline_of(*built);
    std::string with;
    for (const detail::view_node& node : tree.nodes)
        if (node.first_scope != no_index)
            with += tree.frame_of(node).name + " ";
    CHECK(with == "once ");
    CHECK(tree.scopes.size() == 3);
    CHECK(tree.scopes[0].time == 35'000'000);
    CHECK(tree.scopes[2].time == 20'000'000);
}

TEST_CASE("timeline view: two scopes of one name and file share a call", "[process]") {
    scope_figures often;
    often.calls = 7;
    session_builder built;
    built.thread("T", ">s|a.cpp:1|30|0\n>s|a.cpp:9|20|1\n", {often, often}).timeline("s 30");
    built->threads[0].timeline.push_back({2, 30'000'000, 20'000'000});
    const detail::view_tree tree = timeline_of(*built);
    CHECK(draw(tree) == "T 50\n  s 50\n    [self] 50\n");
    const detail::view_node& node = tree.nodes[1];
    REQUIRE(node.first_scope != no_index);
    CHECK(tree.scope_links[node.first_scope].next == node.last_scope);
    CHECK(tree.scope_links[node.last_scope].next == no_index);
}

TEST_CASE("timeline view: a thinned timeline keeps the thread's time", "[process]") {
    session_builder built;
    built.thread("T", "a|a.cpp:1|50\nb|a.cpp:2|50\n").timeline("a 70, b 30");
    CHECK(draw(timeline_of(*built)) == "T 100\n  a 70\n    [self] 70\n  b 30\n    [self] 30\n");
    SECTION("where it is too short, the rest has no place") {
        built->threads[0].timeline.pop_back();
        CHECK(draw(timeline_of(*built)) == "T 100 -30\n  a 70\n    [self] 70\n");
    }
}

TEST_CASE("timeline view: two stacks of 100,000 frames", "[process]") {
    session source = test::deep_session(100'000, 1);
    thread_tree& thread = source.threads.front();
    thread.timeline = {{100'000, 0, 600'000'000},
                       {50'000, 600'000'000, 100'000'000},
                       {100'000, 700'000'000, 300'000'000}};
    const detail::view_tree tree = timeline_of(source);
    CHECK(tree.root().time == 1'000'000'000);
    CHECK(tree.nodes.size() == 1 + 100'000 + 50'000 + 3);
}

TEST_CASE("timeline view: what cannot be is refused", "[process]") {
    session_builder built;
    built.thread("T", "a|a.cpp:1|50\nb|a.cpp:2|50\n").timeline("a 50, b 50");
    timeline_run& run = built->threads[0].timeline[1];
    SECTION("a node that does not exist") {
        run.node = 3;
    }
    SECTION("a run within another") {
        run.start_ns -= 1;
    }
    SECTION("negative time") {
        run.duration_ns = -1;
    }
    CHECK_THROWS_AS(timeline_of(*built), std::invalid_argument);
    CHECK_THROWS_WITH(timeline_of(*built), Catch::Contains("run 1"));
}

TEST_CASE("timeline view: options that make no sense are named", "[process]") {
    session_builder built;
    built.thread("T", "a|a.cpp:1|50\n");
    tree_options chosen;
    CHECK_NOTHROW(detail::check_timeline_options(*built, chosen));
    chosen.timeline = true;
    CHECK_THROWS_WITH(detail::check_timeline_options(*built, chosen),
                      Catch::Contains("no timeline"));
    CHECK_NOTHROW(detail::check_timeline_options(session(), chosen));
    built.thread("U", "a|a.cpp:1|50\n").timeline("a 50");
    CHECK_NOTHROW(detail::check_timeline_options(*built, chosen));
    chosen.threads = thread_display::merged;
    CHECK_THROWS_WITH(detail::check_timeline_options(*built, chosen),
                      Catch::Contains("merged threads"));
}
