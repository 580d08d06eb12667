#include <scopetree/service/request.hpp>

#include <support/fork_at_rest.hpp>
#include <support/own_thread.hpp>
#include <support/thread_sanitizer.hpp>

#include <scopetree/profiler.hpp>
#include <scopetree/scope.hpp>
#include <scopetree/service/live.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using scopetree::request;
using scopetree::request_handle;
using scopetree::request_span;
using scopetree::resume_request;
using scopetree::route_figures;
using scopetree::service_profile;

namespace {

const route_figures* find_route(const service_profile& in, const std::string& route) {
    for (const route_figures& each : in.routes)
        if (each.route == route)
            return &each;
    return nullptr;
}

std::uint64_t calls(const service_profile& in, std::size_t tree, const std::string& scope) {
    const scopetree::thread_tree& of = in.trees.threads[tree];
    for (const scopetree::call_node& node : of.nodes)
        if (node.scope != scopetree::no_index && in.trees.frames[node.frame].name == scope)
            return of.scopes[node.scope].calls;
    return 0;
}

std::int64_t wall_below(const service_profile& in, std::size_t tree, const std::string& frame) {
    const scopetree::thread_tree& of = in.trees.threads[tree];
    std::int64_t sum = 0;
    for (std::uint32_t i = 0; i < of.nodes.size(); ++i)
        for (std::uint32_t at = i; at != scopetree::no_index; at = of.nodes[at].parent)
            if (in.trees.frames[of.nodes[at].frame].name == frame) {
                sum += of.nodes[i].wall_ns;
                break;
            }
    return sum;
}

std::int64_t sum_of(const service_profile& in, std::size_t tree) {
    std::int64_t sum = 0;
    for (const scopetree::call_node& node : in.trees.threads[tree].nodes)
        sum += node.wall_ns;
    return sum;
}

struct running_profiler {
    running_profiler() { profiler.start(); }
    scopetree::profiler profiler;
};

void spin(std::chrono::nanoseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
    }
}

} // namespace

TEST_CASE("request: without a profiler it does nothing") {
    const scopetree::profiler never_started;
    test::on_own_thread([] {
        request here("GET", "/a");
        here.status(200);
        here.keep();
        CHECK(here.elapsed() == 0ns);
        const resume_request again(here.handle());
        CHECK(scopetree::bind_request([] { return 7; })() == 7);
        here.finish();
    });
}

TEST_CASE("request: figures by route") {
    running_profiler run;
    test::on_own_thread([&] {
        for (int i = 0; i < 3; ++i) {
            request here("GET", "/a/{id}");
            PROFILE_SCOPE("work");
            here.status(i == 1 ? 503 : 200);
        }
        const auto throws = [] {
            const request here("POST", "/a/{id}");
            throw std::runtime_error("no");
        };
        CHECK_THROWS_AS(throws(), std::runtime_error);
        request early("GET", "/early");
        early.finish();
        CHECK(early.elapsed() == 0ns);
        early.finish(); // no harm
    });
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 3);
    const route_figures* const get = find_route(made, "/a/{id}");
    REQUIRE(get != nullptr);
    std::uint64_t requests = 0, errors = 0;
    for (const route_figures& each : made.routes) {
        requests += each.requests;
        errors += each.errors;
        CHECK(each.active_ns == each.latency_ns);
        CHECK(each.p50_ns <= each.p99_ns);
        CHECK(each.p99_ns <= each.max_ns);
    }
    CHECK(requests == 5);
    CHECK(errors == 2);
    CHECK(made.requests.size() == 5); // all are among the slowest ten
    for (std::size_t i = 0; i < made.routes.size(); ++i) {
        CHECK(sum_of(made, i) == made.routes[i].latency_ns);
        if (made.routes[i].method == "GET" && made.routes[i].route == "/a/{id}")
            CHECK(calls(made, i, "work") == 3);
    }
    for (std::size_t i = 0; i < made.requests.size(); ++i) {
        CHECK(sum_of(made, made.routes.size() + i) == made.requests[i].latency_ns);
        CHECK(made.requests[i].started_unix_ns > 1'600'000'000'000'000'000);
    }
}

TEST_CASE("request: a second run counts anew, and requests of the first do not end in it") {
    scopetree::profiler first, second;
    first.start();
    test::on_own_thread([&] {
        {
            const request ended("GET", "/a");
            PROFILE_SCOPE("x");
        }
        request_span across("GET", "/a");
        static_cast<void>(first.stop());
        second.start();
        across.finish();
        const request here("GET", "/a");
        PROFILE_SCOPE("x");
    });
    const service_profile made = second.requests();
    REQUIRE(made.routes.size() == 1);
    CHECK(made.routes[0].requests == 1);
    CHECK(calls(made, 0, "x") == 1);
}

TEST_CASE("request: handles lead nowhere once the request has ended") {
    running_profiler run;
    test::on_own_thread([&] {
        request_handle handle;
        {
            const request here("GET", "/a");
            handle = here.handle();
        }
        const request other("GET", "/a"); // may have the same context
        std::thread([&] {
            const resume_request late(handle);
            PROFILE_SCOPE("late");
        }).join();
        const resume_request empty{request_handle()};
    });
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 1);
    CHECK(calls(made, 0, "late") == 0);
}

TEST_CASE("request: a span can be moved and ends once") {
    running_profiler run;
    test::on_own_thread([&] {
        request_span one("GET", "/a");
        CHECK(one.is_open());
        request_span two(std::move(one));
        CHECK(two.is_open());
        request_span three("GET", "/b");
        three = std::move(two); // ends /b
        three.status(500);
    });
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 2);
    CHECK(find_route(made, "/a")->requests == 1);
    CHECK(find_route(made, "/a")->errors == 1);
    CHECK(find_route(made, "/b")->requests == 1);
}

TEST_CASE("request: work on other threads is the request's, and waiting for it is seen") {
    running_profiler run;
    test::on_own_thread([&] {
        request_span span("GET", "/a");
        std::thread([handle = span.handle()] {
            for (int i = 0; i < 2; ++i) {
                const resume_request here(handle);
                PROFILE_SCOPE("step");
                spin(5ms);
            }
        }).join();
        std::this_thread::sleep_for(20ms); // nobody serves it
    });
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 1);
    const route_figures& route = made.routes[0];
    CHECK(route.active_ns >= 10'000'000);
    CHECK(route.latency_ns - route.active_ns >= 20'000'000);
    CHECK(wall_below(made, 0, "[await]") == route.latency_ns - route.active_ns);
    CHECK(calls(made, 0, "step") == 2);
}

TEST_CASE("request: bound functions run in the request they were bound in") {
    running_profiler run;
    test::on_own_thread([&] {
        std::function<int(int)> bound;
        {
            const request here("GET", "/a");
            bound = scopetree::bind_request([](int value) {
                PROFILE_SCOPE("bound");
                return value + 1;
            });
            std::thread([&] { CHECK(bound(1) == 2); }).join();
        }
        CHECK(bound(2) == 3); // later: nobody's
        const request other("GET", "/b");
        CHECK(scopetree::bind_request([](int&& value) { return value; })(5) == 5);
    });
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 2);
    for (std::size_t i = 0; i < 2; ++i)
        CHECK(calls(made, i, "bound") == (made.routes[i].route == "/a" ? 1 : 0));
}

TEST_CASE("request: wanted ones that nobody takes are dropped, and the profile says how many") {
    running_profiler run;
    CHECK(run.profiler.requests().trees.notes.empty());
    test::on_own_thread([] {
        for (int i = 0; i < 300; ++i)
            request("GET", "/a").keep();
    });
    const std::vector<std::string> notes = run.profiler.requests().trees.notes;
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].rfind("44 requests that were to be kept were dropped", 0) == 0); // 256 wait
}

TEST_CASE("request: those that are wanted are kept one by one, once") {
    running_profiler run;
    test::on_own_thread([] {
        for (int i = 0; i < 20; ++i) {
            request here("GET", "/a");
            for (int k = 0; k <= i; ++k) {
                PROFILE_SCOPE("query");
            }
            if (i >= 18)
                here.keep();
        }
    });
    const service_profile made = scopetree::take_wanted_requests();
    REQUIRE(made.requests.size() == 2);
    const std::uint64_t first = calls(made, made.routes.size(), "query");
    const std::uint64_t second = calls(made, made.routes.size() + 1, "query");
    CHECK(first + second == 19 + 20);
    CHECK(scopetree::take_wanted_requests().requests.empty());
    CHECK(scopetree::live_requests().requests.size() == 10);
}

TEST_CASE("request: at most 1,000 routes, however many paths there are") {
    running_profiler run;
    test::on_own_thread([] {
        for (int i = 0; i < 10'000; ++i)
            const request here("GET", "/raw/" + std::to_string(i));
    });
    const service_profile made = run.profiler.requests();
    CHECK(made.routes.size() <= 1'001); // there may have been others before
    const route_figures* const other = find_route(made, "(other routes)");
    REQUIRE(other != nullptr);
    CHECK(other->requests >= 9'000);
    CHECK(other->method.empty());
}

TEST_CASE("request: a forked child serves on without harm") {
    running_profiler run;
    test::on_own_thread([&] {
        request here("GET", "/a");
        const pid_t child = test::fork_at_rest();
        if (child == 0) {
            {
                const request there("GET", "/b");
                PROFILE_SCOPE("child");
            }
            here.finish();
            ::_exit(0);
        }
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    });
    CHECK(run.profiler.requests().routes.size() == 1);
}

TEST_CASE("request: ended on another thread than it began on") {
    running_profiler run;
    test::on_own_thread([&] {
        auto* const here = new request("GET", "/a");
        std::thread([here] { delete here; }).join();
        PROFILE_SCOPE("own again");
        const request next("GET", "/b");
        PROFILE_SCOPE("next");
    });
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(calls(made, i, "own again") == 0);
        CHECK(calls(made, i, "next") == (made.routes[i].route == "/b" ? 1 : 0));
    }
}
