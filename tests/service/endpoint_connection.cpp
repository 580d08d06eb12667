#include <scopetree/service/endpoint_connection.hpp>

#include "support/http_client.hpp"
#include "support/served_endpoint.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using scopetree::endpoint_options;
using test::http_client;
using test::served_endpoint;
using test::status_of;
using namespace std::chrono_literals;

TEST_CASE("endpoint_connection: one request after the other, and several at once") {
    served_endpoint service;
    http_client client = service.client();
    for (int i = 0; i < 3; ++i)
        CHECK(status_of(client.get("/routes").response()) == 200);
    client.get("/routes").get("/nothing").get("/threads");
    CHECK(status_of(client.response()) == 200);
    CHECK(status_of(client.response()) == 404);
    CHECK_THAT(client.response(), EndsWith("}]}\n"));
    client.get("/routes", "Connection: close\r\n");
    CHECK_THAT(client.response(), Contains("Connection: close"));
    CHECK(client.is_closed());
}

TEST_CASE("endpoint_connection: HEAD has no body") {
    served_endpoint service;
    http_client client = service.client();
    CHECK_THAT(client.get("/", "", "HEAD").response(false), EndsWith("\r\n\r\n"));
    CHECK(status_of(client.get("/routes").response()) == 200);
}

TEST_CASE("endpoint_connection: HTTP/1.0 ends with its answer") {
    served_endpoint service;
    http_client client = service.client();
    CHECK(status_of(client.send("GET /routes HTTP/1.0\r\n\r\n").rest()) == 200);
}

TEST_CASE("endpoint_connection: what is no request is told so, and ended") {
    served_endpoint service;
    const auto status = [&](const std::string& text) {
        http_client client = service.client();
        return status_of(client.send(text).rest());
    };
    const std::string line = "GET / HTTP/1.1\r\n";
    CHECK(status("nonsense\r\n\r\n") == 400);
    CHECK(status("GET  HTTP/1.1\r\n\r\n") == 400);
    CHECK(status(std::string("\x16\x03\x01\x00\xa5", 5) + "\r\n\r\n") == 400); // TLS begins so
    CHECK(status("GET / HTTP/2.0\r\nHost: 127.0.0.1\r\n\r\n") == 400);
    CHECK(status(line + "\r\n") == 400);
    CHECK(status(line + "Host: 127.0.0.1\r\nHost: evil.example\r\n\r\n") == 400);
    CHECK(status(line + "Host: evil.example\r\nConnection: close\r\n\r\n") == 403);
    CHECK(status(line + "Host: 127.0.0.1\r\nContent-Length: 3\r\n\r\nabc") == 413);
    CHECK(status(line + "Host: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 413);
    CHECK(status("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\nabc") == 405);
    CHECK(status(line + "Host: 127.0.0.1\r\nX: " + std::string(9'000, 'x') + "\r\n\r\n") == 431);
    CHECK(status("GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n") == 431);
    CHECK(status(line + std::string(1'000'000, 'x')) == 431);
}

TEST_CASE("endpoint_connection: who deals out the request drop by drop is cut off") {
    endpoint_options chosen;
    chosen.time_limit = 300ms;
    served_endpoint service(chosen);
    http_client idle = service.client();
    http_client slow = service.client();
    slow.send("GET / HTTP/1.1\r\n");
    std::atomic<bool> is_cut{false};
    std::thread drops([&] {
        // Every one of them within the limit, all of them not.
        for (int i = 0; i < 600 && !is_cut; ++i) {
            slow.send("X: y\r\n");
            std::this_thread::sleep_for(100ms);
        }
    });
    CHECK(slow.rest().empty());
    is_cut = true;
    drops.join();
    CHECK(idle.is_closed());
}

TEST_CASE("endpoint_connection: who does not take the answer is cut off") {
    endpoint_options chosen;
    chosen.time_limit = 300ms;
    chosen.most_connections = 1;
    served_endpoint service(chosen);
    http_client deaf(service.server.port(), 4'096);
    for (int i = 0; i < 400; ++i) // more than the buffers between them hold
        deaf.get("/");
    // Until then the only place is taken.
    int status = 503;
    for (int i = 0; i < 600 && status != 200; ++i) {
        std::this_thread::sleep_for(100ms);
        http_client next = service.client();
        status = status_of(next.get("/routes", "Connection: close\r\n").rest());
    }
    CHECK(status == 200);
}

TEST_CASE("endpoint_connection: a client that goes ends its profile") {
    endpoint_options chosen;
    chosen.most_profiles = 1;
    served_endpoint service(chosen);
    {
        http_client client = service.client();
        client.get("/profile?seconds=60");
        while (service.profiles == 0)
            std::this_thread::sleep_for(1ms);
        CHECK(status_of(service.client().get("/profile?seconds=60").response()) == 503);
    }
    http_client next = service.client();
    int status = 503;
    for (int i = 0; i < 6'000 && status == 503; ++i) {
        status = status_of(next.get("/profile?seconds=1&format=folded").response());
        std::this_thread::sleep_for(10ms);
    }
    CHECK(status == 200);
}

TEST_CASE("endpoint_connection: requests behind that of a profile come behind it") {
    served_endpoint service;
    http_client client = service.client();
    client.get("/profile?seconds=1&format=folded").get("/routes");
    CHECK_THAT(client.response(), EndsWith("main;main;work 10000000\n"));
    CHECK_THAT(client.response(), Contains("\"routes\""));
    CHECK(status_of(client.get("/threads").response()) == 200);
}
