// A small web service that is profiled: service [PORT [LIVE_PORT [PUSH_URL]]]   (8080, 6060; 0:
// any that is free). Its live profile is at http://127.0.0.1:6060/, and when it ends (Ctrl-C) it
// prints what its requests took. With PUSH_URL it pushes its profile to a Grafana Pyroscope server.
// `plain` as LIVE_PORT: it is not profiled, to compare with.
#include "work.hpp"

#include <scopetree/scopetree.hpp>
#include <scopetree/service/async.hpp>
#include <scopetree/service/beast.hpp>
#include <scopetree/service/push.hpp>
#include <scopetree/service/serve.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable;
using tcp = asio::ip::tcp;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

namespace {

const scopetree::route_templates routes{"/test", "/orders/{id}", "/best-sellers", "/wait", "/fail"};

/// Asks "another service", which takes its time.
asio::awaitable<std::string> stock_of(std::string article) {
    PROFILE_FUNCTION(); // open while the coroutine is suspended
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(20));
    co_await timer.async_wait(use_awaitable);
    co_return R"({"article":")" + article + R"(","stock":)" + std::to_string(article.size()) + "}";
}

asio::awaitable<std::string> body_of(std::string_view route, std::string_view target) {
    if (route == "/test")
        co_return R"({"retMsg":"Hello World!"})";
    if (route == "/orders/{id}") {
        unsigned id = 0;
        const std::string_view digits = target.substr(target.rfind('/') + 1);
        std::from_chars(digits.data(), digits.data() + digits.size(), id);
        co_return shop::order(id);
    }
    if (route == "/best-sellers")
        co_return shop::best_sellers();
    if (route == "/wait")
        co_return co_await stock_of("tea");
    if (route == "/fail")
        shop::fail();
    co_return std::string();
}

asio::awaitable<response> answer_to(const request& asked) {
    response answer(http::status::ok, asked.version());
    answer.set(http::field::content_type, "application/json");
    answer.keep_alive(asked.keep_alive());
    const std::string_view target(asked.target().data(), asked.target().size());
    try {
        answer.body() = co_await body_of(routes.of(target), target);
        if (answer.body().empty())
            answer.result(http::status::not_found);
    } catch (const std::exception& error) {
        answer.result(http::status::internal_server_error);
        answer.body() = std::string(R"({"error":")") + error.what() + "\"}";
    }
    answer.prepare_payload();
    co_return answer;
}

asio::awaitable<void> serve_client(tcp::socket socket, scopetree::profiler_middleware* middleware) {
    boost::beast::flat_buffer buffer;
    for (bool more = true; more;) {
        request asked;
        co_await http::async_read(socket, buffer, asked, use_awaitable);

        std::optional<scopetree::profiled_request> profiled;
        response answer;
        if (middleware != nullptr) {
            profiled = scopetree::begin_request(*middleware, asked, routes);
            answer = co_await scopetree::in_request(profiled->handle(), answer_to(asked));
            profiled->status(static_cast<int>(answer.result_int()));
        } else {
            answer = co_await answer_to(asked);
        }
        co_await http::async_write(socket, answer, use_awaitable);
        more = answer.keep_alive();
    }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, scopetree::profiler_middleware* middleware) {
    for (;;) {
        tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
        asio::co_spawn(acceptor.get_executor(), serve_client(std::move(socket), middleware),
                       [](const std::exception_ptr&) {}); // clients come and go
    }
}

tcp::acceptor listen_on(asio::io_context& context, std::uint16_t port) {
    try {
        return {context, {asio::ip::address_v4::loopback(), port}};
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error("cannot listen on 127.0.0.1 port " + std::to_string(port) + ": " +
                                 error.code().message() + "; choose another one");
    }
}

constexpr const char* usage =
    "usage: service [PORT [LIVE_PORT [PUSH_URL]]]; a port of 0 is any that is free\n";

bool read_port(const char* word, std::uint16_t& port) {
    const std::string_view text(word);
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), port);
    return wrong == std::errc() && end == text.data() + text.size();
}

} // namespace

int main(int count, char** arguments) {
    std::uint16_t port = 8080;
    scopetree::endpoint_options looked_at;
    const bool plain = count > 2 && std::string_view(arguments[2]) == "plain";
    if ((count > 1 && !read_port(arguments[1], port)) ||
        (count > 2 && !plain && !read_port(arguments[2], looked_at.port))) {
        std::cerr << usage;
        return 2;
    }
    try {
        std::optional<scopetree::profiler_middleware> middleware; // outlives all requests
        std::optional<scopetree::endpoint_server> live;
        // Both ports first: a service that cannot listen has nothing to report.
        asio::io_context context;
        tcp::acceptor acceptor = listen_on(context, port);
        if (!plain) {
            live.emplace(scopetree::serve(looked_at));
            scopetree::middleware_options options;
            options.slow_threshold = std::chrono::milliseconds(500);
            options.always_profile_errors = false;
            middleware.emplace(options);
        }
        std::optional<scopetree::pusher> pusher;
        if (count > 3 && !plain) {
            scopetree::push_options options;
            options.url = arguments[3];
            options.application = "shop";
            pusher.emplace(options);
        }

        asio::co_spawn(context, accept(acceptor, middleware ? &*middleware : nullptr),
                       asio::detached);
        asio::signal_set signals(context, SIGINT, SIGTERM);
        signals.async_wait([&](auto, auto) { context.stop(); });
        std::cerr << "Serving http://127.0.0.1:" << acceptor.local_endpoint().port() << "/test"
                  << (live ? ", live profile at " + live->url() : std::string()) << "\n";
        std::vector<std::jthread> threads;
        for (int i = 0; i < 2; ++i)
            threads.emplace_back([&] { context.run(); });
        threads.clear(); // waits for them
        if (pusher) {
            pusher->stop();
            const scopetree::push_figures pushed = pusher->figures();
            std::cerr << pushed.sent << " profiles pushed, " << pushed.dropped() << " dropped, "
                      << pushed.failures << " failures\n";
        }
    } catch (const std::exception& error) {
        std::cerr << "service: " << error.what() << "\n" << usage;
        return 1;
    }
}
