#include <scopetree/model/request_recorder.hpp>

#include "staged_requests.hpp"

#include <catch2/catch.hpp>

#include <string>

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

TEST_CASE("request recorder: nothing served is nothing recorded") {
    staged::requests s;
    const raw_requests made = record(s);
    CHECK(made.routes.empty());
    CHECK(made.requests.empty());
    CHECK(made.trees.threads.empty());
}
