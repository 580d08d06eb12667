#include <scopetree/service/serve.hpp>

#include <scopetree/scope.hpp>
#include <scopetree/service/request.hpp>

#include "support/http_client.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <string>
#include <thread>

using Catch::Matchers::Contains;
using test::http_client;
using test::status_of;

namespace {

void spin(const std::atomic<bool>& ends) {
    while (!ends) {
        scopetree::request request("GET", "/spins/{id}");
        PROFILE_SCOPE("spinning");
        for (volatile int i = 0; i < 10'000; i = i + 1) {
        }
    }
}

std::string ask(const scopetree::endpoint_server& server, const std::string& target) {
    return http_client(server.port()).get(target, "Connection: close\r\n").rest();
}

} // namespace

TEST_CASE("serve: a process shows where it is") {
    scopetree::endpoint_options chosen;
    chosen.port = 0;
    scopetree::profiler profiler; // so that none starts by itself in the tests' process
    const scopetree::endpoint_server server = scopetree::serve(chosen);
    CHECK_THAT(ask(server, "/profile"), Contains("503") && Contains("nothing is profiled"));
    profiler.start();
    std::atomic<bool> ends{false};
    std::thread worker(spin, std::cref(ends));
    CHECK_THAT(ask(server, "/profile?seconds=1&format=folded"), Contains(";spinning"));
    CHECK_THAT(ask(server, "/threads"), Contains("\"threads\":[{\"name\""));
    CHECK_THAT(ask(server, "/routes"), Contains("\"route\":\"/spins/{id}\""));
    CHECK_THAT(ask(server, "/slowest"), Contains("\"latency_ns\":"));
    CHECK_THAT(ask(server, "/routes?route=/spins/%7Bid%7D&format=folded"), Contains("spinning"));
    CHECK_THAT(ask(server, "/debug/pprof/profile?seconds=1"), Contains("\x1f\x8b"));
    profiler.stop();
    CHECK(status_of(ask(server, "/profile?seconds=1")) == 503);
    ends = true;
    worker.join();
}
