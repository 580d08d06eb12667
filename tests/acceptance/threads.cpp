// Threads that come and go.

#include "support/scenario.hpp"

#include <catch2/catch.hpp>

#include <csignal>

TEST_CASE("threads return, exit, are cancelled and detached by the thousand") {
    const std::string threads = test::by_form("3000", "10000");
    const test::figures seen = test::scenario("threads", {threads});
    CHECK(seen["objects not destroyed"] == 0);
    CHECK(seen["short lives"] == seen["threads"] / 2);
    CHECK(seen["samples"] > 100);
    // Less than one thread in twenty left its record (and the C library its stacks) behind.
    CHECK(seen["grown by kilobytes"] < seen["threads"] / 20 * 64 + 40'000);
}

TEST_CASE("a handler that other signals interrupt does not survive a cancelled thread") {
    CHECK(test::run_scenario("threads", {"3000", "naive"}).signal == SIGABRT);
}
