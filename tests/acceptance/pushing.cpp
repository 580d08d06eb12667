// A server for profiles that is away for a while, and a busy service that must not mind.

#include "support/scenario.hpp"

#include <catch2/catch.hpp>

TEST_CASE("a busy service goes on while the server that it pushes to is away") {
    const test::figures seen = test::scenario("pushing", {test::by_form("2", "60")});
    CHECK(seen["sent before"] >= 5);
    CHECK(seen["sent while it is away"] <= 2); // some may have been on their way
    CHECK(seen["failures while it is away"] >= 2);
    CHECK(seen["arrived after"] >= 5);
    CHECK(seen["dropped"] >= 1);
    CHECK(seen["taken"] == seen["sent"] + seen["dropped"]); // none is left, none is lost silently
    CHECK(seen["most bytes waiting"] <= seen["bytes that may wait"]);
    // Whatever else this machine does meanwhile.
    CHECK(seen["requests a second while it is away"] > 0.2 * seen["requests a second before"]);
#if !TEST_ADDRESS_SANITIZER // which keeps memory that was given back
    CHECK(seen["kilobytes while it is away"] < seen["kilobytes before"] + 4'096);
#endif
}
