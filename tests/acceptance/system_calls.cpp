// What signals do to system calls: every kind that waits, and those that return what they have.

#include "support/scenario.hpp"

#include <catch2/catch.hpp>

TEST_CASE("a call that waits is interrupted twice at most, and not at all if it restarts") {
    const test::figures seen =
        test::scenario("system_calls", {test::by_form("800", "5000"), test::by_form("3", "100")});
    CHECK(seen["most EINTR in one call"] <= 2);
    CHECK(seen["most EINTR in one call"] > 0); // or nothing was sampled
    CHECK(seen["most EINTR where the kernel restarts"] == 0);
}

TEST_CASE("whoever sends a signal every millisecond interrupts a call every millisecond") {
    const test::figures seen = test::scenario("system_calls", {"500", "1", "naive"});
    CHECK(seen["most EINTR in one call"] > 20);
}

TEST_CASE("large reads of random bytes and large sends return early, but never fail") {
    const test::figures seen = test::scenario("system_calls", {"short", test::by_form("2", "60")});
    CHECK(seen["short, unprofiled"] == 0);
    CHECK(seen["sent in part, unprofiled"] == 0);
    CHECK(seen["short, profiled"] > 0);
    CHECK(seen["sent in part, profiled"] > 0);
    CHECK(seen["failed, profiled"] == 0);
}
