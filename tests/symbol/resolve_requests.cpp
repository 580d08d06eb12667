#include <scopetree/symbol/resolve_requests.hpp>

#include "staged_recording.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

using scopetree::raw_requests;
using scopetree::service_profile;
using scopetree::stack_extent;
using staged::recording_builder;

namespace {

/// The profile of one route that took `latency`, of which it was served for `active`.
service_profile resolve(recording_builder& run, std::int64_t latency, std::int64_t active) {
    raw_requests source;
    source.trees = run.data;
    source.routes.emplace_back();
    source.routes[0].latency_ns = latency;
    source.routes[0].active_ns = active;
    return scopetree::finish_requests(source, run.resolve());
}

std::string outline(recording_builder& run, std::int64_t latency, std::int64_t active) {
    return staged::outline(resolve(run, latency, active).trees);
}

std::int64_t sum_of(const scopetree::thread_tree& tree) {
    std::int64_t sum = 0;
    for (const scopetree::call_node& node : tree.nodes)
        sum += node.wall_ns;
    return sum;
}

} // namespace

TEST_CASE("a request is the root of its tree, wherever it was served") {
    recording_builder run;
    run.sample({"main", "serve", "parse"}, {"!R@serve"}, 3);
    run.sample({"main", "serve"}, {"!R@serve"}, 1);
    run.sample({"clone", "worker", "resume", "parse"}, {"!R@resume"}, 2);
    run.sample({"clone", "worker", "resume", "send"}, {"!R@resume"}, 4);
    CHECK(outline(run, 10, 10) == R"(root 1
parse 5
send 4
)");
}

TEST_CASE("a request that hooks of the server begin and end holds its thread's whole stack") {
    recording_builder run;
    run.sample({"main", "serve", "parse"}, {"!R@hook"}, 3);
    CHECK(outline(run, 3, 3) == R"(main
  serve
    parse 3
)");
    run.sample({"main", "loop", "serve", "parse", "f"}, {"outer@loop", "!R@hook", "S@parse"}, 4);
    CHECK(outline(run, 7, 7) == R"(main
  serve
    parse 3
serve
  parse
    [S]
      f 4
)");
}

TEST_CASE("incomplete stacks are the request's too") {
    recording_builder run;
    run.sample({"main", "serve", "parse", "f"}, {"!R@serve", "S@parse"}, 3);
    run.sample({"_Unwind_Resume"}, {"!R@serve", "S@parse"}, 2, stack_extent::unwinding);
    run.sample({}, {"!R@serve"}, 1, stack_extent::none);
    run.sample({"parse", "f"}, {"!R@serve", "S@parse"}, 4, stack_extent::truncated);
    CHECK(outline(run, 10, 10) == R"(root 1
parse
  [S]
    f 7
    [unwinding]
      _Unwind_Resume 2
)");
}

TEST_CASE("samples tell shares, the clock tells how long") {
    recording_builder run;
    run.sample({"serve", "f"}, {"!R@serve"}, 1);
    run.sample({"serve", "g"}, {"!R@serve"}, 3);
    CHECK(outline(run, 1'000, 800) == R"(f 200
g 600
[await] 200
)");
}

TEST_CASE("what a request waited is below the scope in which it did") {
    recording_builder run;
    run.sample({"serve", "f"}, {"!R@serve", "S@f"}, 1);
    run.sample({"serve", "g"}, {"!R@serve"}, 3);
    const auto wait = [&](const std::vector<std::string>& scopes, std::int64_t ns) {
        run.thread().scopes[run.scope(scopes)].awaited_ns = ns;
    };
    wait({"!R@serve", "S@f"}, 50);
    wait({"!R@resume", "S@f"}, 30); // the same scope
    wait({"!R@serve", "S@f", "never sampled@h"}, 100);
    CHECK(outline(run, 1'000, 800) == R"(g 600
f
  [S] 200
    [never sampled]
      [await] 100
    [await] 80
[await] 20
)");
    // Of a route they are those of requests that go on, too.
    CHECK(outline(run, 860, 800) == R"(g 600
f
  [S] 200
    [never sampled]
      [await] 33
    [await] 27
)");
    CHECK(outline(run, 800, 800) == "g 600\nf\n  [S] 200\n    [never sampled]\n");
}

TEST_CASE("a request without samples is all the root's") {
    recording_builder run;
    CHECK(outline(run, 10, 7) == "root 7\n[await] 3\n");
    CHECK(outline(run, 0, 0).empty());
}

TEST_CASE("CPU time is what samples say, and no more than time") {
    recording_builder run;
    run.sample({"serve", "f"}, {"!R@serve"}, 10);
    CHECK(resolve(run, 40, 20).routes[0].cpu_ns == 5);
    CHECK(resolve(run, 40, 20).trees.cpu_ns == 5);
    run.thread().leaves[0].cpu_ns = 12;
    CHECK(resolve(run, 40, 20).routes[0].cpu_ns == 10);
}

TEST_CASE("equal scopes of a request are counted together, where samples saw them") {
    recording_builder run;
    run.sample({"serve", "f", "parse", "g"}, {"!R@serve", "S@parse"}, 3);
    run.sample({"resume", "parse"}, {"!R@resume", "S@parse"}, 2);
    run.thread().scopes[2].figures.calls = 0;
    run.thread().scopes[4].figures.calls = 0;
    run.scope({"!R@", "S@parse", "never sampled@g"}, 7);
    const service_profile made = resolve(run, 5, 5);
    CHECK(staged::outline(made.trees) == R"(f
  parse
    [S]
      g 3
      [never sampled]
parse
  [S] 2
)");
    const scopetree::thread_tree& tree = made.trees.threads[0];
    REQUIRE(tree.scopes.size() == 2);
    CHECK(tree.scopes[0].calls == 7);
    CHECK(tree.scopes[1].calls == 7);
    std::vector<std::uint32_t> entries;
    for (const scopetree::call_node& node : tree.nodes)
        if (node.scope != scopetree::no_index)
            entries.push_back(node.scope);
    CHECK(entries == std::vector<std::uint32_t>{0, 0, 1});
}

TEST_CASE("trees of routes come first, then those of requests") {
    recording_builder run;
    run.sample({"serve", "f"}, {"!R@serve"}, 4);
    run.data.threads.push_back(run.thread());
    raw_requests source;
    source.trees = run.data;
    source.routes.emplace_back();
    source.routes[0].latency_ns = source.routes[0].active_ns = 8;
    source.requests.emplace_back();
    source.requests[0].latency_ns = 6;
    source.requests[0].active_ns = 5;
    const service_profile made = scopetree::finish_requests(source, run.resolve());
    REQUIRE(made.trees.threads.size() == 2);
    CHECK(staged::outline(made.trees, 0) == "f 8\n");
    CHECK(staged::outline(made.trees, 1) == "f 5\n[await] 1\n");
    CHECK(made.requests[0].cpu_ns == 2);
    CHECK(made.trees.threads[1].wall_ns == 6);
}

TEST_CASE("the sum is the latency, whatever the samples") {
    std::mt19937 random(7);
    const std::vector<std::string> functions{"serve", "f", "g", "h", "resume", "x"};
    for (int round = 0; round < 200; ++round) {
        recording_builder run;
        for (int i = 0; i < 20; ++i) {
            std::vector<std::string> stack, scopes{random() % 2 == 0 ? "!R@serve" : "!R@resume"};
            for (auto depth = random() % 6; depth > 0; --depth)
                stack.push_back(functions[random() % functions.size()]);
            if (random() % 2 == 0)
                scopes.push_back("S@" + functions[random() % functions.size()]);
            run.sample(stack, scopes, static_cast<std::int64_t>(random() % 1'000),
                       random() % 4 == 0 ? stack_extent::none : stack_extent::complete);
        }
        for (std::size_t i = 1; i < run.thread().scopes.size(); ++i)
            run.thread().scopes[i].awaited_ns = static_cast<std::int64_t>(random() % 300);
        const auto active = static_cast<std::int64_t>(random() % 1'000'000'007);
        const auto await = static_cast<std::int64_t>(random() % 1'000);
        const service_profile made = resolve(run, active + await, active);
        const scopetree::thread_tree& tree = made.trees.threads[0];
        CHECK(sum_of(tree) == active + await);
        CHECK(tree.wall_ns == active + await);
        CHECK(std::all_of(tree.nodes.begin(), tree.nodes.end(),
                          [](const scopetree::call_node& node) { return node.wall_ns >= 0; }));
    }
}
