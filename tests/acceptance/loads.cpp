// Libraries that come and go.

#include "support/scenario.hpp"

#include "../support/scratch_folder.hpp"

#include <catch2/catch.hpp>

TEST_CASE("a library is loaded, called, throws and is unloaded again and again") {
    const test::figures seen = test::scenario(
        "loads", {"churn", test::built("library.so"), test::by_form("3000", "100000")});
    CHECK(seen["gone"] == 1);
    CHECK(seen["failed"] == 0);
    CHECK(seen["calls"] == seen["rounds"]);
    CHECK(seen["timed calls"] == seen["rounds"]);
    CHECK(seen["samples"] > 50);
    CHECK(seen["samples in its functions"] > 0);
}

TEST_CASE("whoever keeps a name by its address crashes when the library is gone") {
    const test::outcome ended =
        test::run_scenario("loads", {"naive", test::built("library.so"), "1"});
    CHECK(test::crashed(ended));
}

// The address sanitizer takes thread-locals of its own.
#if !TEST_ADDRESS_SANITIZER
TEST_CASE("the profiler is loaded when there is hardly room for static thread-locals") {
    const test::scratch_folder folder;
    const test::figures seen =
        test::scenario("loads", {"static_tls", test::built("tls_hog.so"), test::built("whole.so"),
                                 test::built("tls_large.so"), folder.path()});
    CHECK(seen["large one loaded"] == 0);
    CHECK(seen["loaded"] == 1);
    CHECK(seen["samples"] > 10);
}
#endif
