// What a server's requests take of its memory.

#include "support/process.hpp"

#include <catch2/catch.hpp>

TEST_CASE("memory does not grow with requests, nor the number of routes with paths") {
    const test::outcome ended = test::run("many_routes");
    INFO(ended.out << ended.error);
    REQUIRE(ended.exit_code == 0);
    const test::figures seen(ended.out);
    CHECK(seen["requests"] == 1'000'000);
    CHECK(seen["routes"] <= 1'001);
    CHECK(seen["pages after"] <= seen["pages before"] + 1'024); // 4 MiB
}
