#include <scopetree/service/request_profile.hpp>

#include "support/service_profiles.hpp"

#include <scopetree/render/service_json.hpp>
#include <scopetree/render/service_text.hpp>
#include <scopetree/render/text.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

using namespace scopetree;
using namespace scopetree::detail;

namespace {

std::string request_text(const service_profile& source, std::size_t index) {
    std::ostringstream stream;
    write_request_text(stream, source, index, {}, terminal());
    return stream.str();
}

} // namespace

TEST_CASE("request profile: one request with its own frames only", "[request_profile]") {
    const service_profile shop = test::shop_profile();
    const service_profile one = profile_of_request(shop, 1);
    CHECK(one.requests.size() == 1);
    CHECK(one.requests[0].id == 230);
    CHECK(one.routes.at(0).route == "/orders");
    CHECK(one.trees.frames.size() == 3); // its root, [await] and store
    CHECK(one.trees.duration_ns == 210'000'000);
    CHECK(one.trees.figures.samples == 210);
    CHECK(request_text(one, 0) == request_text(shop, 1));
    std::ostringstream json;
    write_json(json, one);
    CHECK(json.str().find("\"tree\":null") != std::string::npos);
}

TEST_CASE("request profile: a request as a session", "[request_profile]") {
    const session one = session_of_request(profile_of_request(test::shop_profile(), 1));
    CHECK(one.program == "./server --port 80: POST /orders, request 230, status 503");
    REQUIRE(one.threads.size() == 1);
    CHECK(one.threads[0].name == "POST /orders, request 230");
    CHECK(to_text(one).find("0.200 [await]") != std::string::npos);
}

TEST_CASE("request profile: the routes as a session", "[request_profile]") {
    const session routes = session_of_routes(test::shop_profile());
    REQUIRE(routes.threads.size() == 3);
    CHECK(routes.threads[0].name == "GET /orders/{id}");
    CHECK(to_text(routes).find("×1,200") != std::string::npos);
    CHECK(session_of_routes(service_profile()).threads.empty());
}

TEST_CASE("request profile: few requests of each route", "[request_profile]") {
    test::service_builder built;
    built.route("GET", "/a", 1, 0, "a|a.cpp:1|30\n").route("GET", "/b", 1, 0, "b|b.cpp:1|30\n");
    for (std::uint64_t id = 1; id <= 6; ++id)
        built.request(id < 5 ? 0 : 1, id, 200, "n" + std::to_string(id) + "|a.cpp:1|20\n");
    service_profile profile = *built;
    limit_requests(profile, 2);
    std::vector<std::uint64_t> ids;
    for (const request_figures& request : profile.requests)
        ids.push_back(request.id);
    CHECK(ids == std::vector<std::uint64_t>{1, 2, 5, 6});
    CHECK(profile.trees.threads.size() == 6);
    CHECK(request_text(profile, 2).find("0.020 n5") != std::string::npos);
}
