// Serves the live endpoint for live.test.js: writes its address to stdout and ends with its input.

#include <scopetree/service/serve.hpp>

#include <scopetree/scope.hpp>

#include "support/service_profiles.hpp"

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using namespace scopetree;

/// A service with more to see than shop_profile(); every look at it finds it further on.
service_profile busy_profile(std::uint64_t looks) {
    test::service_builder built;
    built
        .route("GET", "/orders/{id}", 1'200 + 30 * looks, 12, R"(
load_order|src/orders.cpp:10|400/30
  >parse|src/orders.cpp:14|1200|0
    ~boost::json::parse|boost/json/impl/parse.ipp:20|600
render|src/orders.cpp:40|200
)")
        .route("POST", "/orders", 40, 0, "store|src/orders.cpp:60|300/20\n@[await]||700/0\n")
        .route("GET", "/search/{words}", 310 + looks, 3, "search|src/search.cpp:8|600\n")
        .route("PUT", "/customers/{customer}/addresses/{address}", 77, 0,
               "update|src/customers.cpp:91|90\n")
        .route("GET", "/health", 5'000 + 7 * looks, 0, "health|src/health.cpp:3|5\n")
        .request(0, 1'017, 200, "load_order|src/orders.cpp:10|813/4\n")
        .request(2, 4'230, 200, "search|src/search.cpp:8|300\n")
        .request(1, 230, 503, "store|src/orders.cpp:60|10/10\n@[await]||200/0\n")
        .request(0, 5'100 + looks, 200, "load_order|src/orders.cpp:10|44/4\n");
    service_profile profile = *built;
    profile.trees.duration_ns = static_cast<std::int64_t>(looks) * 3'000'000'000;
    scopetree::scope_figures figures;
    figures.calls = 1'200;
    profile.trees.threads[0].scopes = {figures};
    return profile;
}

/// As many routes as a service can have, and more requests than anybody reads.
service_profile crowded_profile() {
    test::service_builder built;
    for (std::uint32_t i = 0; i < 1'000; ++i)
        built.route("GET", "/route/" + std::to_string(i), 10, 0, "work|a.cpp:1|10\n");
    for (std::uint32_t i = 0; i < 2'000; ++i)
        built.request(i % 1'000, i + 1, 200, "work|a.cpp:1|5\n");
    return *built;
}

session threads_of_it(std::uint64_t looks) {
    test::session_builder built;
    const std::string more = std::to_string(900 + 40 * looks);
    built.thread("main", "main|src/main.cpp:4|0\n  accept|src/net.cpp:20|2000/5\n")
        .thread("worker", "run|src/pool.cpp:9|30\n  parse|src/orders.cpp:14|" + more + "\n")
        .thread("worker", "run|src/pool.cpp:9|10\n  wait|src/pool.cpp:30|1700/0\n");
    session result = *built;
    result.program = "./shop --port 8080";
    result.pid = 4711;
    for (std::size_t i = 0; i < result.threads.size(); ++i)
        result.threads[i].tid = 4711 + static_cast<std::int64_t>(i);
    result.duration_ns = 2'000'000'000 + static_cast<std::int64_t>(looks) * 3'000'000'000;
    return result;
}

endpoint_source invented(const std::string& what) {
    const auto looks = std::make_shared<std::atomic<std::uint64_t>>(0);
    endpoint_source source;
    source.profile = [=] {
        if (what == "broken")
            throw std::runtime_error("Nothing is profiled in <this> process.");
        session result = what == "empty" ? session() : threads_of_it(*looks);
        if (what == "hostile")
            result.program = result.threads[0].name = "</script><img src=x onerror=alert(1)>\xff";
        return result;
    };
    source.between = [](const session&, const session& later) { return later; };
    source.requests = [=] {
        ++*looks;
        return what == "empty"     ? service_profile()
               : what == "hostile" ? test::hostile_profile()
               : what == "crowded" ? crowded_profile()
                                   : busy_profile(*looks);
    };
    return source;
}

void work(const std::atomic<bool>& ends) {
    PROFILE_THREAD("worker");
    volatile double sum = 0;
    while (!ends) {
        PROFILE_SCOPE("roots");
        for (int i = 0; i < 100'000; ++i)
            sum = sum + std::sqrt(i);
    }
}

/// Waits until its starter has enough of it.
void serve_until_end_of_input(const endpoint_server& server) {
    std::printf("%s\n", server.url().c_str());
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
}

} // namespace

int main(int count, char** arguments) {
    const std::string what = count == 2 ? arguments[1] : "";
    endpoint_options options;
    options.port = 0;
    if (what == "live") {
        const endpoint_server server = serve(options);
        std::atomic<bool> ends{false};
        std::thread worker(work, std::cref(ends));
        serve_until_end_of_input(server);
        ends = true;
        worker.join();
    } else if (what == "busy" || what == "hostile" || what == "empty" || what == "broken" ||
               what == "crowded") {
        serve_until_end_of_input(endpoint_server(options, invented(what)));
    } else {
        std::fprintf(stderr, "usage: live busy|crowded|hostile|empty|broken|live\n");
        return 2;
    }
}
