#include <scopetree/render/service_labels.hpp>

#include "support/service_profiles.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace scopetree;
using namespace scopetree::detail;

TEST_CASE("service labels: routes and requests", "[service_labels]") {
    const service_profile shop = test::shop_profile();
    CHECK(label_of(shop.routes[0]) == "GET /orders/{id}");
    CHECK(label_of(shop, shop.requests[1]) == "POST /orders, request 230");
    route_figures others;
    others.route = "(other routes)";
    CHECK(label_of(others) == "(other routes)");
}

TEST_CASE("service labels: totals", "[service_labels]") {
    const service_totals sum = totals_of(test::shop_profile());
    CHECK(sum.requests == 6'240);
    CHECK(sum.errors == 12);
    CHECK(sum.latency_ns == 3'405'000'000);
    CHECK(totals_of(service_profile()).requests == 0);
}

TEST_CASE("service labels: the slowest requests, few of a route", "[service_labels]") {
    service_profile profile;
    profile.routes.resize(3);
    for (const std::uint32_t route : {0u, 0u, 0u, 1u, 0u, 1u, 2u, 2u}) {
        request_figures request;
        request.route = route;
        profile.requests.push_back(request);
    }
    using indices = std::vector<std::size_t>;
    CHECK(slowest_requests(profile, 10, 2) == indices{0, 1, 3, 5, 6, 7});
    CHECK(slowest_requests(profile, 3, 2) == indices{0, 1, 3});
    CHECK(slowest_requests(profile, 10, 1) == indices{0, 3, 6});
    CHECK(slowest_requests(service_profile(), 10, 1).empty());
}
