#include <scopetree/model/request_recorder.hpp>

#include "staged_requests.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

using scopetree::raw_requests;
using scopetree::raw_scope;
using scopetree::raw_thread;
using scopetree::detail::request_recorder;
using staged::request_context;
using staged::scope_node;
using staged::thread_record;

namespace {

raw_requests record(staged::requests& s) {
    const staged::request_accounts accounts = s.store.requests.copy_slowest(*s.table, 1);
    return request_recorder(accounts, s.store.locations, 1.0, 1'000, 5'000).record();
}

std::string scope_path(const raw_thread& thread, std::uint32_t at) {
    std::string path;
    for (; at != 0; at = thread.scopes[at].parent)
        path.insert(0, "/" + thread.scopes[at].name);
    return path;
}

std::uint64_t calls(const raw_thread& thread, const std::string& path) {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 1; i < thread.scopes.size(); ++i)
        if (scope_path(thread, i) == path)
            sum += thread.scopes[i].figures.calls;
    return sum;
}

std::int64_t awaited_ns(const raw_thread& thread, const std::string& path) {
    std::int64_t sum = 0;
    for (std::uint32_t i = 1; i < thread.scopes.size(); ++i)
        if (scope_path(thread, i) == path)
            sum += thread.scopes[i].awaited_ns;
    return sum;
}

/// A letter for each frame; "none" without a stack.
std::string stack_of(const raw_requests& made, const raw_thread& tree,
                     const scopetree::raw_leaf& leaf) {
    std::string stack;
    for (std::uint32_t at = leaf.path; at != 0; at = tree.paths[at].parent) {
        const std::uintptr_t pc = made.trees.locations[tree.paths[at].location].pc;
        stack.insert(stack.begin(), static_cast<char>((pc - 0x10000) / 16));
    }
    return leaf.extent == scopetree::stack_extent::none ? "none" : stack;
}

} // namespace

TEST_CASE("request recorder: routes with requests, most time first, then requests") {
    staged::requests s;
    thread_record& thread = s.start("one");
    s.begin("/never ended");
    request_context& a = s.begin("/a");
    request_context& b = s.begin("/b");
    scope_node& x = s.enter(a, "x", 4);
    x.awaited_ns = 1;
    s.sample(thread, "mf", 10, a, &x);
    s.sample(thread, "mfg", 30, b);
    a.begun_ns = 1'007;
    a.status = 500;
    s.end(a, 12, 11);
    s.end(b, 20);
    s.collect();
    const raw_requests made = record(s);
    REQUIRE(made.routes.size() == 2);
    CHECK(made.routes[0].route == "/b");
    CHECK(made.routes[1].method == "GET");
    CHECK(made.routes[1].route == "/a");
    CHECK(made.routes[1].requests == 1);
    CHECK(made.routes[1].errors == 1);
    CHECK(made.routes[1].samples == 1);
    CHECK(made.routes[1].latency_ns == 12);
    CHECK(made.routes[1].active_ns == 11);
    CHECK(made.routes[1].p50_ns == 12);
    CHECK(made.routes[1].max_ns == 12);
    REQUIRE(made.requests.size() == 2);
    CHECK(made.requests[0].route == 0);
    CHECK(made.requests[1].route == 1);
    CHECK(made.requests[1].id == a.id);
    CHECK(made.requests[1].status == 500);
    CHECK(made.requests[1].started_unix_ns == 5'007);
    CHECK(made.requests[1].samples == 1);
    REQUIRE(made.trees.threads.size() == 4);
    for (const std::size_t tree : {std::size_t{1}, std::size_t{3}}) {
        const raw_thread& of_a = made.trees.threads[tree];
        CHECK(of_a.name == "GET /a");
        REQUIRE(of_a.leaves.size() == 1);
        CHECK(of_a.leaves[0].wall_ns == 10);
        CHECK(scope_path(of_a, of_a.leaves[0].scope) == "/GET /a/x");
        CHECK(of_a.scopes[1].request);
        CHECK_FALSE(of_a.scopes[2].request);
        CHECK(calls(of_a, "/GET /a/x") == 4);
        CHECK(awaited_ns(of_a, "/GET /a/x") == 1);
        CHECK(of_a.paths.size() == 3); // not those of the other route
    }
    CHECK(made.trees.threads[0].paths.size() == 4);
}

TEST_CASE("request recorder: parts, CPU time and calls of a request are added up") {
    staged::requests s;
    thread_record& one = s.start("one");
    thread_record& two = s.start("two");
    request_context& a = s.begin("/a");
    request_context& part = s.add_part(a);
    scope_node& x = s.enter(a, "x", 2);
    x.awaited_ns = 5;
    s.enter(part, "x", 3).awaited_ns = 6;
    s.sample(one, "mf", 10, a, &x);
    s.sample(one, "mfg", 15, a, &x);
    s.sample_without_stack(two, 8, 4, part);
    s.end(a, 30, 17);
    s.collect();
    const raw_requests made = record(s);
    REQUIRE(made.requests.size() == 1);
    CHECK(made.requests[0].latency_ns == 30);
    CHECK(made.requests[0].active_ns == 17);
    CHECK(made.requests[0].samples == 2);
    REQUIRE(made.trees.threads.size() == 2); // the route's, the request's
    for (const raw_thread& tree : made.trees.threads) {
        CHECK(tree.wall_ns == 23);
        CHECK(tree.cpu_ns == 4);
        CHECK(calls(tree, "/GET /a/x") == 5);
        CHECK(awaited_ns(tree, "/GET /a/x") == 11);
        std::map<std::string, std::int64_t> wall;
        for (const scopetree::raw_leaf& leaf : tree.leaves)
            wall[stack_of(made, tree, leaf)] += leaf.wall_ns;
        CHECK(wall == std::map<std::string, std::int64_t>{{"mf", 10}, {"mfg", 5}, {"none", 8}});
    }
}

TEST_CASE(
    "request recorder: quantiles are of the route's latencies, and none is above the longest") {
    staged::requests s;
    for (int i = 0; i < 100; ++i)
        s.end(s.begin("/a"), i < 90 ? 10 : i < 97 ? 20 : 993);
    s.collect();
    const raw_requests made = record(s);
    REQUIRE(made.routes.size() == 1);
    CHECK(made.routes[0].p50_ns == 10);
    CHECK(made.routes[0].p95_ns == 20);
    CHECK(made.routes[0].p99_ns == 993); // its bucket's middle is more
    CHECK(made.routes[0].max_ns == 993);
}

TEST_CASE("request recorder: routes come in the order of their time, not of their names or ages") {
    staged::requests s;
    for (const auto& [path, latency] : {std::pair{"/b", 20}, {"/c", 30}, {"/a", 10}})
        s.end(s.begin(path), latency);
    s.collect();
    const raw_requests made = record(s);
    REQUIRE(made.routes.size() == 3);
    CHECK(made.routes[0].route == "/c");
    CHECK(made.routes[1].route == "/b");
    CHECK(made.routes[2].route == "/a");
    REQUIRE(made.requests.size() == 3);
    CHECK(made.requests[0].latency_ns == 30);
    CHECK(made.requests[1].latency_ns == 20);
    CHECK(made.requests[2].latency_ns == 10);
}

TEST_CASE("request recorder: nothing served is nothing recorded") {
    staged::requests s;
    const raw_requests made = record(s);
    CHECK(made.routes.empty());
    CHECK(made.requests.empty());
    CHECK(made.trees.threads.empty());
}
