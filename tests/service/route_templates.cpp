#include <scopetree/service/route_templates.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>

using scopetree::route_templates;

TEST_CASE("route templates: the first that fits", "[route_templates]") {
    const route_templates routes{"/",
                                 "/orders",
                                 "/orders/new",
                                 "/orders/{id}",
                                 "/orders/{id}/lines/{line}",
                                 "/files/{path...}"};
    CHECK(routes.of("/") == "/");
    CHECK(routes.of("/?a=/orders") == "/");
    CHECK(routes.of("/orders") == "/orders");
    CHECK(routes.of("/orders/new") == "/orders/new");
    CHECK(routes.of("/orders/17?full=1#x") == "/orders/{id}");
    CHECK(routes.of("/orders/17/lines/3") == "/orders/{id}/lines/{line}");
    CHECK(routes.of("/files/a/b/c.txt") == "/files/{path...}");
    for (const char* const target :
         {"", "*", "orders", "/order", "/orders/", "/orders/1/", "/files", "/files/",
          "/orders/1/lines", "//", "http://host/orders"})
        CHECK(routes.of(target) == route_templates::unknown);
}

TEST_CASE("route templates: one without a slash is refused", "[route_templates]") {
    CHECK_THROWS_AS(route_templates{"orders"}, std::invalid_argument);
    CHECK_THROWS_AS(route_templates{""}, std::invalid_argument);
}
