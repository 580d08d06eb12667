// A server whose handlers run on the threads that it reads with, on a free port, which it says:
//     sync_service beast|httplib [plain]     plain: without the middleware
#include <scopetree/scopetree.hpp>
#include <scopetree/service/beast.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#ifdef SCOPETREE_BENCHMARK_HTTPLIB
#include <scopetree/service/httplib.hpp>

#include <httplib.h>
#endif

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <pthread.h>
#include <signal.h>

namespace {

constexpr const char* body = R"({"retMsg":"Hello World!"})";

void say(int port) {
    std::fprintf(stderr, "Serving http://127.0.0.1:%d/test\n", port);
}

/// Everything ends where a signal is waited for.
[[noreturn]] void serve_until_killed() {
    sigset_t ends;
    ::sigemptyset(&ends);
    ::sigaddset(&ends, SIGTERM);
    int signal = 0;
    ::sigwait(&ends, &signal);
    std::_Exit(0);
}

namespace http = boost::beast::http;
using tcp = boost::asio::ip::tcp;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

response answer(const request& asked) {
    response made(http::status::ok, asked.version());
    made.set(http::field::content_type, "application/json");
    made.keep_alive(asked.keep_alive());
    made.body() = body;
    made.prepare_payload();
    return made;
}

template <class Handler>
void serve_client(tcp::socket socket, Handler handle) {
    boost::beast::flat_buffer buffer;
    boost::system::error_code failed;
    while (!failed) {
        request asked;
        http::read(socket, buffer, asked, failed);
        if (!failed)
            http::write(socket, handle(asked), failed);
    }
}

/// A thread for each client.
template <class Handler>
void serve_beast(Handler handle) {
    boost::asio::io_context context;
    tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    say(acceptor.local_endpoint().port());
    for (;;)
        std::thread([socket = acceptor.accept(), handle]() mutable {
            serve_client(std::move(socket), std::move(handle));
        }).detach();
}

void serve_beast(scopetree::profiler_middleware* middleware) {
    if (middleware == nullptr)
        serve_beast(&answer);
    else
        serve_beast(
            scopetree::profiled_handler(*middleware, scopetree::route_templates{"/test"}, &answer));
}

#ifdef SCOPETREE_BENCHMARK_HTTPLIB
void serve_httplib(scopetree::profiler_middleware* middleware) {
    std::optional<httplib::Server> plain;
    std::optional<scopetree::profiled_server<httplib::Server>> profiled;
    httplib::Server& server =
        middleware != nullptr ? profiled.emplace(*middleware) : plain.emplace();
    server.Get("/test", [](const httplib::Request&, httplib::Response& answered) {
        answered.set_content(body, "application/json");
    });
    server.set_keep_alive_max_count(1'000'000'000);
    server.set_tcp_nodelay(true);
    server.new_task_queue = [] { return new httplib::ThreadPool(16); }; // one for each client
    say(server.bind_to_any_port("127.0.0.1"));
    server.listen_after_bind();
}
#endif

} // namespace

int main(int count, char** arguments) try {
    sigset_t ends;
    ::sigemptyset(&ends);
    ::sigaddset(&ends, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    std::optional<scopetree::profiler_middleware> middleware;
    if (count < 3 || std::string_view(arguments[2]) != "plain") {
        scopetree::middleware_options options;
        options.print_each_request = false;
        middleware.emplace(options);
    }
    scopetree::profiler_middleware* const used = middleware ? &*middleware : nullptr;
    const std::string_view kind = count > 1 ? arguments[1] : "";
    std::thread server;
    if (kind == "beast")
        server = std::thread([used] { serve_beast(used); });
#ifdef SCOPETREE_BENCHMARK_HTTPLIB
    else if (kind == "httplib")
        server = std::thread([used] { serve_httplib(used); });
#endif
    else {
        std::fputs("usage: sync_service beast|httplib [plain]   (httplib: if built with it)\n",
                   stderr);
        std::_Exit(2);
    }
    serve_until_killed();
} catch (const std::exception& error) {
    std::fprintf(stderr, "sync_service: %s\n", error.what());
    return 1;
}
