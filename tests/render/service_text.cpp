#include <scopetree/render/service_text.hpp>

#include "support/service_profiles.hpp"

#include <support/text_search.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

#include <stdlib.h>
#include <time.h>

using namespace scopetree;

using test::contains;
using test::times_in;

TEST_CASE("service text: a whole report", "[service_text]") {
    setenv("TZ", "UTC", 1);
    tzset();
    CHECK(to_text(test::shop_profile()) == R"(
scopetree 0.1.0

  Program:   ./server --port 80
  Recorded:  2025-06-01 14:03:22     Requests:  6,240
  Duration:  2.400 s                 Errors:    12 (0.2%)
  CPU time:  2.069 s                 Routes:    3
  Interval:  1 ms                    Samples:   4,428

  Method  Route         Requests  Errors      p50      p95      p99      max      CPU   Time
  GET     /orders/{id}     1,200      12  2.00 ms  4.00 ms  6.00 ms  8.00 ms   2.03 s  70.5%
  POST    /orders             40       0  25.0 ms  50.0 ms  75.0 ms   100 ms  20.0 ms  29.4%
  GET     /health          5,000       0  1.00 µs  2.00 µs  3.00 µs  4.00 µs  5.00 ms   0.1%

── GET /orders/{id} ── 1,200 requests · 12 errors · 2.00 ms each · 70.5% of the time
2.400 GET /orders/{id}
├─ 2.200 load_order  src/orders.cpp:10
│  ├─ 1.800 ▸ parse  src/orders.cpp:14  ×1,200  1.50 ms each
│  │  ├─ 1.200 [self]  src/orders.cpp
│  │  └─ 0.600 boost::json::parse  boost/json/impl/parse.ipp:20
│  └─ 0.400 [self]  src/orders.cpp
└─ 0.200 render  src/orders.cpp:40

── POST /orders ── 40 requests · 25.0 ms each · 29.4% of the time
1.000 POST /orders
├─ 0.700 [await]
└─ 0.300 store  src/orders.cpp:60

── GET /health ── 5,000 requests · 1.00 µs each · 0.1% of the time
0.005 health  src/health.cpp:3

── slow: GET /orders/{id}, request 17 ── 813 ms · 4.00 ms CPU · status 200 · 2025-06-01 14:03:25
0.813 load_order  src/orders.cpp:10

── slow: POST /orders, request 230 ── 210 ms · 10.0 ms CPU · status 503 · 2025-06-01 14:03:25
0.210 POST /orders, request 230
├─ 0.200 [await]
└─ 0.010 store  src/orders.cpp:60

)");
}

TEST_CASE("service text: the options of a session's report count here too", "[service_text]") {
    text_options chosen;
    chosen.unicode = toggle::off;
    chosen.clock = report_clock::cpu;
    chosen.short_mode = true;
    const std::string text = to_text(test::shop_profile(), chosen);
    CHECK(text.substr(0, 8) == "  Method");
    CHECK(contains(text, "0.020 store  src/orders.cpp:60\n"));
    CHECK(contains(text, "1.00 us"));
    CHECK_FALSE(contains(text, "[await]"));
    for (const char c : text)
        CHECK(static_cast<signed char>(c) > 0);
    chosen.clock = report_clock::wall;
    chosen.flat = true;
    CHECK(contains(to_text(test::shop_profile(), chosen), "0.700 [await]\n"));
    chosen.timeline = true;
    CHECK_THROWS_AS(to_text(test::shop_profile(), chosen), std::invalid_argument);
}

TEST_CASE("service text: one request alone", "[service_text]") {
    setenv("TZ", "UTC", 1);
    tzset();
    std::ostringstream stream;
    write_request_text(stream, test::shop_profile(), 1, {}, terminal());
    CHECK(stream.str() == R"(
── POST /orders, request 230 ── 210 ms · 10.0 ms CPU · status 503 · 2025-06-01 14:03:25
0.210 POST /orders, request 230
├─ 0.200 [await]
└─ 0.010 store  src/orders.cpp:60
)");
}

TEST_CASE("service text: nothing served is a report", "[service_text]") {
    const std::string text = to_text(service_profile());
    CHECK(contains(text, "Requests:  0\n"));
    CHECK(contains(text, "Errors:    0\n"));
    CHECK(contains(text, "No request has ended.\n"));
    CHECK_FALSE(contains(text, "Method"));
}

TEST_CASE("service text: no route's name drives a terminal", "[service_text]") {
    for (const toggle unicode : {toggle::on, toggle::off}) {
        text_options chosen;
        chosen.unicode = unicode;
        const std::string text = to_text(test::hostile_profile(), chosen);
        CHECK_FALSE(contains(text, "\x1b"));
        CHECK_FALSE(contains(text, "\xff"));
        CHECK_FALSE(contains(text, "\u202e"));
        const char* const name = unicode == toggle::on ? "/</script><b>\uFFFD\uFFFD\"{x}\uFFFD"
                                                       : "/</script><b>??\"{x}?";
        CHECK(times_in(text, name) >= 3); // in the table and above both trees
        CHECK(contains(text, "no status"));
    }
}

TEST_CASE("service text: a route that is always slow does not hide the others", "[service_text]") {
    test::service_builder built;
    for (int i = 0; i < 25; ++i)
        built.route("GET", "/" + std::to_string(i), 1, 0, "work|a.cpp:1|30\n");
    for (std::uint64_t id = 0; id < 40; ++id)
        built.request(id < 20 ? 3 : static_cast<std::uint32_t>(id - 20), id, 200,
                      "work|a.cpp:1|20\n");
    const std::string text = to_text(*built);
    CHECK(times_in(text, "── slow: ") == 10);
    CHECK(times_in(text, "── slow: GET /3,") == 3);
    CHECK(times_in(text, "\n── GET ") == 20);
    CHECK(contains(text, "The trees of 5 more routes are in"));
    CHECK(contains(text, "30 more slow requests: in"));
    CHECK(times_in(text, "\n  GET     /") == 25);
}

TEST_CASE("service text: on a terminal the table keeps within the width", "[service_text]") {
    test::service_builder built;
    built.route("GET", "/" + std::string(200, 'x') + "/end", 1, 0, "work|a.cpp:1|30\n");
    std::ostringstream stream;
    write_text(stream, *built, {}, {false, true, 100});
    std::istringstream lines(stream.str());
    for (std::string line; std::getline(lines, line);)
        if (line.compare(0, 5, "  GET") == 0)
            CHECK(detail::display_width(line) <= 100);
    CHECK(contains(to_text(*built), std::string(200, 'x') + "/end")); // in full where it is kept
}

TEST_CASE("service text: an inconsistent profile is refused", "[service_text]") {
    service_profile profile = test::shop_profile();
    profile.requests[0].route = 3;
    CHECK_THROWS_AS(to_text(profile), std::invalid_argument);
    profile = test::shop_profile();
    profile.trees.threads.pop_back();
    CHECK_THROWS_AS(to_text(profile), std::invalid_argument);
}
