// A real server of Boost.Beast whose handlers are coroutines, and real clients.

#include <scopetree/service/async.hpp>

#include <scopetree/scope.hpp>
#include <scopetree/service/beast.hpp>
#include <support/captured_stderr.hpp>
#include <support/http_client.hpp>
#include <support/served_routes.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace scopetree;
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::awaitable;
using asio::use_awaitable;
using tcp = asio::ip::tcp;
using http_request = http::request<http::string_body>;
using http_response = http::response<http::string_body>;

namespace {

constexpr int pause_ms = 10;
const route_templates routes{"/computes", "/waits", "/fails"};

awaitable<std::string> body_for(std::string_view target) {
    PROFILE_SCOPE("body");
    if (target == "/fails")
        throw std::runtime_error("mine");
    if (target == "/waits") {
        PROFILE_SCOPE("waits"); // while others are served by this thread
        asio::steady_timer timer(co_await asio::this_coro::executor);
        timer.expires_after(std::chrono::milliseconds(pause_ms));
        co_await timer.async_wait(use_awaitable);
    }
    if (target == "/computes") {
        PROFILE_SCOPE("computes");
        const std::int64_t end = detail::monotonic_ns() + 1'000'000;
        while (detail::monotonic_ns() < end) {
        }
    }
    co_return std::string(target);
}

awaitable<http_response> answer_to(const http_request& asked) {
    http_response answer(http::status::ok, asked.version());
    try {
        answer.body() = co_await body_for({asked.target().data(), asked.target().size()});
    } catch (const std::runtime_error& error) {
        answer.result(http::status::internal_server_error);
        answer.body() = error.what();
    }
    answer.prepare_payload();
    co_return answer;
}

/// Two threads; each connection is a coroutine.
class server {
public:
    explicit server(profiler_middleware& middleware) : middleware_(middleware) {
        asio::co_spawn(network_, accept(), [](const std::exception_ptr&) {});
        for (int i = 0; i < 2; ++i)
            threads_.emplace_back([this] { network_.run(); });
    }
    ~server() {
        network_.stop();
        for (std::thread& thread : threads_)
            thread.join();
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    awaitable<void> accept() {
        for (;;) {
            tcp::socket socket = co_await acceptor_.async_accept(use_awaitable);
            asio::co_spawn(network_, talk(std::move(socket)), [](const std::exception_ptr&) {});
        }
    }
    awaitable<void> talk(tcp::socket socket) {
        boost::beast::flat_buffer buffer;
        for (;;) {
            http_request asked;
            co_await http::async_read(socket, buffer, asked, use_awaitable);
            profiled_request profiled = begin_request(middleware_, asked, routes);
            http_response answer = co_await in_request(profiled.handle(), answer_to(asked));
            profiled.status(static_cast<int>(answer.result_int()));
            co_await http::async_write(socket, answer, use_awaitable);
        }
    }

    profiler_middleware& middleware_;
    asio::io_context network_;
    tcp::acceptor acceptor_{network_, {asio::ip::address_v4::loopback(), 0}};
    std::vector<std::thread> threads_;
};

/// Wall time of the nodes with that name, and how often a scope of that name was entered.
struct met {
    std::int64_t wall_ns = 0;
    std::uint64_t calls = 0;
};
met find(const service_profile& in, std::size_t tree, const std::string& name) {
    met sum;
    std::set<std::uint32_t> entered;
    const thread_tree& of = in.trees.threads[tree];
    for (const call_node& node : of.nodes) {
        if (in.trees.frames[node.frame].name != name)
            continue;
        sum.wall_ns += node.wall_ns;
        // Sampled in several functions, a scope has as many nodes, all with its figures.
        if (node.scope != no_index && entered.insert(node.scope).second)
            sum.calls += of.scopes[node.scope].calls;
    }
    return sum;
}

} // namespace

TEST_CASE("async beast: coroutines that answer at once are profiled each by itself") {
    constexpr int clients = 8, rounds = 5;
    const test::captured_stderr printed;
    const test::own_run run;
    profiler_middleware middleware(test::quiet());
    {
        const server serving(middleware);
        std::atomic<int> wrong{0};
        std::vector<std::thread> asking;
        for (int i = 0; i < clients; ++i)
            asking.emplace_back([&] {
                test::http_client client(serving.port());
                for (int round = 0; round < rounds; ++round)
                    for (const auto& [target, status] :
                         {std::pair("/computes", 200), {"/waits", 200}, {"/fails", 500}})
                        if (test::status_of(client.get(target).response()) != status)
                            ++wrong;
            });
        for (std::thread& each : asking)
            each.join();
        CHECK(wrong == 0);
        CHECK(test::wait_for_requests(3 * clients * rounds));
    }
    CHECK(test::served() == "GET /computes 40 0\nGET /fails 40 40\nGET /waits 40 0\n");

    const service_profile made = live_requests();
    for (std::size_t i = 0; i < made.routes.size(); ++i) {
        const route_figures& route = made.routes[i];
        INFO(route.route);
        std::int64_t sum = 0;
        for (const call_node& node : made.trees.threads[i].nodes)
            sum += node.wall_ns;
        CHECK(sum == route.latency_ns);
        CHECK(find(made, i, "body").calls == route.requests);
        for (const char* const own : {"computes", "waits"}) // nobody has what is another's
            CHECK(find(made, i, own).calls == (route.route == "/" + std::string(own) ? 40 : 0));
        if (route.route == "/waits")
            CHECK(find(made, i, "[await]").wall_ns >= 40 * pause_ms * 1'000'000LL);
    }
}
