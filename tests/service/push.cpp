#include <scopetree/service/push.hpp>

#include <scopetree/scope.hpp>
#include <scopetree/service/request.hpp>
#include <support/gunzip.hpp>
#include <support/own_thread.hpp>
#include <support/recording_server.hpp>
#include <support/thread_sanitizer.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace scopetree;
using namespace std::chrono_literals;
using Catch::Contains;
using test::recording_server;

namespace {

constexpr unsigned accepts = 200;

unsigned accept_all(std::size_t, const recording_server::request&) {
    return accepts;
}

/// A run that goes on by itself: each look at it is 10 ms later, and a function more.
class staged_run {
public:
    explicit staged_run(std::int64_t began = 0) : began_(began) {}

    session operator()() {
        const std::lock_guard<std::mutex> lock(*mutex_);
        if (now_->threads.empty())
            begin();
        frame added;
        added.name = added.full_name = "work_" + std::to_string(now_->frames.size());
        call_node node;
        node.parent = 0;
        node.frame = static_cast<std::uint32_t>(now_->frames.size());
        node.wall_ns = 10'000'000;
        node.samples = 10;
        now_->frames.push_back(added);
        now_->duration_ns += node.wall_ns;
        now_->threads[0].wall_ns += node.wall_ns;
        now_->threads[0].nodes.push_back(node);
        return *now_;
    }

private:
    void begin() {
        now_->program = "./staged";
        now_->pid = 7;
        now_->recorded_unix_ns = began_;
        now_->interval_ns = 1'000'000;
        now_->frames.emplace_back().name = "main";
        now_->threads.resize(1);
        now_->threads[0].name = "main";
        now_->threads[0].tid = 7;
        now_->threads[0].nodes.resize(1);
        now_->threads[0].nodes[0].frame = 0;
    }

    std::int64_t began_;
    std::shared_ptr<std::mutex> mutex_ = std::make_shared<std::mutex>();
    std::shared_ptr<session> now_ = std::make_shared<session>();
};

push_options options_for(const std::string& url) {
    push_options chosen;
    chosen.url = url;
    chosen.application = "shop.front";
    chosen.interval = 10ms;
    chosen.shortest_pause = 1ms;
    chosen.longest_pause = 20ms;
    return chosen;
}

template <class Condition>
push_figures wait_until(const pusher& pushing, Condition&& condition) {
    const auto limit = std::chrono::steady_clock::now() + 60s;
    for (;;) {
        const push_figures figures = pushing.figures();
        if (condition(figures))
            return figures;
        if (std::chrono::steady_clock::now() > limit)
            throw std::runtime_error("waited for a minute; the last error: " + figures.last_error);
        std::this_thread::sleep_for(1ms);
    }
}

/// Each profile taken was sent, was dropped or waits.
bool add_up(const push_figures& f) {
    return f.taken == f.sent + f.dropped() + f.waiting;
}

bool has(const recording_server::request& sent, const std::string& text) {
    return test::gunzip(sent.body()).find(text) != std::string::npos;
}

/// A port that nobody listens on.
std::uint16_t closed_port() {
    return recording_server(accept_all).port();
}

std::string local(std::uint16_t port) {
    return "http://127.0.0.1:" + std::to_string(port);
}

} // namespace

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
    const pid_t child = ::fork();
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
