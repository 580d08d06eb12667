#include <scopetree/symbol/resolve.hpp>

#include "staged_recording.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

using scopetree::stack_extent;
using staged::outline;
using staged::recording_builder;

TEST_CASE("frames become a tree, inlined functions included") {
    recording_builder run;
    run.sample({"_start", "main", "f"}, {}, 3);
    run.sample({"_start", "main", "f+g+h"}, {}, 2);
    run.sample({"_start", "main"}, {}, 1);
    run.sample({}, {}, 4);
    CHECK(outline(run.resolve()) == R"(root 4
_start
  main 1
    f 3
      g
        h 2
)");
}

TEST_CASE("incomplete samples go where complete ones put the scope") {
    recording_builder run;
    run.sample({"main", "f", "g"}, {"S@f"}, 5);
    run.sample({"main", "x", "f", "g"}, {"S@f"}, 3);
    SECTION("inside the unwinder") {
        run.sample({"_Unwind_Resume"}, {"S@f"}, 2, stack_extent::unwinding);
        run.sample({"_Unwind_Resume"}, {}, 1, stack_extent::unwinding);
        CHECK(outline(run.resolve()) == R"(main
  f
    [S]
      g 5
      [unwinding]
        _Unwind_Resume 2
  x
    f
      [S]
        g 3
[unwinding]
  _Unwind_Resume 1
)");
    }
    SECTION("no stack at all") {
        run.sample({}, {"S@f", "T@g"}, 2, stack_extent::none);
        run.sample({}, {}, 1, stack_extent::none);
        CHECK(outline(run.resolve()) == R"(root 1
main
  f
    [S]
      g 5
      [T] 2
  x
    f
      [S]
        g 3
)");
    }
    SECTION("cut behind the scope's frame: the rest is known") {
        run.sample({"x", "f", "g", "h"}, {"S@f"}, 2, stack_extent::truncated);
        run.sample({"f", "g", "h"}, {"S@f", "T@g"}, 1, stack_extent::truncated);
        CHECK(outline(run.resolve()) == R"(main
  f
    [S]
      g 5
        h 2
        [T]
          h 1
  x
    f
      [S]
        g 3
)");
    }
    SECTION("cut before it") {
        run.sample({"g", "h"}, {"S@f"}, 2, stack_extent::truncated);
        CHECK(outline(run.resolve()) == R"(main
  f
    [S]
      g 5
      [truncated]
        g
          h 2
  x
    f
      [S]
        g 3
)");
    }
}

TEST_CASE("of several places, the one with the most time gets what is incomplete") {
    recording_builder run;
    run.sample({"main", "a", "f"}, {"S@f"}, 3);
    run.sample({"main", "b", "f", "g"}, {"S@f"}, 4);
    run.sample({"main", "c", "f"}, {"S@f"}, 1);
    run.sample({}, {"S@f"}, 10, stack_extent::none);
    CHECK(outline(run.resolve()) == R"(main
  a
    f
      [S] 3
  b
    f
      [S] 10
        g 4
  c
    f
      [S] 1
)");
}

TEST_CASE("truncated samples without a known place hang under a marker") {
    recording_builder run;
    run.sample({"f", "g"}, {}, 2, stack_extent::truncated);
    run.sample({"f", "g"}, {"A@lost", "S@f"}, 3, stack_extent::truncated);
    run.sample({"x"}, {"B@lost"}, 4, stack_extent::truncated);
    CHECK(outline(run.resolve()) == R"([truncated]
  f
    g 2
[A]
  [truncated]
    f
      [S]
        g 3
[B]
  [truncated]
    x 4
)");
}

TEST_CASE("a truncated recursion matches its scopes from the inside") {
    recording_builder run;
    run.sample({"main", "f", "f"}, {"S@f", "S@f"}, 1);
    run.sample({"f", "f", "f", "g"}, {"S@f", "S@f", "S@f"}, 2, stack_extent::truncated);
    const auto session = run.resolve();
    CHECK(outline(session) == R"(main
  f
    [S]
      f
        [S] 1
          f
            [S]
              g 2
)");
}

TEST_CASE("scopes entered but never sampled keep their counts") {
    recording_builder run;
    run.sample({"main", "f"}, {"S@f"}, 5);
    run.scope({"S@f", "T@g", "U@h"}, 7);
    run.scope({"Never@x"}, 0);
    run.scope({"Rare@x"}, 3);
    const auto session = run.resolve();
    CHECK(outline(session) == "main\n  f\n    [S] 5\n      [T]\n        [U]\n[Rare]\n");
    const auto& thread = session.threads[0];
    REQUIRE(thread.scopes.size() == 5); // without the root
    for (const auto& node : thread.nodes)
        if (node.scope != scopetree::no_index && session.frames[node.frame].name == "U")
            CHECK(thread.scopes[node.scope].calls == 7);
}

TEST_CASE("one scope may be placed at several frames and is counted once") {
    recording_builder run;
    run.sample({"main", "a", "f"}, {"S@f"}, 1);
    run.sample({"main", "b", "f"}, {"S@f"}, 1);
    const auto session = run.resolve();
    CHECK(session.threads[0].scopes.size() == 1);
    std::set<std::uint32_t> scopes;
    int nodes = 0;
    for (const auto& node : session.threads[0].nodes)
        if (node.scope != scopetree::no_index) {
            scopes.insert(node.scope);
            ++nodes;
        }
    CHECK(nodes == 2);
    CHECK(scopes.size() == 1);
}

TEST_CASE("names, files, lines and flags of frames") {
    recording_builder run;
    run.sample({"main", "_ZNSt6vectorIiSaIiEE9push_backERKi"}, {"S@main"});
    auto& library = run.code.at(run.pc_of("_ZNSt6vectorIiSaIiEE9push_backERKi")).frames[0];
    library.file = "/usr/include/c++/12/bits/stl_vector.h";
    auto& scope = run.thread().scopes[1];
    scope.whole_function = true;
    scope.function = "int ns::C<T>::f(int) [with T = int]";
    scope.file = "../main.cpp";
    const auto session = run.resolve();
    REQUIRE(session.frames.size() == 4);
    const auto& root = session.frames[session.threads[0].nodes[0].frame];
    CHECK(root.kind == scopetree::frame_kind::synthetic);
    CHECK(root.name == "main");
    CHECK_FALSE(root.application);
    CHECK(session.source_root == "/app");
    for (const auto& frame : session.frames) {
        if (frame.kind == scopetree::frame_kind::scope) {
            CHECK(frame.name == "ns::C<int>::f");
            CHECK(frame.file == "/app/main.cpp"); // as the function's debug information says
            CHECK(frame.line == 7);
            CHECK(frame.application);
        }
        if (frame.name == "std::vector<int>::push_back") {
            CHECK(frame.full_name ==
                  "std::vector<int, std::allocator<int> >::push_back(int const&)");
            CHECK_FALSE(frame.application);
        }
    }
}

TEST_CASE("an inlined function learns its line from a copy that is not") {
    recording_builder run;
    run.sample({"main+g"}, {});
    run.sample({"main", "g"}, {});
    run.sample({"main+h"}, {});
    for (const auto& frame : run.resolve().frames) {
        if (frame.name == "g")
            CHECK(frame.line == 10);
        if (frame.name == "h")
            CHECK(frame.line == 0);
    }
}

TEST_CASE("library_paths and source_root") {
    recording_builder run;
    run.sample({"main", "f", "g"}, {});
    run.code.at(run.pc_of("main")).frames[0].file = "/home/me/app/src/main.cpp";
    run.code.at(run.pc_of("f")).frames[0].file = "/home/me/app/include/f.hpp";
    run.code.at(run.pc_of("g")).frames[0].file = "/home/me/json/g.hpp";
    CHECK(run.resolve().source_root == "/home/me");
    scopetree::resolve_options options;
    options.library_paths = {"/home/me/json"};
    const auto session = run.resolve(options);
    CHECK(session.source_root == "/home/me/app");
    for (const auto& frame : session.frames)
        if (frame.name == "g")
            CHECK_FALSE(frame.application);
}

TEST_CASE("a timeline leads to the nodes of inlined functions and scopes") {
    recording_builder run;
    run.sample({"main", "f+g"}, {"S@f"}, 5);
    run.sample({"main"}, {}, 4);
    run.sample({}, {"S@f"}, 3, stack_extent::none);
    run.thread().begun_ns = 10;
    run.run(1, 1);
    run.run(0, 2);
    run.run(2, 3);
    run.run(0, 3);
    run.run(1, 3);
    CHECK(staged::timeline(run.resolve()) == R"(main 1@10
main/f/[S]/g 2@11
main/f/[S] 3@13
main/f/[S]/g 3@16
main 3@19
)");
}

TEST_CASE("places in one function are one run") {
    recording_builder run;
    run.sample({"main", "f"}, {}, 2);
    run.sample({"main", "f"}, {}, 2);
    run.sample({"main"}, {}, 1);
    for (const std::uint32_t leaf : {0u, 1u, 0u, 2u, 1u})
        run.run(leaf, 1);
    CHECK(staged::timeline(run.resolve()) == "main/f 3@0\nmain 1@3\nmain/f 1@4\n");
}

TEST_CASE("without a timeline there is none") {
    recording_builder run;
    run.sample({"main", "f"}, {}, 2);
    CHECK(run.resolve().threads[0].timeline.empty());
}

TEST_CASE("each address is looked up once") {
    recording_builder run;
    for (int i = 0; i < 10; ++i)
        run.sample({"main", "f", "f"}, {"S@f", "S@f"});
    run.resolve();
    CHECK(run.look_ups == 2);
}

namespace {

/// Every leaf's time in some runs, all of them in any order.
void spread_time(recording_builder& run, std::mt19937& random) {
    std::vector<scopetree::raw_run> runs;
    for (std::uint32_t i = 0; i < run.thread().leaves.size(); ++i)
        for (std::int64_t left = run.thread().leaves[i].wall_ns; left > 0;) {
            const auto part = 1 + static_cast<std::int64_t>(random()) % left;
            runs.push_back({i, part});
            left -= part;
        }
    std::shuffle(runs.begin(), runs.end(), random);
    run.thread().timeline = runs;
}

/// Without gaps, overlaps or neighbours at one node, and as long for each node as its own time.
void require_timeline(const scopetree::thread_tree& thread) {
    std::vector<std::int64_t> times(thread.nodes.size());
    std::int64_t now = 17;
    std::uint32_t before = scopetree::no_index;
    for (const auto& run : thread.timeline) {
        REQUIRE(run.node < thread.nodes.size());
        REQUIRE(run.node != before);
        REQUIRE(run.start_ns == now);
        now += run.duration_ns;
        before = run.node;
        times[run.node] += run.duration_ns;
    }
    REQUIRE(now == 17 + thread.wall_ns);
    for (std::size_t i = 0; i < times.size(); ++i)
        REQUIRE(times[i] == thread.nodes[i].wall_ns);
}

} // namespace

TEST_CASE("sums, order and frame table hold for random recordings") {
    std::mt19937 random(7);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const std::vector<std::string> code{"a", "b", "c", "a+b", "b+c+a", "d~", "_Z1av.cold", "b?"};
    for (int round = 0; round < 300; ++round) {
        recording_builder run;
        for (std::size_t i = below(30); i-- > 0;) {
            std::vector<std::string> stack(below(8));
            for (std::string& each : stack)
                each = code[below(code.size())];
            std::vector<std::string> scopes(below(5));
            for (std::string& each : scopes) {
                const std::size_t function = below(code.size());
                each = "S" + std::to_string(below(2)) + std::to_string(function) + "@" +
                       code[function];
            }
            run.sample(stack, scopes, static_cast<std::int64_t>(below(100)),
                       static_cast<stack_extent>(below(4)));
        }
        run.thread().begun_ns = 17;
        spread_time(run, random);
        const auto session = run.resolve();
        const auto& thread = session.threads[0];
        std::int64_t wall = 0, cpu = 0, leaf_cpu = 0;
        std::uint64_t samples = 0;
        std::set<std::uint32_t> placed;
        for (std::size_t i = 0; i < thread.nodes.size(); ++i) {
            const auto& node = thread.nodes[i];
            REQUIRE((i == 0 || node.parent < i));
            REQUIRE(node.frame < session.frames.size());
            wall += node.wall_ns;
            cpu += node.cpu_ns;
            samples += node.samples;
            if (node.scope != scopetree::no_index)
                placed.insert(node.scope);
        }
        require_timeline(thread);
        for (const auto& leaf : run.thread().leaves)
            leaf_cpu += leaf.cpu_ns;
        REQUIRE(wall == thread.wall_ns);
        REQUIRE(cpu == leaf_cpu);
        REQUIRE(samples == run.thread().leaves.size());
        REQUIRE(placed.size() == thread.scopes.size());
        std::set<std::tuple<std::string, std::string, std::string, std::uint32_t, int, bool>>
            frames;
        for (const auto& frame : session.frames)
            REQUIRE(frames
                        .emplace(frame.name, frame.full_name, frame.file, frame.line,
                                 static_cast<int>(frame.kind), frame.inlined)
                        .second);
    }
}

namespace {

/// A recording without look-ups by text: `depth` frames of f for each of `leaves` leaves.
scopetree::session resolve_large(std::size_t leaves, std::size_t depth, std::size_t scopes) {
    recording_builder run;
    run.location("f");
    const std::uintptr_t pc = run.pc_of("f");
    auto& thread = run.thread();
    for (std::uint32_t i = 1; i < depth; ++i)
        thread.paths.push_back({i - 1, 0});
    for (std::uint32_t i = 0; i < scopes; ++i) {
        scopetree::raw_scope scope;
        scope.parent = i;
        scope.name = "S";
        scope.pc = i % 2 == 0 ? pc : run.pc_of("lost");
        scope.figures.calls = 1;
        thread.scopes.push_back(scope);
    }
    const auto trunk = static_cast<std::uint32_t>(thread.paths.size() - 1);
    for (std::size_t i = 0; i < leaves; ++i) {
        const auto own = static_cast<std::uint32_t>(run.data.locations.size());
        const std::string name = "g" + std::to_string(i);
        run.data.locations.push_back({run.pc_of(name), true, scopetree::no_index});
        thread.paths.push_back({trunk, own});
        scopetree::raw_leaf leaf;
        leaf.path = static_cast<std::uint32_t>(thread.paths.size() - 1);
        leaf.scope = static_cast<std::uint32_t>(scopes);
        leaf.wall_ns = 1;
        thread.leaves.push_back(leaf);
    }
    return run.resolve();
}

} // namespace

// Quadratic time would take hours here, and be ended by the time limit of the test.
TEST_CASE("deep stacks and many leaves are no trouble") {
    CHECK(resolve_large(1, 100'000, 100'000).threads[0].nodes.size() == 200'001);
    // 59 times f, 10 scopes of which the last is lost and follows every g.
    CHECK(resolve_large(20'000, 60, 10).threads[0].nodes.size() == 1 + 59 + 9 + 40'000);
}
