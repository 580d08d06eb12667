// The run that starts by itself, as other parts of the program see it.

#include "support/process.hpp"

#include <catch2/catch.hpp>

TEST_CASE("profiling can be started before the first scope") {
    const test::outcome ended = test::run("live");
    INFO(ended.out << ended.error);
    REQUIRE(ended.exit_code == 0);
    const test::figures seen(ended.out);
    CHECK(seen["before"] == 0);
    CHECK(seen["ensured"] == 1);
    CHECK(seen["after a scope"] == 1);
    CHECK(seen["threads"] == 1); // those that only asked met no scope
    CHECK(seen["child"] == 0);
    CHECK(ended.error.find("Samples:") != std::string::npos); // the report, once the program ends
}

TEST_CASE("SCOPETREE=off wins over a program that wants to be profiled") {
    const test::outcome ended = test::run("live", {}, {"SCOPETREE=off"});
    INFO(ended.out << ended.error);
    REQUIRE(ended.exit_code == 0);
    const test::figures seen(ended.out);
    CHECK(seen["ensured"] == 0);
    CHECK(seen["after a scope"] == 0);
    CHECK(ended.out.find("refused: scopetree: nothing is profiled") != std::string::npos);
    CHECK(ended.error.empty());
}
