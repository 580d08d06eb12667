// Programs that make life hard for a profiler that sends signals.

#include "support/process.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace {

test::figures figures_of(const std::string& mode) {
    const test::outcome ended = test::run("signals", {mode});
    INFO(ended.out << ended.error);
    REQUIRE(ended.signal == 0);
    REQUIRE(ended.exit_code == 0);
    return test::figures(ended.out);
}

} // namespace

TEST_CASE("the program's own handler gets its own signals, each once, and errno stays intact") {
    const test::figures seen = figures_of("own_handler");
    CHECK(seen["handled"] == seen["sent"]);
    CHECK(seen["errno changed"] == 0);
    CHECK(seen["samples"] > 50);
}

TEST_CASE("threads come and go by the thousand") {
    const test::figures seen = figures_of("many_threads");
    CHECK(seen["calls"] == seen["threads"]);
    CHECK(seen["named last"] == 1);
    CHECK(seen["threads in the session"] < 100);
    CHECK(seen["adds up"] == 1);
}

TEST_CASE("exec in the midst of sampling does not kill") {
    const test::figures seen = figures_of("many_execs");
    CHECK(seen["killed"] == 0);
    CHECK(seen["failed"] == 0);
}

TEST_CASE("exceptions on four threads are sampled without a crash") {
    const test::figures seen = figures_of("throws");
    CHECK(seen["alive"] == 0);
    CHECK(seen["caught"] > 100);
    CHECK(seen["calls"] == 11 * seen["caught"]);
    CHECK(seen["samples"] > 500);
    CHECK(seen["unwinding"] > 0);
}
