#include <scopetree/service/push.hpp>

#include "staged_push.hpp"

#include <scopetree/scope.hpp>
#include <scopetree/service/request.hpp>
#include <support/fork_at_rest.hpp>
#include <support/own_thread.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

using namespace scopetree;
using namespace staged;
using Catch::Contains;

TEST_CASE("push: a request is what the server documents") {
    recording_server server(accept_all);
    push_options chosen = options_for(server.url() + "/prefix/");
    chosen.labels = {{"region", "eu 1"}, {"env", "test"}};
    chosen.user = "me";
    chosen.password = "secret";
    chosen.tenant = "team-1";
    const std::int64_t before = detail::read_clock(CLOCK_REALTIME) / 1'000'000'000;
    pusher pushing(chosen, staged_run());
    const auto requests = server.wait_for(2);
    pushing.stop();
    const std::int64_t after = detail::read_clock(CLOCK_REALTIME) / 1'000'000'000;

    const recording_server::request& first = requests[0];
    CHECK(first.method_string() == "POST");
    const std::string target(first.target());
    const std::string start =
        "/prefix/ingest?name=shop.front%7Bregion%3Deu%201%2Cenv%3Dtest%7D&from=";
    CHECK_THAT(target, Catch::StartsWith(start) &&
                           Catch::EndsWith("&sampleRate=1000&spyName=scopetree&format=pprof"));
    const std::int64_t from = std::strtoll(target.c_str() + start.size(), nullptr, 10);
    const std::int64_t until =
        std::strtoll(target.c_str() + target.find("&until=") + 7, nullptr, 10);
    CHECK(from >= before - 1);
    CHECK(until <= after + 1);
    CHECK(from < until);
    CHECK(first["Content-Type"] == "application/octet-stream");
    CHECK(first["Authorization"] == "Basic bWU6c2VjcmV0");
    CHECK(first["X-Scope-OrgID"] == "team-1");
    CHECK(first["Host"] == "127.0.0.1:" + std::to_string(server.port()));
    CHECK(first["User-Agent"] == "scopetree/" SCOPETREE_VERSION);
    CHECK(first["Content-Length"] == std::to_string(first.body().size()));
    CHECK(has(first, "nanoseconds"));
    CHECK(has(first, "./staged"));
}

TEST_CASE("push: a token is a bearer's, and nothing is sent that was not given") {
    recording_server server(accept_all);
    push_options chosen = options_for(server.url());
    chosen.token = "abc";
    {
        pusher pushing(chosen, staged_run());
        CHECK(server.wait_for(1)[0]["Authorization"] == "Bearer abc");
    }
    chosen.token = "";
    pusher pushing(chosen, staged_run());
    const std::size_t so_far = server.requests().size();
    const recording_server::request last = server.wait_for(so_far + 1).back();
    CHECK(last.count("Authorization") == 0);
    CHECK(last.count("X-Scope-OrgID") == 0);
    CHECK_THAT(std::string(last.target()), Catch::StartsWith("/ingest?name=shop.front&from="));
}

TEST_CASE("push: every function is sent in one window, and the last one when it ends") {
    recording_server server(accept_all);
    staged_run run;
    pusher pushing(options_for(server.url()), run);
    server.wait_for(3);
    pushing.stop();
    const push_figures figures = pushing.figures();
    CHECK(add_up(figures));
    CHECK(figures.dropped() == 0);
    CHECK(figures.missed == 0);
    const auto requests = server.requests();
    CHECK(figures.sent == requests.size());
    const std::size_t last = run().frames.size() - 2; // of those that the pusher saw
    REQUIRE(requests.size() == last - 1);
    for (std::size_t i = 0; i < requests.size(); ++i) { // work_1 was there before it began to look
        CHECK(has(requests[i], "work_" + std::to_string(i + 2)));
        CHECK_FALSE(has(requests[i], "work_" + std::to_string(i + 1)));
    }
}

TEST_CASE("push: a run that began since the last look is sent from its begin on") {
    recording_server server(accept_all);
    pusher pushing(options_for(server.url()),
                   staged_run(detail::read_clock(CLOCK_REALTIME) + 3'600'000'000'000));
    CHECK(has(server.wait_for(1)[0], "work_1"));
}

TEST_CASE("push: without a profile nothing is sent, and it goes on when there is one") {
    recording_server server(accept_all);
    std::atomic<bool> runs{false};
    staged_run run;
    pusher pushing(options_for(server.url()), [&, run]() mutable {
        if (!runs)
            throw profiler_error("scopetree: not yet");
        return run();
    });
    const push_figures before =
        wait_until(pushing, [](const push_figures& f) { return f.missed >= 3; });
    CHECK(before.last_error == "not yet");
    CHECK(before.taken == 0);
    runs = true;
    server.wait_for(2);
    pushing.stop();
    CHECK(add_up(pushing.figures()));
}

TEST_CASE("push: options that make no sense start nothing") {
    push_options chosen;
    CHECK_THROWS_AS(pusher(chosen), std::invalid_argument);
    CHECK_FALSE(is_profiling());
    chosen.application = "shop";
    chosen.url = "https://pyroscope";
    CHECK_THROWS_WITH(pusher(chosen), Contains("no TLS library"));
    CHECK_FALSE(is_profiling());
}

TEST_CASE("push: this process is pushed while it works") {
    recording_server server(accept_all);
    test::on_own_thread([&] {
        profiler running;
        running.start();
        push_options chosen = options_for(server.url());
        chosen.interval = 50ms;
        pusher pushing(chosen);
        std::size_t found = 0;
        for (std::size_t count = 1; found == 0; ++count) {
            PROFILE_SCOPE("pushed scope");
            server.wait_for(count);
            found = has(server.requests().back(), "pushed scope") ? count : 0;
        }
        running.stop();
        wait_until(pushing, [](const push_figures& f) { return f.missed > 0; });
        CHECK_THAT(pushing.figures().last_error, Contains("nothing is profiled"));
        running.start(); // another run
        const std::uint64_t taken = pushing.figures().taken;
        PROFILE_SCOPE("pushed scope");
        wait_until(pushing, [&](const push_figures& f) { return f.taken > taken; });
    });
}

TEST_CASE("push: samples have the route that they were served for") {
    recording_server server(accept_all);
    test::on_own_thread([&] {
        profiler running;
        running.start();
        push_options chosen = options_for(server.url());
        chosen.interval = 50ms;
        pusher pushing(chosen);
        bool found = false;
        for (std::size_t count = 1; !found; ++count) {
            const request served("GET", "/orders/{id}");
            server.wait_for(count);
            const std::string pprof = test::gunzip(server.requests().back().body());
            found = pprof.find("route") != std::string::npos &&
                    pprof.find("GET /orders/{id}") != std::string::npos;
        }
        running.stop();
    });
}

TEST_CASE("push: the child of a fork pushes nothing, and ends") {
    recording_server server(accept_all);
    auto pushing = std::make_unique<pusher>(options_for(server.url()), staged_run());
    server.wait_for(2);
    const pid_t child = test::fork_at_rest();
    if (child == 0) {
        pushing->stop();
        const bool silent = pushing->figures().taken == 0;
        pushing.reset();
        ::_exit(silent ? 0 : 1);
    }
    REQUIRE(child > 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    const std::size_t so_far = server.requests().size();
    server.wait_for(so_far + 2); // the parent goes on
}
