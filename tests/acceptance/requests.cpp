// Requests of a service: whose time is whose.

#include "support/scenario.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <string>

namespace {

/// 99.9 % of samples lie within, one in a thousand does not: so far may a share be off, of so many
/// independent samples. Waiting is seen too long by what it takes to see its end.
double bound(double share, double samples) {
    return 3.29 * std::sqrt(share * (1 - share) / samples) + 0.01;
}

} // namespace

TEST_CASE("64 requests at once, of four routes, each have their own time") {
    const int threads = 64;
    const int each = std::atoi(test::by_form("10", "200").c_str());
    test::figures seen =
        test::scenario("requests", {std::to_string(threads), std::to_string(each)});
    CHECK(seen["routes"] == 4);
    CHECK(seen["kept"] == 40);
    CHECK(seen["kept with another sum than their latency"] == 0);
    const int passes[] = {1, 2, 3, 5};
    for (int i = 0; i < 4; ++i) {
        CAPTURE(i);
        const std::string label = "route " + std::to_string(i) + " ";
        CHECK(seen[label + "requests"] == threads / 4 * each);
        CHECK(seen[label + "passes"] == threads / 4 * each * passes[i]);
        CHECK(seen[label + "latency of the tree"] == seen[label + "latency"]);
        CHECK(seen[label + "of others"] == 0);
        CHECK(seen[label + "p99"] == Approx(seen[label + "true p99"]).epsilon(0.02));
        // On a machine that is busy with other things, a thread is often seen when it has just
        // begun to wait, and what it did before is not known yet: that is its scope's time. So a
        // function may have less than its share, and never more; time off the processor counts as
        // waiting.
        const double computing = seen[label + "truly computing"];
        const double least = seen[label + "on a processor"];
        const double intervals = seen[label + "intervals"];
        CHECK(seen[label + "computing"] < computing + bound(computing, intervals));
        CHECK(seen[label + "fetching"] < 1 - least + bound(least, intervals));
        CHECK(seen[label + "fetching"] > 0.5);
    }
}
