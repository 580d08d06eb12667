// Stacks that are left by jumps, switched, small, deep or in disorder.

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

// The address sanitizer has a stack of its own for handlers, and larger frames.
#if !TEST_ADDRESS_SANITIZER
TEST_CASE("fibers with small stacks are sampled and not overrun") {
    const test::figures seen = test::scenario("stacks", {"fibers", test::by_form("2", "60")});
    CHECK(seen["samples in scopes"] > 100);
    CHECK(seen["wrong parents"] == 0);
    // In the midst of a switch, when the stack is neither's, and where only the scopes are known.
    CHECK(seen["samples in scopes of another fiber"] < 0.01 * seen["samples"]);
    CHECK(seen["most stack used"] <= 8192);
}

TEST_CASE("fibers that switch inside of scopes keep their frames") {
    const test::figures seen =
        test::scenario("stacks", {"fibers_in_scopes", test::by_form("2", "60")});
    CHECK(seen["samples"] > 100);
    CHECK(seen["wrong parents"] == 0);
    CHECK(seen["most stack used"] <= 8192);
    // Their scopes are those of the thread, however: each fiber is shown in those of the others.
    CHECK(seen["samples in scopes of another fiber"] > 0.5 * seen["samples"]);
}

TEST_CASE("fibers that say that they switch keep their scopes, too") {
    const test::figures seen =
        test::scenario("stacks", {"fibers_that_say_so", test::by_form("2", "60")});
    CHECK(seen["samples in scopes"] > 100);
    CHECK(seen["wrong parents"] == 0);
    CHECK(seen["samples in scopes of another fiber"] < 0.01 * seen["samples"]);
    CHECK(seen["most stack used"] <= 8192);
}

TEST_CASE("where the program has a stack for signal handlers it is used") {
    const test::figures seen =
        test::scenario("stacks", {"fibers_with_signal_stack", test::by_form("1", "10")});
    CHECK(seen["samples in scopes"] > 50);
    CHECK(seen["wrong parents"] == 0);
    CHECK(seen["most stack used"] < 4500);
}
#endif

TEST_CASE("a recursion a million deep is cut, and said to be") {
    const test::figures seen = test::scenario("stacks", {"recursion", test::by_form("1", "20")});
    CHECK(seen["samples"] > 50);
    CHECK(seen["truncated"] > 50);
    CHECK(seen["marked"] == 1);
    CHECK(seen["nodes"] < 3000);
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
