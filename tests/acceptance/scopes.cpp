// Scopes count exactly, wherever they stand.

#include "support/process.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>

TEST_CASE("scopes count exactly in every place they may stand") {
    const test::outcome ended = test::run("scopes");
    INFO(ended.out << ended.error);
    REQUIRE(ended.exit_code == 0);
    const test::figures seen(ended.out);
    const std::map<std::string, double> expected = {
        {"in a template", 200}, {"in an inline function", 100},
        {"in_function", 100},   {"left", 100},
        {"right", 100},         {"throws", 1000},
        {"catches", 100},       {"after the exception", 100},
        {"recurses", 500},      {"in a lambda", 100},
        {"in a library", 100},  {"in a library's header", 200},
        {"timed", 1000},        {"from four threads", 1'000'000},
    };
    for (const auto& [name, calls] : expected) {
        INFO(name);
        CHECK(seen[name] == calls);
    }
}

TEST_CASE("scopes left by an exception are closed") {
    const test::outcome ended = test::run("scopes");
    INFO(ended.out << ended.error);
    CHECK(ended.out.find("[catches] > [after the exception]") != std::string::npos);
    CHECK(ended.out.find("[throws] > [after the exception]") == std::string::npos);
    CHECK(ended.out.find("[left] > [right]") != std::string::npos);
}

TEST_CASE("a timed scope's figures are plausible") {
    const test::outcome ended = test::run("scopes");
    const test::figures seen(ended.out);
    CHECK(seen["timed min"] > 0);
    CHECK(seen["timed min"] <= seen["timed p50"]);
    CHECK(seen["timed p50"] <= seen["timed p99"]);
    CHECK(seen["timed p99"] <= seen["timed max"]);
    CHECK(seen["timed total"] >= 1000 * seen["timed min"]);
    CHECK(seen["timed total"] <= 1000 * seen["timed max"]);
    CHECK(seen["timed total"] <= seen["main took"]);
    // A tenth of the passes takes one unit, a tenth two, up to ten: half take five or less.
    CHECK(seen["timed p50"] > 2 * seen["timed min"]);
    CHECK(seen["timed total"] > 0.25 * 1000 * seen["timed p50"]);
}

TEST_CASE("a plugin with hidden symbols reports into the same tree, loaded again and again") {
    const test::outcome ended = test::run("host", {test::built("counter.so")});
    INFO(ended.out << ended.error);
    REQUIRE(ended.exit_code == 0);
    const test::figures seen(ended.out);
    CHECK(seen["rounds"] == 100);
    CHECK(seen["in the plugin"] == 5000);
    CHECK(seen["timed in the plugin"] == 5000);
    CHECK(seen["samples in the plugin"] > 0);
    CHECK(
        ended.out.find("main > [round] > enter_scopes > [in the plugin] > [timed in the plugin]") !=
        std::string::npos);
}
