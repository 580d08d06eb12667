// Stacks that are left by jumps, deep or in disorder.

#include "support/scenario.hpp"

#include <catch2/catch.hpp>

#include <string>

TEST_CASE("jumps over scopes and out of handlers leave no frame under a wrong one") {
    const test::figures seen = test::scenario("stacks", {"jumps", test::by_form("2", "60")});
    CHECK(seen["jumps over scopes"] > 100);
    CHECK(seen["jumps out of handlers"] > 100);
    CHECK(seen["calls after the jump"] == seen["jumps over scopes"]);
    CHECK(seen["wrong parents"] == 0);
    CHECK(seen["afterwards below no other scope"] == 1);
    CHECK(seen["samples"] > 100);
}

TEST_CASE("a jump leaves open the scopes of whoever counts them up and down") {
    CHECK(test::scenario("stacks", {"naive_jump", "0"})["afterwards below no other scope"] == 0);
}

TEST_CASE("a recursion a million deep is cut, and said to be") {
    const test::figures seen = test::scenario("stacks", {"recursion", test::by_form("1", "20")});
    CHECK(seen["samples"] > 50);
    CHECK(seen["truncated"] > 50);
    CHECK(seen["marked"] == 1);
    CHECK(seen["nodes"] < 3000);
    CHECK(seen["ns in the handler for each sample"] < 5e6);
}

TEST_CASE("whoever unwinds such a recursion to its end is long about it") {
    const test::figures seen = test::scenario("stacks", {"naive_recursion", "1"});
    CHECK(seen["ns in the handler for each sample"] > 5e6);
}

TEST_CASE("frame pointers that lead astray are not followed") {
    const std::string per_mille = GENERATE("1", "10", "100");
    const test::figures seen = test::scenario("poisoned", {per_mille, test::by_form("2", "60")});
    CHECK(seen["poisoned"] > 20);
    CHECK(seen["samples"] > 500);
    CHECK(seen["truncated"] > 0);
}

TEST_CASE("whoever believes such frame pointers crashes") {
    CHECK(test::crashed(test::run_scenario("poisoned", {"1", "1", "naive"})));
}
