#include <scopetree/service/endpoint_reports.hpp>

#include "support/service_profiles.hpp"
#include "support/staged_endpoint.hpp"

#include <boost/json/parse.hpp>

#include <catch2/catch.hpp>

#include <string>

using Catch::Matchers::Contains;
using namespace scopetree;
using namespace scopetree::detail;
using test::field;

namespace {

boost::json::value parsed(const endpoint_response& response) {
    CHECK(field(response, "Content-Type") == "application/json");
    return boost::json::parse(response.body);
}

} // namespace

TEST_CASE("endpoint_reports: every format, with its type and its file's name") {
    const session source = test::shop_profile().trees;
    for (const endpoint_format& format : endpoint_formats) {
        INFO(format.word);
        const endpoint_response response =
            report(source, format, report_clock::wall, "GET /\"\r\n{id}");
        CHECK(response.status == 200);
        CHECK_FALSE(response.body.empty());
        CHECK(field(response, "Content-Type") == format.content_type);
        const std::string disposition = field(response, "Content-Disposition");
        CHECK(disposition.empty() == (format.ending == nullptr));
        if (format.ending != nullptr)
            CHECK(disposition ==
                  "attachment; filename=\"GET______id_" + std::string(format.ending) + "\"");
    }
}

TEST_CASE("endpoint_reports: one tree of many as a session") {
    const service_profile source = test::shop_profile();
    const session alone = session_of_tree(source, 1, "POST /orders");
    REQUIRE(alone.threads.size() == 1);
    CHECK(alone.threads[0].name == "POST /orders");
    CHECK(alone.threads[0].wall_ns == source.routes[1].latency_ns);
    CHECK(alone.duration_ns == source.routes[1].latency_ns);
    CHECK(alone.cpu_ns == source.routes[1].cpu_ns);
    CHECK(alone.program == source.trees.program);
    const std::string text = report(alone, endpoint_formats[1], report_clock::wall, "tree").body;
    CHECK_THAT(text, Contains("0.700 [await]") && Contains("0.300 store"));
    CHECK_THAT(report(alone, endpoint_formats[1], report_clock::cpu, "tree").body,
               Contains("0.020 store") && !Contains("0.300"));
}

TEST_CASE("endpoint_reports: routes and slowest requests as JSON") {
    const service_profile source = test::shop_profile();
    CHECK(parsed(routes_report(source)).at("duration_ns") == source.trees.duration_ns);
    const auto routes = parsed(routes_report(source)).at("routes").as_array();
    REQUIRE(routes.size() == 3);
    CHECK(routes[0].at("method") == "GET");
    CHECK(routes[0].at("route") == "/orders/{id}");
    CHECK(routes[0].at("requests") == 1'200);
    CHECK(routes[0].at("errors") == 12);
    CHECK(routes[0].at("latency_ns") == source.routes[0].latency_ns);
    CHECK(routes[0].at("active_ns") == source.routes[0].active_ns);
    CHECK(routes[0].at("cpu_ns") == source.routes[0].cpu_ns);
    CHECK(routes[0].at("p50_ns") == source.routes[0].p50_ns);
    CHECK(routes[0].at("p95_ns") == source.routes[0].p95_ns);
    CHECK(routes[0].at("p99_ns") == source.routes[0].p99_ns);
    CHECK(routes[0].at("max_ns") == source.routes[0].max_ns);
    const auto requests = parsed(slowest_report(source)).at("requests").as_array();
    REQUIRE(requests.size() == 2);
    CHECK(requests[1].at("id") == 230);
    CHECK(requests[1].at("method") == "POST");
    CHECK(requests[1].at("route") == "/orders");
    CHECK(requests[1].at("status") == 503);
    CHECK(requests[1].at("latency_ns") == 210'000'000);
    CHECK(requests[1].at("started_unix_ns") == source.requests[1].started_unix_ns);
}

TEST_CASE("endpoint_reports: threads, and where each mostly is itself") {
    test::session_builder built;
    built.thread("main", "main|a.cpp:1|100\n  f|a.cpp:2|150\n  g|a.cpp:3|120\n    f|a.cpp:2|60\n")
        .thread("idle", "")
        .thread("scoped", "run|a.cpp:9|10\n  >job|a.cpp:10|90|0\n", {{}});
    const auto threads = parsed(threads_report(*built)).at("threads").as_array();
    REQUIRE(threads.size() == 3);
    CHECK(threads[0].at("name") == "main");
    CHECK(threads[0].at("tid") == 100);
    CHECK(threads[0].at("wall_ns") == 430'000'000);
    CHECK(threads[0].at("top") == "f"); // in two places
    CHECK(threads[0].at("top_ns") == 210'000'000);
    CHECK(threads[0].at("top_is_scope") == false);
    CHECK(threads[1].at("top") == "job");
    CHECK(threads[1].at("top_is_scope") == true);
    CHECK(threads[2].at("top") == "");
    CHECK(threads[2].at("top_ns") == 0);
}
