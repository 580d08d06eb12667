// Everything that is hard on a profiler, for a long time.

#include "support/scenario.hpp"

#include <catch2/catch.hpp>

// The address sanitizer keeps memory that was given back.
#if !TEST_ADDRESS_SANITIZER

TEST_CASE("memory, descriptors and sums hold in the long run") {
    const test::figures seen =
        test::scenario("soak", {test::by_form("8", "3600"), test::built("library.so")});
    CHECK(seen["rounds"] > 10);
    CHECK(seen["calls of rounds"] == seen["rounds"]);
    CHECK(seen["calls of short lives"] == 16 * seen["rounds"]);
    CHECK(seen["threads whose sum is not exact"] == 0);
    CHECK(seen["descriptors left"] == 0);
    CHECK(seen["more descriptors"] <= 2); // a look at /proc
    const double grown = seen["most kilobytes later"] - seen["kilobytes after a quarter"];
    // Stacks not seen before take memory, however late they come; threads, libraries and processes
    // that come and go must not: there are many more of them than nodes.
    const double of_nodes = 0.05 * seen["nodes"];
    CHECK(grown < 0.1 * seen["kilobytes after a quarter"] + 4096 + of_nodes);
}

#endif
