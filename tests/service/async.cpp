#include <scopetree/service/async.hpp>

#include <scopetree/profiler.hpp>
#include <scopetree/scope.hpp>
#include <scopetree/service/live.hpp>

#include <catch2/catch.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using scopetree::in_request;
using scopetree::request_span;
using scopetree::service_profile;

namespace {

/// Runs coroutines on so many threads until all have ended.
class pool {
public:
    template <class T>
    void spawn(awaitable<T> work) {
        asio::co_spawn(io_, std::move(work), [this](std::exception_ptr failure, auto&&...) {
            if (failure)
                ++failures;
        });
    }
    void spawn(awaitable<void> work) {
        asio::co_spawn(io_, std::move(work), [this](std::exception_ptr failure) {
            if (failure)
                ++failures;
        });
    }
    void run(int threads) {
        std::vector<std::thread> running;
        for (int i = 0; i < threads; ++i)
            running.emplace_back([this] {
                PROFILE_SCOPE("worker");
                io_.run();
            });
        for (std::thread& each : running)
            each.join();
    }
    asio::io_context& io() { return io_; }
    std::atomic<int> failures{0};

private:
    asio::io_context io_;
};

/// Goes on where a thread is free, most often another one.
awaitable<void> hop() {
    PROFILE_SCOPE("hop");
    co_await asio::post(use_awaitable);
}

/// The scopes around a node, `a/b`.
std::string path(const service_profile& in, const scopetree::thread_tree& of, std::uint32_t at) {
    std::string path;
    for (; at != 0; at = of.nodes[at].parent)
        if (of.nodes[at].scope != scopetree::no_index)
            path.insert(0, "/" + in.trees.frames[of.nodes[at].frame].name);
    return path.empty() ? path : path.substr(1);
}

/// How often each scope was entered, by path.
std::map<std::string, std::uint64_t> calls(const service_profile& in, std::size_t tree) {
    const scopetree::thread_tree& of = in.trees.threads[tree];
    std::map<std::string, std::uint64_t> result;
    for (std::uint32_t i = 0; i < of.nodes.size(); ++i)
        if (of.nodes[i].scope != scopetree::no_index)
            result[path(in, of, i)] = of.scopes[of.nodes[i].scope].calls;
    return result;
}

/// What the requests of a tree waited right in a scope of that path; "": in none.
std::int64_t awaited(const service_profile& in, std::size_t tree, const std::string& scope) {
    const scopetree::thread_tree& of = in.trees.threads[tree];
    std::int64_t sum = 0;
    for (const scopetree::call_node& node : of.nodes)
        if (in.trees.frames[node.frame].name == "[await]" && path(in, of, node.parent) == scope)
            sum += node.wall_ns;
    return sum;
}

using expected = std::map<std::string, std::uint64_t>;

struct running_profiler {
    running_profiler() { profiler.start(); }
    scopetree::profiler profiler;
};

} // namespace

TEST_CASE("async: a coroutine that hops from thread to thread keeps its scopes") {
    constexpr int clients = 8, hops = 1'000;
    running_profiler run;
    pool threads;
    const auto deep = []() -> awaitable<void> {
        PROFILE_SCOPE("outer");
        for (int i = 0; i < hops / 2; ++i) {
            PROFILE_SCOPE("inner");
            co_await hop();
            PROFILE_SCOPE("between");
            co_await hop();
        }
    };
    const auto client = [&deep]() -> awaitable<void> {
        request_span request("GET", "/hop");
        co_await in_request(request.handle(), deep());
        request.status(200);
        request.finish();
        PROFILE_SCOPE("outside");
        co_await asio::post(use_awaitable);
    };
    for (int i = 0; i < clients; ++i)
        threads.spawn(client());
    threads.run(4);
    CHECK(threads.failures == 0);
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 1);
    CHECK(made.routes[0].requests == clients);
    CHECK(calls(made, 0) == expected{{"outer", clients},
                                     {"outer/inner", clients * hops / 2},
                                     {"outer/inner/hop", clients * hops / 2},
                                     {"outer/inner/between", clients * hops / 2},
                                     {"outer/inner/between/hop", clients * hops / 2}});
    for (const scopetree::request_figures& each : made.requests)
        CHECK(each.active_ns <= each.latency_ns);
}

TEST_CASE("async: requests that take turns on one thread are told apart") {
    running_profiler run;
    pool threads;
    const auto work = [](int steps) -> awaitable<int> {
        PROFILE_SCOPE("work");
        for (int i = 0; i < steps; ++i) {
            PROFILE_SCOPE("step");
            co_await asio::post(use_awaitable);
        }
        co_return 200;
    };
    const auto client = [&work](const char* route, int steps) -> awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            request_span request("GET", route);
            request.status(co_await in_request(request.handle(), work(steps)));
        }
    };
    threads.spawn(client("/a", 10));
    threads.spawn(client("/b", 20));
    threads.spawn(client("/c", 30));
    threads.run(1);
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto steps = static_cast<std::uint64_t>(made.routes[i].route == "/a"   ? 30
                                                      : made.routes[i].route == "/b" ? 60
                                                                                     : 90);
        CHECK(calls(made, i) == expected{{"work", 3}, {"work/step", steps}});
    }
}

TEST_CASE("async: what runs at the same time has parts of its own") {
    using namespace asio::experimental::awaitable_operators;
    running_profiler run;
    pool threads;
    const auto left = []() -> awaitable<void> {
        PROFILE_SCOPE("left");
        for (int i = 0; i < 200; ++i)
            co_await hop();
    };
    const auto right = []() -> awaitable<void> {
        PROFILE_SCOPE("right");
        for (int i = 0; i < 200; ++i)
            co_await hop();
    };
    const auto both = [&](scopetree::request_handle request) -> awaitable<void> {
        PROFILE_SCOPE("both");
        co_await(in_request(request, left()) && in_request(request, right()));
    };
    const auto client = [&]() -> awaitable<void> {
        request_span request("GET", "/parallel");
        co_await in_request(request.handle(), both(request.handle()));
    };
    for (int i = 0; i < 4; ++i)
        threads.spawn(client());
    threads.run(4);
    CHECK(threads.failures == 0);
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 1);
    CHECK(calls(made, 0) ==
          expected{{"both", 4}, {"left", 4}, {"left/hop", 800}, {"right", 4}, {"right/hop", 800}});
}

TEST_CASE("async: values and exceptions come through, and waiting is the request's") {
    running_profiler run;
    pool threads;
    const auto waits = []() -> awaitable<int> {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        timer.expires_after(std::chrono::milliseconds(30));
        co_await timer.async_wait(use_awaitable);
        co_return 7;
    };
    const auto fails = []() -> awaitable<int> {
        co_await asio::post(use_awaitable);
        throw std::runtime_error("no");
    };
    int value = 0;
    std::string what;
    const auto client = [&]() -> awaitable<void> {
        request_span request("GET", "/waits");
        value = co_await in_request(request.handle(), waits());
        request_span other("GET", "/fails");
        try {
            co_await in_request(other.handle(), fails());
        } catch (const std::runtime_error& error) {
            what = error.what();
            other.status(500);
        }
    };
    threads.spawn(client());
    threads.run(2);
    CHECK(value == 7);
    CHECK(what == "no");
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 2);
    CHECK(made.routes[0].route == "/waits");
    CHECK(made.routes[0].latency_ns - made.routes[0].active_ns > 20'000'000);
    CHECK(made.routes[1].errors == 1);
}

TEST_CASE("async: what goes on when the work is done is no part of it") {
    running_profiler run;
    pool threads;
    const auto work = [](bool waits) -> awaitable<int> {
        PROFILE_SCOPE("work");
        if (waits)
            co_await asio::post(use_awaitable);
        co_return 1;
    };
    const auto client = [&](bool waits) -> awaitable<void> {
        request_span request("GET", "/a");
        for (int i = 0; i < 3; ++i) {
            for (int k = 0; k < 3; ++k) {
                co_await in_request(request.handle(), work(waits));
                PROFILE_SCOPE("after");
            }
            co_await asio::post(use_awaitable);
        }
    };
    threads.spawn(client(false));
    threads.spawn(client(true));
    threads.run(2);
    CHECK(threads.failures == 0);
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 1);
    CHECK(calls(made, 0) == expected{{"work", 18}});
}

TEST_CASE("async: work that never waits goes on at once, but does not nest ever deeper") {
    running_profiler run;
    pool threads;
    bool was_put_off = false;
    const auto client = [&]() -> awaitable<void> {
        request_span request("GET", "/a");
        const auto work = []() -> awaitable<int> { co_return 1; };
        asio::post(threads.io(), [&] { was_put_off = true; });
        co_await in_request(request.handle(), work());
        CHECK_FALSE(was_put_off);
        int done = 0;
        for (int i = 0; i < 100'000; ++i)
            done += co_await in_request(request.handle(), work());
        CHECK(done == 100'000);
    };
    threads.spawn(client());
    threads.io().run();
    CHECK(threads.failures == 0);
    CHECK(was_put_off);
}

TEST_CASE("async: what the work leaves behind is no part of it, and does not keep its request") {
    running_profiler run;
    pool threads;
    int after = 0;
    asio::steady_timer gate(threads.io(), std::chrono::hours(1)); // opened by cancelling it
    const auto rest = [&]() -> awaitable<void> {
        boost::system::error_code opened;
        co_await gate.async_wait(asio::redirect_error(use_awaitable, opened));
        PROFILE_SCOPE("behind");
        ++after;
    };
    const auto work = [&]() -> awaitable<void> {
        PROFILE_SCOPE("work");
        asio::co_spawn(co_await asio::this_coro::executor, rest(), asio::detached);
    };
    const auto client = [&]() -> awaitable<void> {
        request_span request("GET", "/a");
        co_await in_request(request.handle(), work());
        request.finish();
        CHECK(run.profiler.requests().routes.size() == 1);
        CHECK(after == 0);
        request_span next("GET", "/a");
        co_await in_request(next.handle(), work());
        gate.cancel();
    };
    threads.spawn(client());
    threads.io().run();
    CHECK(threads.failures == 0);
    CHECK(after == 2);
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 1);
    CHECK(made.routes[0].requests == 2);
    CHECK(calls(made, 0) == expected{{"work", 2}});
}

TEST_CASE("async: a wait is seen in the scope that was open") {
    running_profiler run;
    pool threads;
    const auto wait = [](int milliseconds) -> awaitable<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        timer.expires_after(std::chrono::milliseconds(milliseconds));
        co_await timer.async_wait(use_awaitable);
    };
    const auto fetch = [&wait](int milliseconds) -> awaitable<void> {
        PROFILE_SCOPE("fetch");
        {
            PROFILE_SCOPE("connect");
            co_await wait(milliseconds / 2);
        }
        co_await wait(milliseconds);
    };
    const auto page = [&]() -> awaitable<void> {
        co_await wait(10);
        PROFILE_SCOPE("page");
        for (int i = 0; i < 3; ++i)
            co_await fetch(20);
    };
    const auto client = [&]() -> awaitable<void> {
        request_span request("GET", "/page");
        co_await in_request(request.handle(), page());
    };
    for (int i = 0; i < 4; ++i)
        threads.spawn(client());
    threads.run(2);
    CHECK(threads.failures == 0);
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 1);
    REQUIRE(made.requests.size() == 4);
    for (std::size_t i = 0; i < made.trees.threads.size(); ++i) {
        // How much of a timer's time the thread served is not known: it has waited, is all.
        std::int64_t waits = 0;
        for (const char* const scope : {"", "page/fetch", "page/fetch/connect"}) {
            CHECK(awaited(made, i, scope) > 0);
            waits += awaited(made, i, scope);
        }
        const std::int64_t latency =
            i == 0 ? made.routes[0].latency_ns : made.requests[i - 1].latency_ns;
        const std::int64_t active =
            i == 0 ? made.routes[0].active_ns : made.requests[i - 1].active_ns;
        CHECK(waits == latency - active);
        const scopetree::thread_tree& tree = made.trees.threads[i];
        CHECK(std::accumulate(tree.nodes.begin(), tree.nodes.end(), std::int64_t{0},
                              [](std::int64_t sum, const scopetree::call_node& node) {
                                  return sum + node.wall_ns;
                              }) == latency);
    }
}

TEST_CASE("async: without a profiler, and after the request has ended, work is just done") {
    const scopetree::profiler never_started;
    pool threads;
    int done = 0;
    const auto work = [&]() -> awaitable<void> {
        PROFILE_SCOPE("work");
        co_await asio::post(use_awaitable);
        ++done;
    };
    const auto client = [&]() -> awaitable<void> {
        request_span request("GET", "/a");
        co_await in_request(request.handle(), work());
        const scopetree::request_handle handle = request.handle();
        request.finish();
        co_await in_request(handle, work());
    };
    threads.spawn(client());
    threads.run(2);
    CHECK(done == 2);
}

TEST_CASE("async: a coroutine that never ends is destroyed with its scopes open") {
    running_profiler run;
    {
        pool threads;
        const auto waits = []() -> awaitable<void> {
            PROFILE_SCOPE("for ever");
            asio::steady_timer timer(co_await asio::this_coro::executor);
            timer.expires_after(std::chrono::hours(1));
            co_await timer.async_wait(use_awaitable);
        };
        const auto client = [&]() -> awaitable<void> {
            request_span request("GET", "/lost");
            co_await in_request(request.handle(), waits());
        };
        threads.spawn(client());
        threads.io().run_for(std::chrono::milliseconds(20));
    }
    const service_profile made = run.profiler.requests();
    REQUIRE(made.routes.size() == 1);
    CHECK(made.routes[0].requests == 1);
    CHECK(calls(made, 0) == expected{{"for ever", 1}});
}
