#include <scopetree/service/httplib.hpp>

#if SCOPETREE_TEST_HTTPLIB

#include "support/captured_stderr.hpp"
#include "support/served_routes.hpp"

#include <catch2/catch.hpp>

#include <httplib.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace scopetree;

namespace {

/// A server on a port of the system's choice.
class running_server {
public:
    explicit running_server(profiler_middleware& profiler) : server(profiler) {}
    ~running_server() {
        server.stop();
        if (thread_.joinable())
            thread_.join();
    }

    void run() {
        port_ = server.bind_to_any_port("127.0.0.1");
        REQUIRE(port_ > 0);
        thread_ = std::thread([this] { server.listen_after_bind(); });
        while (!server.is_running())
            std::this_thread::yield();
    }

    httplib::Client client() const { return httplib::Client("127.0.0.1", port_); }

    profiled_server<httplib::Server> server;

private:
    int port_ = 0;
    std::thread thread_;
};

} // namespace

TEST_CASE("httplib: routes are patterns, and statuses are as sent", "[httplib]") {
    const test::captured_stderr printed;
    const test::own_run run;
    profiler_middleware profiler(test::quiet());
    running_server running(profiler);
    running.server
        .Get(R"(/orders/(\d+))",
             [](const httplib::Request& request, httplib::Response& response) {
                 response.set_content("order " + request.matches[1].str(), "text/plain");
             })
        .Post("/orders",
              [](const httplib::Request&, httplib::Response& response) { response.status = 503; });
    running.run();
    httplib::Client client = running.client();
    client.set_keep_alive(true);
    for (int i = 0; i < 20; ++i) {
        const auto answer = client.Get(("/orders/" + std::to_string(i)).c_str());
        REQUIRE(answer);
        CHECK(answer->body == "order " + std::to_string(i));
        CHECK(client.Post("/orders", "{}", "application/json")->status == 503);
    }
    CHECK(client.Head("/orders/1")->status == 200);
    CHECK(test::wait_for_requests(41));
    CHECK(test::served() == "GET /orders/(\\d+) 20 0\nHEAD /orders/(\\d+) 1 0\n"
                            "POST /orders 20 20\n");
}

TEST_CASE("httplib: exceptions are what the server makes of them", "[httplib]") {
    const test::captured_stderr printed;
    const test::own_run run;
    profiler_middleware profiler(test::quiet());
    running_server running(profiler);
    const auto throws = [](const httplib::Request&, httplib::Response&) {
        throw std::runtime_error("mine");
    };
    running.server.Get("/throws", throws);
    SECTION("a 500 by itself") {
        running.run();
        CHECK(running.client().Get("/throws")->status == 500);
        CHECK(test::wait_for_requests(1));
        CHECK(test::served() == "GET /throws 1 1\n");
    }
    SECTION("another status by its exception handler") {
        running.server.set_exception_handler([](const httplib::Request&,
                                                httplib::Response& response,
                                                std::exception_ptr) { response.status = 418; });
        running.run();
        CHECK(running.client().Get("/throws")->status == 418);
        CHECK(test::wait_for_requests(1));
        CHECK(test::served() == "GET /throws 1 0\n");
    }
}

TEST_CASE("httplib: what no handler answers counts too, under one name", "[httplib]") {
    const test::captured_stderr printed;
    const test::own_run run;
    profiler_middleware profiler(test::quiet());
    running_server running(profiler);
    std::atomic<int> logged{0};
    running.server.set_logger([&](const httplib::Request&, const httplib::Response&) { ++logged; });
    running.server.Get("/there", [](const httplib::Request&, httplib::Response& response) {
        response.set_content("x", "text/plain");
    });
    running.run();
    httplib::Client client = running.client();
    for (int i = 0; i < 5; ++i)
        CHECK(client.Get(("/not/there/" + std::to_string(i)).c_str())->status == 404);
    CHECK(client.Get("/there")->status == 200);
    CHECK(test::wait_for_requests(6));
    CHECK(test::served() == "GET (no handler) 5 0\nGET /there 1 0\n");
    CHECK(logged == 6); // the user's own logger is called as well
}

TEST_CASE("httplib: bodies that are read by the handler, and many clients at once", "[httplib]") {
    const test::captured_stderr printed;
    const test::own_run run;
    profiler_middleware profiler(test::quiet());
    running_server running(profiler);
    running.server.Post("/upload", [](const httplib::Request&, httplib::Response& response,
                                      const httplib::ContentReader& read) {
        std::size_t size = 0;
        read([&](const char*, std::size_t more) {
            size += more;
            return true;
        });
        response.set_content(std::to_string(size), "text/plain");
    });
    running.run();
    std::atomic<int> right{0};
    std::vector<std::thread> clients;
    for (int c = 0; c < 4; ++c)
        clients.emplace_back([&] {
            httplib::Client client = running.client();
            for (int i = 0; i < 25; ++i) {
                const auto answer = client.Post("/upload", std::string(1'000, 'x'), "text/plain");
                right += answer && answer->body == "1000" ? 1 : 0;
            }
        });
    for (std::thread& client : clients)
        client.join();
    CHECK(right == 100);
    CHECK(test::wait_for_requests(100));
    CHECK(test::served() == "POST /upload 100 0\n");
}

#endif
