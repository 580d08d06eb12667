#include <scopetree/service/endpoint_options.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using Catch::Matchers::Contains;
using scopetree::endpoint_error;
using scopetree::endpoint_options;
using namespace scopetree::detail;
using namespace std::chrono_literals;

TEST_CASE("endpoint_options: loopback addresses") {
    for (const char* const address : {"127.0.0.1", "127.0.0.2", "127.255.255.255", "::1",
                                      "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1"})
        CHECK(is_loopback(address));
    for (const char* const address : {"0.0.0.0", "10.0.0.1", "128.0.0.1", "::", "::2", "localhost",
                                      "", "127.0.0.1.example", "::ffff:10.0.0.1", "127.1"})
        CHECK_FALSE(is_loopback(address));
}

TEST_CASE("endpoint_options: what is given by default makes sense") {
    CHECK_NOTHROW(check_server({}));
}

TEST_CASE("endpoint_options: another address demands a token") {
    for (const char* const address : {"0.0.0.0", "::", "192.168.1.2"}) {
        endpoint_options chosen;
        chosen.address = address;
        CHECK_THROWS_AS(check_server(chosen), endpoint_error);
        CHECK_THROWS_WITH(check_server(chosen), Contains(address) && Contains("token"));
        chosen.token = "0123456789abcdef";
        CHECK_NOTHROW(check_server(chosen));
    }
    endpoint_options chosen;
    chosen.address = "::1";
    CHECK_NOTHROW(check_server(chosen));
}

TEST_CASE("endpoint_options: what makes no sense is refused by name") {
    const auto refused = [](auto change, const char* named) {
        endpoint_options chosen;
        change(chosen);
        INFO(named);
        CHECK_THROWS_AS(check_server(chosen), std::invalid_argument);
        CHECK_THROWS_WITH(check_server(chosen), Contains(named));
    };
    refused([](auto& o) { o.token = "too short"; }, "16 characters");
    refused([](auto& o) { o.token = "with a blank 0123456789"; }, "blanks");
    refused([](auto& o) { o.token = "no \xc3\xa4scii 0123456789"; }, "ASCII");
    refused([](auto& o) { o.token = "line\nend-0123456789"; }, "token");
    refused([](auto& o) { o.path = "debug"; }, "path");
    refused([](auto& o) { o.path = "/debug/"; }, "path");
    refused([](auto& o) { o.path = "/de?bug"; }, "path");
    refused([](auto& o) { o.longest_profile = 0s; }, "longest_profile");
    refused([](auto& o) { o.longest_profile = 3601s; }, "longest_profile");
    refused([](auto& o) { o.most_profiles = 0; }, "most_profiles");
    refused([](auto& o) { o.address = "localhost"; }, "IP address");
    refused([](auto& o) { o.address = ""; }, "IP address");
    refused([](auto& o) { o.most_connections = 0; }, "most_connections");
    refused([](auto& o) { o.time_limit = 0ms; }, "time_limit");
}
