#include <scopetree/service/beast.hpp>

#include "support/captured_stderr.hpp"
#include "support/served_routes.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace scopetree;
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using http_request = http::request<http::string_body>;
using http_response = http::response<http::string_body>;

namespace {

const route_templates routes{"/orders/{id}", "/fails", "/throws"};

http_response answer_to(const http_request& request) {
    http_response response(http::status::ok, request.version());
    if (request.target() == "/fails")
        response.result(http::status::service_unavailable);
    if (request.target() == "/throws")
        throw std::runtime_error("mine");
    response.body() = std::string(request.target());
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    return response;
}

/// A connection of the asynchronous server, in which the request lives from one step to the next.
class session : public std::enable_shared_from_this<session> {
public:
    session(tcp::socket socket, profiler_middleware& middleware, asio::io_context& elsewhere)
        : stream_(std::move(socket)), middleware_(middleware), elsewhere_(elsewhere) {}

    void read() {
        request_ = {};
        http::async_read(stream_, buffer_, request_,
                         [self = shared_from_this()](beast::error_code failed, std::size_t) {
                             if (!failed)
                                 self->handle();
                         });
    }

private:
    void handle() {
        profiled_ = begin_request(middleware_, request_, routes);
        // The work is done by another thread pool, and the answer written by this one.
        const resume_request here(profiled_.handle());
        asio::post(elsewhere_, bind_request([self = shared_from_this()] {
                       self->response_ = answer_to(self->request_);
                       asio::post(self->stream_.get_executor(), [self] { self->write(); });
                   }));
    }

    void write() {
        profiled_.status(static_cast<int>(response_.result_int()));
        http::async_write(stream_, response_,
                          [self = shared_from_this()](beast::error_code failed, std::size_t) {
                              self->profiled_.finish();
                              if (!failed && self->response_.keep_alive())
                                  self->read();
                          });
    }

    beast::tcp_stream stream_;
    profiler_middleware& middleware_;
    asio::io_context& elsewhere_;
    beast::flat_buffer buffer_;
    http_request request_;
    http_response response_;
    profiled_request profiled_;
};

class async_server {
public:
    explicit async_server(profiler_middleware& middleware) : middleware_(middleware) {
        accept();
        for (int i = 0; i < 2; ++i) {
            threads_.emplace_back([this] { network_.run(); });
            threads_.emplace_back([this] { workers_.run(); });
        }
    }
    ~async_server() {
        network_.stop();
        workers_.stop();
        for (std::thread& thread : threads_)
            thread.join();
    }

    tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

private:
    void accept() {
        acceptor_.async_accept(
            asio::make_strand(network_), [this](beast::error_code failed, tcp::socket socket) {
                if (failed)
                    return;
                std::make_shared<session>(std::move(socket), middleware_, workers_)->read();
                accept();
            });
    }

    profiler_middleware& middleware_;
    asio::io_context network_, workers_;
    asio::executor_work_guard<asio::io_context::executor_type> busy_{workers_.get_executor()};
    tcp::acceptor acceptor_{network_, {asio::ip::address_v4::loopback(), 0}};
    std::vector<std::thread> threads_;
};

} // namespace

TEST_CASE("beast: a handler is profiled", "[beast]") {
    const test::captured_stderr printed;
    const test::own_run run;
    profiler_middleware middleware(test::quiet());
    auto handle = profiled_handler(middleware, routes, answer_to);
    const auto send = [&](const std::string& target) {
        return handle(http_request(http::verb::get, target, 11));
    };
    for (int i = 0; i < 20; ++i)
        CHECK(send("/orders/" + std::to_string(i)).body() == "/orders/" + std::to_string(i));
    CHECK(send("/fails").result_int() == 503);
    CHECK_THROWS_WITH(send("/throws"), "mine");
    CHECK(send("/other").result_int() == 200);
    CHECK(test::served() == "GET (unknown path) 1 0\nGET /fails 1 1\nGET /orders/{id} 20 0\n"
                            "GET /throws 1 1\n");
}

TEST_CASE("beast: a synchronous server", "[beast]") {
    const test::captured_stderr printed;
    const test::own_run run;
    profiler_middleware middleware(test::quiet());
    asio::io_context context;
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    std::thread server([&] {
        auto handle = profiled_handler(middleware, routes, answer_to);
        tcp::socket socket = acceptor.accept();
        beast::flat_buffer buffer;
        for (beast::error_code failed; !failed;) {
            http_request request;
            http::read(socket, buffer, request, failed);
            if (!failed)
                http::write(socket, handle(request), failed);
        }
    });
    {
        tcp::socket client(context);
        client.connect(acceptor.local_endpoint());
        beast::flat_buffer buffer;
        for (int i = 0; i < 10; ++i) {
            http::write(client, http_request(http::verb::get, "/orders/7", 11));
            http_response response;
            http::read(client, buffer, response);
            CHECK(response.body() == "/orders/7");
        }
    }
    server.join();
    CHECK(test::served() == "GET /orders/{id} 10 0\n");
}

TEST_CASE("beast: an asynchronous server whose requests change threads", "[beast]") {
    const test::captured_stderr printed;
    const test::own_run run;
    profiler_middleware middleware(test::quiet());
    const async_server server(middleware);
    std::vector<std::thread> clients;
    for (int c = 0; c < 4; ++c)
        clients.emplace_back([&] {
            asio::io_context context;
            tcp::socket socket(context);
            socket.connect(server.endpoint());
            beast::flat_buffer buffer;
            for (int i = 0; i < 25; ++i) {
                http::write(socket,
                            http_request(http::verb::get, i % 5 == 0 ? "/fails" : "/orders/7", 11));
                http_response response;
                http::read(socket, buffer, response);
            }
        });
    for (std::thread& client : clients)
        client.join();
    CHECK(test::wait_for_requests(100));
    CHECK(test::served() == "GET /fails 20 20\nGET /orders/{id} 80 0\n");
}
