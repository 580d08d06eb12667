#include <scopetree/service/push.hpp>

#include "staged_push.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

using namespace scopetree;
using namespace staged;
using Catch::Contains;

TEST_CASE("push: where nobody listens the service goes on, memory is bounded, drops are counted") {
    push_options chosen = options_for(local(closed_port()));
    chosen.queue_limit = 64 * 1024;
    staged_run run;
    pusher pushing(chosen, run);
    const push_figures figures = wait_until(
        pushing, [](const push_figures& f) { return f.dropped_full >= 5 && f.failures >= 5; });
    CHECK(add_up(figures));
    CHECK(figures.waiting_bytes <= 64 * 1024);
    CHECK(figures.waiting > 1);
    CHECK(figures.sent == 0);
    CHECK_THAT(figures.last_error, Contains("no connection"));
    pushing.stop();
    const push_figures end = pushing.figures();
    CHECK(end.waiting == 0);
    CHECK(end.dropped_at_end > 0);
    CHECK(add_up(end));
}

TEST_CASE("push: when the server comes back all that waited arrives, oldest first") {
    const std::uint16_t port = closed_port();
    staged_run run;
    pusher pushing(options_for(local(port)), run);
    wait_until(pushing, [](const push_figures& f) { return f.failures >= 3 && f.waiting >= 3; });
    {
        recording_server server(accept_all, port);
        const auto requests = server.wait_for(4);
        for (std::size_t i = 0; i < 4; ++i)
            CHECK(has(requests[i], "work_" + std::to_string(i + 2)));
    } // gone again
    const std::uint64_t failures = pushing.figures().failures;
    wait_until(pushing, [&](const push_figures& f) { return f.failures >= failures + 3; });
    recording_server again(accept_all, port);
    again.wait_for(3);
    pushing.stop();
    const push_figures figures = pushing.figures();
    CHECK(add_up(figures));
    CHECK(figures.dropped() == 0);
}

TEST_CASE("push: 429 and 5xx are tried again, with the same profile") {
    const unsigned status = GENERATE(429u, 500u, 503u);
    recording_server server([&](std::size_t number, const recording_server::request&) {
        return number < 3 ? status : accepts;
    });
    pusher pushing(options_for(server.url()), staged_run());
    const auto requests = server.wait_for(5);
    pushing.stop();
    for (std::size_t i = 1; i < 4; ++i)
        CHECK(requests[i].body() == requests[0].body());
    CHECK(requests[4].body() != requests[0].body());
    const push_figures figures = pushing.figures();
    CHECK(figures.failures == 3);
    CHECK(figures.dropped() == 0);
    CHECK(add_up(figures));
    CHECK(figures.last_error == "the server answers " + std::to_string(status) + ": because of " +
                                    std::to_string(status));
}

TEST_CASE("push: any other refusal is final for the profile, not for the next") {
    const unsigned status = GENERATE(400u, 401u, 404u, 413u, 422u, 301u);
    recording_server server([&](std::size_t number, const recording_server::request&) {
        return number == 0 ? status : accepts;
    });
    pusher pushing(options_for(server.url()), staged_run());
    const auto requests = server.wait_for(2);
    pushing.stop();
    CHECK(requests[1].body() != requests[0].body());
    const push_figures figures = pushing.figures();
    CHECK(figures.failures == 0);
    CHECK(figures.dropped_refused == 1);
    CHECK(add_up(figures));
    CHECK_THAT(figures.last_error, Contains(std::to_string(status)));
}

TEST_CASE("push: a server that flaps gets everything, once") {
    recording_server server([](std::size_t number, const recording_server::request&) {
        return number % 2 == 0 ? 503u : accepts;
    });
    staged_run run;
    pusher pushing(options_for(server.url()), run);
    server.wait_for(20);
    pushing.stop();
    const push_figures figures = pushing.figures();
    CHECK(figures.sent >= 10);
    CHECK(figures.failures >= 10);
    CHECK(figures.dropped() == figures.dropped_at_end); // at the end nothing is tried twice
    std::vector<std::string> taken;
    const auto requests = server.requests();
    for (std::size_t i = 1; i < requests.size(); i += 2)
        taken.push_back(requests[i].body());
    for (std::size_t i = 0; i < taken.size(); ++i)
        CHECK(test::gunzip(taken[i]).find("work_" + std::to_string(i + 2)) != std::string::npos);
    CHECK(add_up(figures));
}

TEST_CASE("push: a server that never answers costs its time limit and no more") {
    recording_server server([](std::size_t number, const recording_server::request&) {
        return number < 2 ? recording_server::silent : accepts;
    });
    push_options chosen = options_for(server.url());
    chosen.time_limit = 50ms;
    pusher pushing(chosen, staged_run());
    const auto requests = server.wait_for(3);
    CHECK(requests[2].body() == requests[0].body());
    const push_figures figures =
        wait_until(pushing, [](const push_figures& f) { return f.sent > 0; });
    CHECK(figures.failures == 2);
    CHECK(figures.last_error == "no answer within 50 ms");
    CHECK(figures.taken > 3); // looking went on meanwhile
}

TEST_CASE("push: it ends in time while a server does not answer") {
    recording_server server(
        [](std::size_t, const recording_server::request&) { return recording_server::silent; });
    push_options chosen = options_for(server.url());
    chosen.time_limit = 5min;
    chosen.stop_limit = GENERATE(0ms, 50ms);
    pusher pushing(chosen, staged_run());
    server.wait_for(1);
    const auto before = std::chrono::steady_clock::now();
    pushing.stop();
    CHECK(std::chrono::steady_clock::now() - before < 60s);
    const push_figures figures = pushing.figures();
    CHECK(figures.dropped_at_end > 0);
    CHECK(add_up(figures));
    pushing.stop(); // once more does nothing
    CHECK(pushing.figures().dropped_at_end == figures.dropped_at_end);
}

TEST_CASE("push: a host that does not exist is a failure like others") {
    push_options chosen = options_for("http://" + std::string(64, 'x')); // nobody need be asked
    pusher pushing(chosen, staged_run());
    const push_figures figures =
        wait_until(pushing, [](const push_figures& f) { return f.failures >= 2; });
    CHECK_THAT(figures.last_error, Contains("host's name is not known"));
}

TEST_CASE("push: an answer that is none is a failure like others") {
    boost::asio::io_context io;
    boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
    std::thread server([&] {
        for (int i = 0; i < 2; ++i) {
            auto client = acceptor.accept();
            const std::string nonsense = i == 0 ? "hello\r\n\r\n" : "";
            client.write_some(boost::asio::buffer(nonsense));
        }
    });
    push_options chosen = options_for(local(acceptor.local_endpoint().port()));
    chosen.stop_limit = 0ms;
    pusher pushing(chosen, staged_run());
    server.join();
    const push_figures figures =
        wait_until(pushing, [](const push_figures& f) { return f.failures >= 2; });
    CHECK(figures.sent == 0);
}
