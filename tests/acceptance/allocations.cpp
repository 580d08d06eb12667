// A known path costs no memory.

#include "support/scenario.hpp"

#include <catch2/catch.hpp>

// Sanitizers bring an allocator of their own, which cannot be counted in this way.
#if !TEST_ADDRESS_SANITIZER
TEST_CASE("entering known scopes and taking samples allocates nothing") {
    const test::outcome ended = test::run("allocations");
    INFO(ended.out << ended.error);
    REQUIRE(ended.exit_code == 0);
    const test::figures seen(ended.out);
    CHECK(seen["counts at all"] == 1);
    CHECK(seen["allocations"] == 0);
    CHECK(seen["samples"] > 100);
    CHECK(seen["calls"] > 1000);
}

TEST_CASE("the handler allocates nothing, not even at the first signal of a thread") {
    const test::figures seen = test::scenario("allocations", {"handler", test::by_form("2", "60")});
    CHECK(seen["threads"] > 100);
    CHECK(seen["calls of the handler"] > 100);
    CHECK(seen["samples"] > 100);
    CHECK(seen["allocations in it"] == 0);
}

TEST_CASE("a handler that keeps what it found in a vector is found out") {
    const test::figures seen = test::scenario("allocations", {"naive", "1"});
    CHECK(seen["allocations in it"] > 0);
}
#endif
