// Threads that wait are left alone, however many there are.

#include "support/scenario.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace {

test::figures blocked(const std::string& threads, const std::string& milliseconds) {
    return test::scenario("blocked", {threads, milliseconds});
}

} // namespace

TEST_CASE("threads blocked in poll, nanosleep, futex and read get two signals at most") {
    const test::figures seen = blocked("200", "2000");
    CHECK(seen["blocked threads"] == 200);
    CHECK(seen["most signals"] <= 2);
    CHECK(seen["most signals"] >= 1); // or the count counts nothing
    CHECK(seen["interrupted more often than signalled"] == 0);
    CHECK(seen["blocked wall"] > 0.8 * seen["duration"]);
}

TEST_CASE("five hundred blocked threads stay within the timer thread's budget") {
    const test::figures seen = blocked("500", "3000");
    CHECK(seen["most signals"] <= 2);
    CHECK(seen["sampler CPU share"] < 0.05 * 1.5); // what the first ticks cost is saved again
    CHECK(seen["blocked wall"] > 0.8 * seen["duration"]);
    // The thread that runs is sampled in every tick, once all the others have been seen waiting.
    CHECK(seen["busy samples"] > 0.3 * seen["ticks"]);
}

TEST_CASE("a busy thread keeps its speed beside a thousand that wait") {
    const std::string milliseconds = test::by_form("3000", "120000");
    const test::figures seen = test::scenario("blocked", {"1000", milliseconds, "speed"});
    CHECK(seen["keeps of its speed"] > (test::long_form() ? 0.95 : 0.7)); // others are at work
    CHECK(seen["sampler CPU share"] < 0.05 * 1.5);
}

// What that costs the busy thread depends on whether another processor is free.
TEST_CASE("whoever signals threads that wait takes more of a processor than is allowed") {
    const test::figures seen = test::scenario("blocked", {"1000", "2000", "naive"});
    CHECK(seen["most signals"] > 10);
    CHECK(seen["sampler CPU share"] > 0.05 * 1.5);
}
