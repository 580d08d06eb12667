// Everything that is hard on a profiler, for a long time.

#include "support/scenario.hpp"

#include <catch2/catch.hpp>

// The address sanitizer keeps memory that was given back.
#if !TEST_ADDRESS_SANITIZER

namespace {

/// Stacks not seen before take memory, however late they come; threads, libraries and processes
/// that come and go must not: there are many more of them than nodes.
bool is_flat(const test::figures& seen) {
    const double before = seen["kilobytes after a quarter"];
    const double grown = seen["most kilobytes later"] - before;
    return grown < 0.1 * before + 4096 + 0.05 * seen["nodes"];
}

} // namespace

TEST_CASE("memory, descriptors and sums hold in the long run") {
    const test::figures seen =
        test::scenario("soak", {test::by_form("8", "3600"), test::built("library.so")});
    CHECK(seen["rounds"] > 10);
    CHECK(seen["calls of rounds"] == seen["rounds"]);
    CHECK(seen["calls of short lives"] == 16 * seen["rounds"]);
    CHECK(seen["threads whose sum is not exact"] == 0);
    CHECK(seen["descriptors left"] == 0);
    CHECK(seen["more descriptors"] <= 2); // a look at /proc
    CHECK(is_flat(seen));
}

TEST_CASE("whoever keeps what threads and files leave is found out") {
    const test::figures seen = test::scenario("soak", {"4", test::built("library.so"), "naive"});
    CHECK(seen["descriptors left"] > 2);
    CHECK_FALSE(is_flat(seen));
}

#endif
