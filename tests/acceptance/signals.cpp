// Programs that make life hard for a profiler that sends signals.

#include "support/scenario.hpp"

#include <catch2/catch.hpp>

#include <string>

TEST_CASE("threads come and go by the thousand") {
    const test::figures seen = test::scenario("signals", {"many_threads"});
    CHECK(seen["calls"] == seen["threads"]);
    CHECK(seen["named last"] == 1);
    CHECK(seen["threads in the session"] < 100);
    CHECK(seen["adds up"] == 1);
}

TEST_CASE("exec in the midst of sampling does not kill") {
    const test::figures seen = test::scenario("signals", {"execs", test::by_form("100", "1000")});
    CHECK(seen["killed"] == 0);
    CHECK(seen["failed"] == 0);
}

TEST_CASE("a signal whose default kills would have killed at exec") {
    const test::figures seen = test::scenario("signals", {"execs", "20000", "naive"});
    CHECK(seen["killed"] > 0);
}

TEST_CASE("exceptions on four threads are sampled without a crash") {
    const test::figures seen = test::scenario("signals", {"throws", test::by_form("3", "60")});
    CHECK(seen["alive"] == 0);
    CHECK(seen["caught"] > 100);
    CHECK(seen["calls"] == 11 * seen["caught"]);
    CHECK(seen["samples"] > 500);
    CHECK(seen["unwinding"] > 0);
}

TEST_CASE("a thousand exceptions a second are sampled without a crash") {
    const test::figures seen =
        test::scenario("signals", {"throws_slowly", test::by_form("2", "600")});
    CHECK(seen["alive"] == 0);
    CHECK(seen["caught"] > 200);
    CHECK(seen["calls"] == 11 * seen["caught"]);
}

#if !TEST_ADDRESS_SANITIZER && !defined(__clang__) // whose frames are others
TEST_CASE("a handler that unwinds out of the unwinder crashes") {
    CHECK(test::crashed(test::run_scenario("signals", {"throws", "30", "naive"})));
}
#endif

TEST_CASE("the sampling signal from elsewhere gets to the program's handler, each once") {
    const std::string order = GENERATE("before", "after", "instead");
    const test::figures seen = test::scenario("storm", {order, test::by_form("3", "60")});
    CHECK(seen["handled"] == seen["sent"]);
    CHECK(seen["handled"] > 100);
    CHECK(seen["handled from threads"] > 100);
    if (order == "instead") { // errno is then the program's own affair
        // One for each thread that is waited for in vain, at most, and no more.
        CHECK(seen["samples"] + seen["samples in the storm"] == 0);
        CHECK(seen["profiler's own passed on"] <= 8);
    } else {
        CHECK(seen["errno changed"] == 0);
        CHECK(seen["profiler's own passed on"] == 0);
        CHECK(seen["samples"] > 100);
    }
    // Of two such signals to one thread the kernel keeps one: what was lost is sent again.
    if (order == "before")
        CHECK(seen["samples in the storm"] > 0.1 * seen["samples"]);
}

TEST_CASE("whoever takes every signal for its own keeps them from the program's handler") {
    const test::figures seen = test::scenario("storm", {"naive", "1"});
    CHECK(seen["handled from threads"] == 0);
    CHECK(seen["errno changed"] > 0);
    CHECK(seen["samples in the storm"] > 10); // of a thread that was to be sampled never
}

TEST_CASE("a handler in the place of the profiler's is told of in the report") {
    const test::outcome replaced = test::run_scenario("storm", {"instead", "1"});
    CHECK(replaced.out.find("note: the program has put a handler") != std::string::npos);
    const test::outcome before = test::run_scenario("storm", {"before", "1"});
    CHECK(before.out.find("note: ") == std::string::npos);
}

TEST_CASE("profiles start and stop in a storm of signals") {
    const test::figures seen = test::scenario("storm", {"restarts", test::by_form("30", "1000")});
    CHECK(seen["exact"] == seen["restarts"]);
    CHECK(seen["samples"] > 0);
}

TEST_CASE("whoever gives back at once what a late signal needs crashes") {
    CHECK(test::crashed(test::run_scenario("storm", {"restarts", "100000", "naive"})));
}

TEST_CASE("of two threads that start a profile at once one is told why not") {
    const test::figures seen = test::scenario("storm", {"together", test::by_form("100", "1000")});
    CHECK(seen["started"] == seen["times"]);
    CHECK(seen["refused"] == seen["times"]);
    CHECK(seen["other errors"] == 0);
}

TEST_CASE("whoever first looks and then says that it runs lets both start") {
    const test::figures seen = test::scenario("storm", {"together", "100", "naive"});
    CHECK(seen["started"] > seen["times"]);
}

// The address sanitizer's allocator has one lock for all, which such a thread may hold.
#if !TEST_ADDRESS_SANITIZER
TEST_CASE("a profile stops while a thread is held up in a handler") {
    const test::figures seen = test::scenario("storm", {"stuck", test::by_form("20", "1000")});
    CHECK(seen["stopped"] == seen["times"]);
    CHECK(seen["samples afterwards"] > 0);
}

TEST_CASE("whoever waits for such a handler hangs") {
    CHECK(test::run_scenario("storm", {"stuck", "1", "naive"}).signal == SIGALRM);
}
#endif
