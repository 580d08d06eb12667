// Nothing of a thread's time is lost, nothing is counted twice.

#include "support/process.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>

TEST_CASE("a thread's tree adds up to its wall time and to its CPU time") {
    const test::outcome ended = test::run("sums");
    INFO(ended.out << ended.error);
    REQUIRE(ended.exit_code == 0);
    const test::figures seen(ended.out);
    for (const std::string thread : {"main", "worker", "waiter"}) {
        INFO(thread);
        const double interval = seen["interval"];
        CHECK(seen[thread + " tree wall"] == seen[thread + " thread wall"]);
        CHECK(seen[thread + " tree CPU"] == seen[thread + " thread CPU"]);
        CHECK(seen[thread + " tree wall"] >= seen[thread + " least wall"] - interval);
        CHECK(seen[thread + " tree wall"] <= seen[thread + " most wall"] + interval);
        if (thread != "waiter")
            CHECK(std::abs(seen[thread + " tree CPU"] / seen[thread + " CPU"] - 1) < 0.02);
    }
}
