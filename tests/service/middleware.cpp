#include <scopetree/service/middleware.hpp>

#include "support/captured_stderr.hpp"
#include "support/scratch_folder.hpp"
#include "support/served_routes.hpp"

#include <boost/json/parse.hpp>

#include <support/text_search.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace scopetree;

using test::contains;
using test::times_in;

namespace {

bool eventually(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!condition() && std::chrono::steady_clock::now() < limit)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return condition();
}

/// A middleware that writes JSON into a folder.
middleware_options json_in(const test::scratch_folder& folder) {
    middleware_options chosen;
    chosen.output_type = {"json"};
    chosen.file_name = folder / "{route}-{id}";
    chosen.max_profiles_per_route = 1'000;
    return chosen;
}

/// The route of that name, in what json() returns.
boost::json::object route_of(const profiler_middleware& middleware, const std::string& route) {
    const boost::json::value report = boost::json::parse(middleware.json());
    for (const boost::json::value& each : report.at("routes").as_array())
        if (each.at("route").as_string() == route)
            return each.as_object();
    return {};
}

std::int64_t requests_of(const profiler_middleware& middleware, const std::string& route) {
    boost::json::object found = route_of(middleware, route);
    return found.contains("requests") ? found["requests"].as_int64() : 0;
}

void serve_one(profiler_middleware& middleware, const char* route, int status = 200) {
    middleware.serve("GET", route, [&](profiled_request& profiled) { profiled.status(status); });
}

void take_at_least(std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until) {
    }
}

} // namespace

TEST_CASE("middleware: routes count exactly, errors by the status as it was sent", "[middleware]") {
    const test::own_run run;
    middleware_options chosen;
    chosen.print_each_request = false;
    const test::captured_stderr printed;
    profiler_middleware middleware(chosen);
    for (int i = 0; i < 100; ++i)
        serve_one(middleware, "/counted", i % 4 == 0 ? 404 : i % 10 == 1 ? 503 : 200);
    CHECK(middleware.serve("GET", "/counted", [](profiled_request&) { return 42; }) == 42);
    boost::json::object route = route_of(middleware, "/counted");
    CHECK(route["requests"].as_int64() == 101);
    CHECK(route["errors"].as_int64() == 10);
}

TEST_CASE("middleware: an exception is a 500 and passes", "[middleware]") {
    const test::own_run run;
    const test::scratch_folder folder;
    middleware_options chosen = json_in(folder);
    chosen.slow_threshold = std::chrono::hours(1);
    profiler_middleware middleware(chosen);
    CHECK_THROWS_WITH(middleware.serve("GET", "/throws",
                                       [](profiled_request&) { throw std::runtime_error("mine"); }),
                      "mine");
    serve_one(middleware, "/throws", 404);
    CHECK(route_of(middleware, "/throws")["errors"].as_int64() == 1);
    CHECK(eventually([&] { return middleware.figures().written == 1; }));
    middleware.shutdown();
    const auto names = folder.names();
    REQUIRE(names.size() == 2); // the request, and the whole run
    const auto report = boost::json::parse(test::contents_of(folder / names[1]));
    CHECK(report.at("requests").at(0).at("status").as_int64() == 500);
    CHECK(report.at("requests").at(0).at("route").as_string() == "/throws");
}

TEST_CASE("middleware: requests at once are profiled each by itself", "[middleware]") {
    const test::own_run run;
    const test::scratch_folder folder;
    {
        profiler_middleware middleware(json_in(folder));
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&, i] {
                const std::string route = "/at_once/" + std::to_string(i);
                middleware.serve("GET", route, [&](profiled_request& profiled) {
                    take_at_least(std::chrono::milliseconds(30));
                    profiled.status(200);
                });
            });
        for (std::thread& thread : threads)
            thread.join();
        for (int i = 0; i < 4; ++i)
            CHECK(requests_of(middleware, "/at_once/" + std::to_string(i)) == 1);
    }
    CHECK(folder.names().size() == 5);
    std::vector<std::int64_t> ids;
    for (const std::string& name : folder.names()) {
        if (name.find("at_once") == std::string::npos)
            continue;
        const auto report = boost::json::parse(test::contents_of(folder / name));
        const boost::json::value& request = report.at("requests").at(0);
        CHECK(report.at("requests").as_array().size() == 1);
        // Its own time alone, whatever the others took.
        CHECK(request.at("tree").at("time_ns").as_int64() == request.at("latency_ns").as_int64());
        ids.push_back(request.at("id").as_int64());
    }
    std::sort(ids.begin(), ids.end());
    CHECK(std::unique(ids.begin(), ids.end()) == ids.end());
    CHECK(ids.size() == 4);
}

TEST_CASE("middleware: what is put out is sampled and slow, or an error", "[middleware]") {
    const test::own_run run;
    const test::scratch_folder folder;
    middleware_options chosen = json_in(folder);
    SECTION("only slow ones") {
        chosen.slow_threshold = std::chrono::milliseconds(20);
    }
    SECTION("only slow ones, errors no more than others") {
        chosen.slow_threshold = std::chrono::milliseconds(20);
        chosen.always_profile_errors = false;
    }
    SECTION("none is sampled") {
        chosen.sample_rate = 0;
    }
    SECTION("not by themselves") {
        chosen.print_each_request = false;
    }
    {
        profiler_middleware middleware(chosen);
        serve_one(middleware, "/quick");
        serve_one(middleware, "/broken", 500);
        middleware.serve("GET", "/slow",
                         [&](profiled_request&) { take_at_least(std::chrono::milliseconds(25)); });
        CHECK(requests_of(middleware, "/quick") > 0); // counted in any case
    }
    const auto is_there = [&](const std::string& route) {
        const auto names = folder.names();
        return std::any_of(names.begin(), names.end(),
                           [&](const std::string& name) { return name.find(route) == 0; });
    };
    CHECK_FALSE(is_there("quick"));
    CHECK(is_there("slow") == (chosen.sample_rate > 0 && chosen.print_each_request));
    CHECK(is_there("broken") == (chosen.always_profile_errors && chosen.print_each_request));
}

TEST_CASE("middleware: a share of the requests is sampled", "[middleware]") {
    const test::own_run run;
    const test::scratch_folder folder;
    middleware_options chosen = json_in(folder);
    chosen.sample_rate = 0.25;
    profiler_middleware middleware(chosen);
    constexpr int rounds = 400;
    for (int i = 0; i < rounds; ++i)
        serve_one(middleware, "/share");
    middleware.shutdown();
    const middleware_figures figures = middleware.figures();
    const double share =
        static_cast<double>(figures.written - 1 + figures.dropped) / static_cast<double>(rounds);
    CHECK(share > 0.15); // four standard deviations to either side
    CHECK(share < 0.35);
}

TEST_CASE("middleware: routes that are filtered are not profiled", "[middleware]") {
    const test::own_run run;
    middleware_options chosen;
    chosen.print_each_request = false;
    chosen.filter_routes = {"/filtered", "GET /internal/*"};
    const test::captured_stderr printed;
    profiler_middleware middleware(chosen);
    const auto serve = [&](const char* method, const char* route) {
        middleware.serve(method, route, [](profiled_request&) {});
    };
    serve("GET", "/filtered");
    serve("POST", "/filtered");
    serve("GET", "/internal/state");
    serve("POST", "/internal/state");
    serve("GET", "/filtered/not");
    CHECK(requests_of(middleware, "/filtered") == 0);
    CHECK(requests_of(middleware, "/internal/state") == 1);
    CHECK(requests_of(middleware, "/filtered/not") == 1);
}

TEST_CASE("middleware: it can be switched off and on", "[middleware]") {
    const test::own_run run;
    middleware_options chosen;
    chosen.enabled = false;
    chosen.print_each_request = false;
    const test::captured_stderr printed;
    profiler_middleware middleware(chosen);
    serve_one(middleware, "/switched");
    CHECK_FALSE(middleware.is_enabled());
    middleware.enable();
    serve_one(middleware, "/switched");
    middleware.enable(false);
    serve_one(middleware, "/switched");
    CHECK(requests_of(middleware, "/switched") == 1);
}

TEST_CASE("middleware: the run's report comes at the end, once", "[middleware]") {
    const test::own_run run;
    middleware_options chosen;
    chosen.print_each_request = false;
    const test::captured_stderr printed;
    {
        profiler_middleware middleware(chosen);
        serve_one(middleware, "/reported");
        CHECK(printed.text().empty());
        CHECK(contains(middleware.text(), "GET     /reported"));
        CHECK(contains(middleware.html(), "\"/reported\""));
        middleware.shutdown();
        middleware.shutdown();
        serve_one(middleware, "/reported/too_late");
        CHECK(requests_of(middleware, "/reported/too_late") == 0);
    }
    CHECK(times_in(printed.text(), "GET     /reported") == 1);
    CHECK(detail::requests_are_reported.exchange(false)); // the exit report knows
    CHECK_FALSE(contains(printed.text(), "too_late"));
}

TEST_CASE("middleware: text of each request goes to standard error", "[middleware]") {
    const test::own_run run;
    const test::captured_stderr printed;
    profiler_middleware middleware;
    serve_one(middleware, "/printed", 418);
    CHECK(eventually([&] { return contains(printed.text(), "status 418"); }));
    CHECK(contains(printed.text(), "── GET /printed, request "));
}

TEST_CASE("middleware: options that make no sense, and a second middleware, are refused",
          "[middleware]") {
    const test::own_run run;
    middleware_options chosen;
    chosen.output_type = {"htlm"};
    CHECK_THROWS_AS(profiler_middleware(chosen), std::invalid_argument);
    const test::captured_stderr printed;
    const profiler_middleware middleware; // the refused one is not in its way
    CHECK_THROWS_AS(profiler_middleware(), std::logic_error);
}

TEST_CASE("middleware: a request can be moved, and served by several threads", "[middleware]") {
    const test::own_run run;
    middleware_options chosen;
    chosen.print_each_request = false;
    const test::captured_stderr printed;
    profiler_middleware middleware(chosen);
    std::vector<profiled_request> open;
    open.push_back(middleware.begin("GET", "/moved"));
    open.push_back(middleware.begin("GET", "/moved"));
    std::thread([&] {
        const resume_request here(open[0].handle());
        open[0].status(200);
    }).join();
    open[0] = std::move(open[1]); // which ends the first
    CHECK(requests_of(middleware, "/moved") == 1);
    open.clear();
    CHECK(requests_of(middleware, "/moved") == 2);
}
