#include <scopetree/model/request_store.hpp>

#include "staged_requests.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

using staged::request_accounts;
using staged::request_context;
using staged::scope_node;
using staged::thread_record;

namespace {

std::string path_of(const scope_node* node) {
    return node->parent == nullptr ? "" : path_of(node->parent) + "/" + node->record->name;
}

/// `GET /a/scope: mf 10`, all of them, sorted.
std::map<std::string, std::int64_t> credits(const staged::requests& s,
                                            const request_accounts& accounts) {
    std::map<std::string, std::int64_t> result;
    for (const staged::call_tree::leaf& leaf : accounts.leaves) {
        std::string stack;
        for (std::uint32_t at = leaf.path; at != 0; at = accounts.paths[at].parent) {
            const std::uintptr_t pc = s.store.locations.all()[accounts.paths[at].location].pc;
            stack.insert(stack.begin(), static_cast<char>((pc - 0x10000) / 16));
        }
        result[path_of(leaf.scope) + ": " + stack] += leaf.wall_ns;
    }
    return result;
}

using expected = std::map<std::string, std::int64_t>;

std::int64_t wall_of(const request_accounts& accounts, const staged::ended_request& request) {
    std::int64_t sum = 0;
    for (std::uint32_t at = request.credits; at != staged::hash_index::none;
         at = accounts.credits.next(at))
        sum += accounts.credits[at].wall_ns;
    return sum;
}

std::vector<std::int64_t> latencies(const request_accounts& accounts) {
    std::vector<std::int64_t> result;
    for (const staged::ended_request& each : accounts.requests)
        result.push_back(each.latency_ns);
    std::sort(result.begin(), result.end());
    return result;
}

} // namespace

TEST_CASE("request store: a route has what its requests were credited with") {
    staged::requests s;
    thread_record& one = s.start("one");
    thread_record& two = s.start("two");
    request_context& a = s.begin("/a");
    request_context& again = s.begin("/a");
    request_context& b = s.begin("/b");
    s.sample(one, "mf", 10, a, &s.enter(a, "parse"));
    s.sample(two, "mf", 4, again, &s.enter(again, "parse"));
    s.sample(one, "mg", 12, b);
    s.sample(one, "mg", 13);
    s.sample(one, "mg", 14, b);
    CHECK(credits(s, s.store.requests.copy_slowest(*s.table, 1)) ==
          expected{{"/GET /a/parse: mf", 14}, {"/GET /b: mg", 3}});
}

TEST_CASE("request store: the thread's tree has the request as a scope") {
    staged::requests s;
    thread_record& thread = s.start("one");
    request_context& a = s.begin("/a");
    s.sample(thread, "mf", 10, a, &s.enter(a, "parse"));
    s.sample(thread, "mf", 15);
    const auto& tree = staged::track_store::account_of(thread)->track.tree();
    std::map<std::string, std::int64_t> found;
    for (const staged::call_tree::leaf& leaf : tree.leaves())
        found[path_of(leaf.scope)] += leaf.wall_ns;
    CHECK(found == expected{{"", 5}, {"/GET /a/parse", 10}});
}

TEST_CASE("request store: the slowest are kept, with their own credits and calls") {
    scopetree::options chosen;
    chosen.slowest_requests = 2;
    staged::requests s(chosen);
    thread_record& thread = s.start("one");
    std::int64_t now = 0;
    for (const std::int64_t latency : {30, 10, 50, 20, 40}) {
        request_context& a = s.begin("/a");
        s.sample(thread, "mf", now += latency, a,
                 &s.enter(a, "query", static_cast<std::uint64_t>(latency)));
        s.sample(thread, "m", ++now);
        s.end(a, latency);
        s.collect();
    }
    const request_accounts accounts = s.store.requests.copy_slowest(*s.table, 1);
    CHECK(latencies(accounts) == std::vector<std::int64_t>{40, 50});
    for (const staged::ended_request& each : accounts.requests) {
        CHECK(wall_of(accounts, each) == each.latency_ns);
        REQUIRE(each.calls != staged::hash_index::none);
        CHECK(accounts.calls[each.calls].calls == static_cast<std::uint64_t>(each.latency_ns));
        CHECK(path_of(accounts.calls[each.calls].node) == "/GET /a/query");
        CHECK(accounts.calls.next(each.calls) == staged::hash_index::none);
    }
    CHECK(s.table->find("GET", "/a")->slow_ns == 40);
    REQUIRE(accounts.usage.counts().size() == 1);
    CHECK(accounts.usage.counts()[0].calls == 150); // of all five
}

TEST_CASE("request store: interleaved requests of one thread keep their own credits") {
    staged::requests s;
    thread_record& thread = s.start("one");
    request_context& a = s.begin("/a");
    request_context& b = s.begin("/a");
    std::int64_t now = 0;
    for (int i = 0; i < 100; ++i) {
        s.sample(thread, "mf", now += 3, a);
        s.sample(thread, "mf", now += 2, b);
    }
    s.end(a, 300);
    s.end(b, 200);
    s.collect();
    const request_accounts accounts = s.store.requests.copy_slowest(*s.table, 1);
    REQUIRE(accounts.requests.size() == 2);
    for (const staged::ended_request& each : accounts.requests) {
        CHECK(wall_of(accounts, each) == each.latency_ns);
        CHECK(accounts.credits.next(each.credits) == staged::hash_index::none); // one leaf
    }
}

TEST_CASE("request store: what is served in a further part is the request's") {
    staged::requests s;
    thread_record& one = s.start("one");
    thread_record& two = s.start("two");
    request_context& a = s.begin("/a");
    request_context& part = s.add_part(a);
    s.sample(one, "mf", 10, a, &s.enter(a, "x", 2));
    s.sample(two, "mf", 7, part, &s.enter(part, "x", 3));
    s.end(a, 10);
    s.collect();
    const request_accounts accounts = s.store.requests.copy_slowest(*s.table, 1);
    REQUIRE(accounts.requests.size() == 1);
    CHECK(wall_of(accounts, accounts.requests[0]) == 17);
    std::uint64_t calls = 0;
    for (std::uint32_t at = accounts.requests[0].calls; at != staged::hash_index::none;
         at = accounts.calls.next(at))
        calls += accounts.calls[at].calls;
    CHECK(calls == 5);
}

TEST_CASE("request store: without a stack the scopes of the request say where it is") {
    staged::requests s;
    thread_record& thread = s.start("one");
    request_context& a = s.begin("/a");
    s.sample_without_stack(thread, 10, 4, a, &s.enter(a, "x"));
    s.end(a, 10);
    s.collect();
    const request_accounts accounts = s.store.requests.copy_slowest(*s.table, 1);
    CHECK(credits(s, accounts) == expected{{"/GET /a/x: ", 10}});
    CHECK(accounts.leaves[0].cpu_ns == 4);
    REQUIRE(accounts.requests.size() == 1);
    const staged::request_credit& credit = accounts.credits[accounts.requests[0].credits];
    CHECK(credit.wall_ns == 10);
    CHECK(credit.cpu_ns == 4);
    const auto& tree = staged::track_store::account_of(thread)->track.tree();
    REQUIRE(tree.leaves().size() == 1);
    CHECK(path_of(tree.leaves()[0].scope) == "/GET /a/x");
}

TEST_CASE("request store: an account knows which request its thread served last") {
    staged::requests s;
    thread_record& thread = s.start("one");
    const auto& account = *staged::track_store::account_of(thread);
    for (int i = 0; i < 2; ++i) { // the second request has the first one's context
        request_context& a = s.begin("/a");
        s.sample(thread, "mf", 10, a);
        CHECK(account.served == &a);
        CHECK(account.served_generation == a.generation());
        s.end(a, 10);
        s.collect();
    }
    s.sample(thread, "mf", 20);
    CHECK(account.served == nullptr);
}

TEST_CASE("request store: what is credited after a request has ended is the route's alone") {
    staged::requests s;
    thread_record& thread = s.start("one");
    request_context& a = s.begin("/a");
    s.sample(thread, "mf", 10, a);
    s.end(a, 10);
    s.collect();
    request_context& next = s.begin("/a");
    REQUIRE(&next == &a);
    // The thread has not run since: its time goes to where it was last seen.
    auto& account = *staged::track_store::account_of(thread);
    CHECK_FALSE(account.track.visit(25, 0));
    s.store.requests.pass_on(account.request_leaves, account.track);
    s.end(next, 1);
    s.collect();
    const request_accounts accounts = s.store.requests.copy_slowest(*s.table, 1);
    CHECK(credits(s, accounts) == expected{{"/GET /a: mf", 25}});
    REQUIRE(accounts.requests.size() == 2);
    CHECK(wall_of(accounts, accounts.requests[0]) == 10);
    CHECK(wall_of(accounts, accounts.requests[1]) == 0);
}

TEST_CASE("request store: wanted requests wait to be taken, up to a limit") {
    scopetree::options chosen;
    chosen.slowest_requests = 0;
    staged::requests s(chosen);
    const auto limit = static_cast<int>(staged::request_store::max_wanted);
    for (int i = 0; i < limit + 3; ++i) {
        request_context& a = s.begin("/a");
        a.wanted = true;
        s.end(a, 1 + i);
    }
    request_context& unwanted = s.begin("/a");
    s.end(unwanted, 5);
    s.collect();
    CHECK(s.store.requests.dropped() == 3);
    CHECK(s.store.requests.take_wanted(*s.table, 1).requests.size() ==
          static_cast<std::size_t>(limit));
    CHECK(s.store.requests.take_wanted(*s.table, 1).requests.empty());
    CHECK(s.store.requests.copy_slowest(*s.table, 1).requests.empty());
}

TEST_CASE("request store: a wanted request may be among the slowest as well") {
    staged::requests s;
    thread_record& thread = s.start("one");
    request_context& a = s.begin("/a");
    a.wanted = true;
    s.sample(thread, "mf", 10, a, &s.enter(a, "x"));
    s.end(a, 10);
    s.collect();
    for (int i = 0; i < 2; ++i) { // taking it leaves the other copy alone
        request_context& between = s.begin("/b");
        s.sample(thread, "mg", 20 + i, between, &s.enter(between, "y", 7));
        const request_accounts accounts = i == 0 ? s.store.requests.take_wanted(*s.table, 1)
                                                 : s.store.requests.copy_slowest(*s.table, 1);
        REQUIRE(accounts.requests.size() == 1);
        CHECK(wall_of(accounts, accounts.requests[0]) == 10);
        CHECK(accounts.calls[accounts.requests[0].calls].calls == 1);
    }
}

TEST_CASE("request store: the room of what is not kept is used again") {
    scopetree::options chosen;
    chosen.slowest_requests = 1;
    staged::requests s(chosen);
    thread_record& thread = s.start("one");
    std::int64_t now = 0;
    const auto serve = [&](std::int64_t latency, bool wanted) {
        request_context& a = s.begin("/a");
        a.wanted = wanted;
        s.sample(thread, "mf", ++now, a, &s.enter(a, "x"));
        s.sample(thread, "mg", ++now, a, &s.enter(a, "y"));
        s.end(a, latency);
        s.collect();
    };
    const auto fits = [&](const request_accounts& accounts) {
        REQUIRE(accounts.requests.size() == 1);
        const staged::ended_request& only = accounts.requests[0];
        bool low = wall_of(accounts, only) == 2;
        for (std::uint32_t at = only.credits; at != staged::hash_index::none;
             at = accounts.credits.next(at))
            low = low && at < 10; // there are never more than those of three requests
        for (std::uint32_t at = only.calls; at != staged::hash_index::none;
             at = accounts.calls.next(at))
            low = low && at < 10;
        return low;
    };
    for (int i = 0; i < 100; ++i)
        serve(1, false); // the first one is the slowest
    for (int i = 0; i < 100; ++i) {
        serve(2 + i, false); // each takes the place of the one before
        CHECK(fits(s.store.requests.copy_slowest(*s.table, 1)));
    }
    for (int i = 0; i < 100; ++i) {
        serve(1'000 + i, true); // kept twice
        CHECK(fits(s.store.requests.take_wanted(*s.table, 1)));
        CHECK(fits(s.store.requests.copy_slowest(*s.table, 1)));
    }
}

TEST_CASE("request store: calls count from the run's begin") {
    staged::requests s;
    request_context& a = s.begin("/a");
    s.enter(a, "x", 7);
    staged::track_store second;
    second.requests.begin(*s.table);
    s.enter(a, "x", 2);
    s.enter(a, "y", 3);
    const request_accounts accounts = second.requests.copy_slowest(*s.table, 1);
    std::map<std::string, std::int64_t> calls;
    for (const auto& count : accounts.usage.counts())
        calls[path_of(count.node)] = static_cast<std::int64_t>(count.calls);
    CHECK(calls == expected{{"/GET /a/x", 2}, {"/GET /a/y", 3}});
}

TEST_CASE("request store: durations are those of this run") {
    staged::requests s;
    request_context& a = s.begin("/a");
    scope_node& timed = s.scope(a.root, "t", true);
    timed.calls = 1;
    record_duration(*timed.timing, 1, 100);
    const request_accounts now = s.store.requests.copy_slowest(*s.table, 1);
    REQUIRE(now.usage.counts().size() == 1);
    CHECK(now.usage.timings().size() == 1);
    const request_accounts later = s.store.requests.copy_slowest(*s.table, 2);
    REQUIRE(later.usage.counts().size() == 1);
    CHECK(later.usage.timings().empty());
}

TEST_CASE("request store: waits are those of requests that have ended, in this run") {
    staged::requests s;
    request_context& before = s.begin("/a");
    s.enter(before, "x").awaited_ns += 100;
    s.end(before, 200);
    s.collect();
    staged::track_store second;
    second.requests.begin(*s.table);
    request_context& ended = s.begin("/a");
    request_context& goes_on = s.begin("/a");
    s.enter(ended, "x").awaited_ns += 20;
    s.enter(goes_on, "x").awaited_ns += 3;
    s.end(ended, 300);
    second.requests.collect(*s.table, s.table->take_ended());
    const request_accounts accounts = second.requests.copy_slowest(*s.table, 1);
    REQUIRE(accounts.usage.counts().size() == 1);
    CHECK(accounts.usage.counts()[0].calls == 2);
    CHECK(accounts.usage.counts()[0].awaited_ns == 20);
    REQUIRE(accounts.requests.size() == 1);
    CHECK(accounts.calls[accounts.requests[0].calls].awaited_ns == 20);
}

TEST_CASE("request store: sums hold, whatever threads and requests do") {
    for (unsigned seed = 0; seed < 30; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        scopetree::options chosen;
        chosen.slowest_requests = 1'000'000 / 1'000; // all of them
        staged::requests s(chosen);
        std::vector<thread_record*> threads{&s.start("1"), &s.start("2"), &s.start("3")};
        std::vector<request_context*> open;
        std::int64_t now = 0, in_requests = 0;
        std::map<std::uint64_t, std::int64_t> by_id;
        std::map<thread_record*, std::int64_t> before;
        for (int step = 0; step < 400; ++step) {
            now += static_cast<std::int64_t>(random() % 20) + 1;
            thread_record& thread = *threads[random() % threads.size()];
            if (open.size() < 5)
                open.push_back(&s.begin("/" + std::to_string(random() % 3)));
            const std::size_t which = random() % (open.size() + 2);
            const std::string stack = random() % 2 == 0 ? "mf" : "mgh";
            if (which < open.size()) {
                s.sample(thread, stack, now, *open[which],
                         &s.enter(*open[which], random() % 2 == 0 ? "x" : "y"));
                in_requests += now - before[&thread];
                by_id[open[which]->id] += now - before[&thread];
            } else {
                s.sample(thread, stack, now);
            }
            before[&thread] = now;
            if (random() % 4 == 0) {
                std::swap(open[random() % open.size()], open.back());
                s.end(*open.back(), by_id[open.back()->id] + 1);
                open.pop_back();
            }
            if (random() % 8 == 0)
                s.collect();
        }
        s.collect();
        const request_accounts accounts = s.store.requests.copy_slowest(*s.table, 1);
        std::int64_t sum = 0;
        for (const auto& leaf : accounts.leaves)
            sum += leaf.wall_ns;
        CHECK(sum == in_requests);
        for (const staged::ended_request& each : accounts.requests)
            CHECK(wall_of(accounts, each) == by_id[each.id]);
    }
}
