// Threads that come and go.

#include "support/scenario.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>

TEST_CASE("threads return, exit, are cancelled and detached by the thousand") {
    const std::string threads = test::by_form("3000", "10000");
    const test::figures seen = test::scenario("threads", {threads});
    CHECK(seen["objects not destroyed"] == 0);
    CHECK(seen["short lives"] == seen["threads"] / 2);
    CHECK(seen["samples"] > 100);
#if !TEST_ADDRESS_SANITIZER // which keeps memory of its own for each thread
    // Less than one thread in twenty left its record (and the C library its stacks) behind.
    CHECK(seen["grown by kilobytes"] < seen["threads"] / 20 * 64 + 40'000);
#endif
}

#if !TEST_ADDRESS_SANITIZER // which has a pthread_cancel of its own
TEST_CASE("a handler that other signals interrupt does not survive a cancelled thread") {
    CHECK(test::run_scenario("threads", {"3000", "naive"}).signal == SIGABRT);
}
#endif

TEST_CASE("threads with the same id, one after the other, are not taken for one") {
    const std::string which = GENERATE("registered", "all");
    const std::string count =
        which == "all" ? test::by_form("20", "500") : test::by_form("200", "5000");
    // With ids of its own: those of other processes are left alone.
    const test::outcome ended =
        test::run_scenario("reused_ids", {which, count}, {}, {"unshare", "-Urpf", "--mount-proc"});
    if (ended.exit_code == 77 || ended.out.empty()) {
        WARN("not tested: namespaces are not allowed here");
        return;
    }
    REQUIRE(ended.exit_code == 0);
    const test::figures seen(ended.out);
    CHECK(seen["would be mixed, filed by the id alone"] == 1);
    CHECK(seen["with samples of others"] == 0);
    CHECK(seen["samples"] > 50);
}
