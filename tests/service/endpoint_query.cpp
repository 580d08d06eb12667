#include <scopetree/service/endpoint_query.hpp>

#include <catch2/catch.hpp>

#include <string>

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using namespace scopetree::detail;

TEST_CASE("endpoint_query: percent-encoding") {
    CHECK(percent_decoded("a%20b+c", true) == "a b c");
    CHECK(percent_decoded("a%20b+c", false) == "a b+c");
    CHECK(percent_decoded("%7Bid%7d", true) == "{id}");
    CHECK(percent_decoded("%00", true) == std::string(1, '\0'));
    for (const char* const wrong : {"%", "%2", "%zz", "a%2", "%%20"})
        CHECK_THROWS_WITH(percent_decoded(wrong, true), Contains("two hexadecimal digits"));
}

TEST_CASE("endpoint_query: a target's parts") {
    CHECK(parse_target("/").path == "/");
    CHECK(parse_target("/a%2Fb?x=1?y").path == "/a/b");
    CHECK(parse_target("/a?x=1?y").query == "x=1?y");
    CHECK(parse_target("/a#b?c").path == "/a");
    for (const char* const wrong : {"", "*", "a/b", "http://127.0.0.1/", "?x=1"})
        CHECK_THROWS_WITH(parse_target(wrong), Contains("begins with '/'"));
}

TEST_CASE("endpoint_query: numbers") {
    const auto number = [](const std::string& text) {
        return endpoint_query("n=" + text).number("n", 1, 60, 5);
    };
    CHECK(number("1") == 1);
    CHECK(number("060") == 60);
    CHECK(endpoint_query("").number("n", 1, 60, 5) == 5);
    for (const char* const wrong : {"", "0", "61", "-1", "%2B1", "1.5", "1e1", "x", "5s", "%205",
                                    "18446744073709551617", "99999999999999999999999999999"})
        CHECK_THROWS_WITH(number(wrong),
                          Contains("'n'") && Contains("a whole number from 1 to 60"));
}

TEST_CASE("endpoint_query: choices") {
    const auto choice = [](const std::string& text) {
        return endpoint_query("c=" + text).choice("c", {"wall", "cpu"}, 7);
    };
    CHECK(choice("wall") == 0);
    CHECK(choice("cpu") == 1);
    CHECK(endpoint_query("").choice("c", {"wall", "cpu"}, 7) == 7);
    for (const char* const wrong : {"", "Wall", "both", "wall,cpu"})
        CHECK_THROWS_WITH(choice(wrong), Contains("it must be one of: wall, cpu."));
}

TEST_CASE("endpoint_query: only what is known, and once") {
    CHECK_NOTHROW(endpoint_query("a=1&&b=2&").expect_only({"a", "b"}));
    CHECK_THROWS_WITH(endpoint_query("a=1&x").expect_only({"a", "b"}),
                      Equals("There is no parameter 'x'; accepted are: a, b."));
    CHECK_THROWS_WITH(endpoint_query("a=1").expect_only({}), Contains("none is accepted here"));
    CHECK_THROWS_WITH(endpoint_query("a=1&%61=2"), Contains("given twice"));
}

TEST_CASE("endpoint_query: what was sent is shown short and harmless") {
    CHECK(shown_input("<b>\x1b[2J\r\n") == "'<b>\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd'");
    CHECK(shown_input(std::string(1'000, 'x')).size() < 70);
}
