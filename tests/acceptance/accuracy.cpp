// Shares against ground truth that the programs measure themselves.

#include "support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace {

/// n independent looks see a share p as a binomial proportion, whose standard deviation is
/// sqrt(p (1 - p) / n). With a chance of 99.9 % all of the 18 comparisons below lie within 4.03 of
/// them (each alone with 1 - 0.001 / 18; normal approximation, n p is large here). Looks at slices
/// that follow each other are less scattered than independent ones.
double bound(double p, double n) {
    return 4.03 * std::sqrt(p * (1 - p) / n);
}

void check_share(const test::figures& seen, const std::string& name, double n) {
    const double reported = seen[name + " reported"];
    const double truth = seen[name + " true"];
    INFO(name << ": reported " << reported << ", true " << truth << ", samples " << n);
    CHECK(std::abs(reported - truth) <= bound(truth, n));
}

void check_mix(const test::figures& seen, const std::string& label = "") {
    const double n = seen[label + "samples"];
    CHECK(n > 200);
    for (const char* const name : {"seventy", "twenty", "ten"})
        check_share(seen, label + name, n);
    CHECK(seen[label + "elsewhere"] < 0.03); // reading clocks
}

test::figures figures_of(const test::outcome& ended) {
    INFO(ended.error);
    REQUIRE(ended.exit_code == 0);
    return test::figures(ended.out);
}

} // namespace

TEST_CASE("shares of 70, 20 and 10 percent are reported as such") {
    check_mix(figures_of(test::run("shares", {"one_thread"})));
}

TEST_CASE("two threads with different mixes are told apart") {
    const test::figures seen = figures_of(test::run("shares", {"two_threads"}));
    check_mix(seen, "one ");
    check_mix(seen, "two ");
}

TEST_CASE("work in step with a millisecond clock is not mistaken") {
    check_mix(figures_of(test::run("shares", {"lockstep"})));
}

TEST_CASE("work that a timer wakes at every step is not mistaken") {
    const test::figures seen = figures_of(test::run("shares", {"lockstep_with_sleep"}));
    // A step that no look met is credited to the next one that is met. With a chance p to be met,
    // a look stands for a geometrically distributed number w of steps: E(w^2) / E(w)^2 = 2 - p, and
    // by that factor the looks count less.
    const double looks = seen["samples"] / (2 - std::min(1.0, seen["samples"] / seen["steps"]));
    CHECK(looks > 100);
    check_share(seen, "seventy", looks);
}

TEST_CASE("sleep is told from work") {
    const test::figures seen = figures_of(test::run("shares", {"sleep_and_spin"}));
    check_share(seen, "asleep", seen["ticks"]);
    check_share(seen, "seventy", seen["ticks"]);
    CHECK(seen["asleep CPU share"] < 0.05);
}

TEST_CASE("following frame pointers gives the same shares") {
    check_mix(figures_of(test::run("shares_frame_pointers", {"one_thread", "frame_pointers"})));
}
