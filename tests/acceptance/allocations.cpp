// A known path costs no memory.

#include "support/process.hpp"

#include <catch2/catch.hpp>

// Sanitizers bring an allocator of their own, which cannot be counted in this way.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
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
#endif
