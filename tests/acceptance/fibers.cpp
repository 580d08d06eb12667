// Stacks that are small, and switched: by the C library, and by Boost.Context.

#include "support/scenario.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

// The address sanitizer has a stack of its own for handlers, and larger frames.
#if !TEST_ADDRESS_SANITIZER

namespace {

#if SCOPETREE_TEST_BOOST_CONTEXT
const std::vector<std::string> programs{"fibers", "boost_fibers"};
#else
const std::vector<std::string> programs{"fibers"}; // boost_fibers needs libboost_context
#endif

/// In each program; by the default policy, and where frame pointers are followed.
test::figures fibers(const std::string& mode, const char* long_seconds = "60") {
    const std::string program = GENERATE(from_range(programs));
    const std::string policy = GENERATE("boost_stacktrace", "frame_pointers");
    const std::string interval = test::long_form() ? GENERATE("100", "1000") : "100";
    const test::figures seen =
        test::scenario(program, {mode, test::by_form("0.5", long_seconds), interval, policy});
    CHECK(seen["samples"] > 100);
    CHECK(seen["wrong parents"] == 0);
    CHECK(seen["samples of functions that nobody called"] == 0);
    CHECK(seen["most stack used"] <= 8192);
    return seen;
}

} // namespace

TEST_CASE("fibers with small stacks are sampled and not overrun") {
    const test::figures seen = fibers("apart");
    CHECK(seen["samples in scopes"] > 0.3 * seen["samples"]);
    CHECK(seen["samples in scopes of another fiber"] == 0);
}

TEST_CASE("the first signal of a process takes no more of the stack than any other") {
    const std::string policy = GENERATE("boost_stacktrace", "frame_pointers");
    const test::figures seen = test::scenario("fibers", {"first", "2", "100000", policy});
    CHECK(seen["samples of the first"] > 0);
    CHECK(seen["samples of the second"] > seen["samples of the first"]);
    CHECK(seen["stack used by the first"] < seen["stack used by the second"] + 500);
}

TEST_CASE("a handler that unwinds onto the stack overruns that of a small fiber") {
    const std::string program = GENERATE(from_range(programs));
    CHECK(test::crashed(test::run_scenario(program, {"apart", "10", "100", "naive"})));
}

TEST_CASE("fibers that switch inside of scopes keep their frames") {
    const test::figures seen = fibers("in_scopes");
    // Their scopes are those of the thread, however: each fiber is shown in those of the others.
    CHECK(seen["samples in scopes of another fiber"] > 0.5 * seen["samples"]);
}

TEST_CASE("fibers that say that they switch keep their scopes, too") {
    const test::figures seen = fibers("that_say_so");
    CHECK(seen["samples in scopes"] > 0.3 * seen["samples"]);
    // In the midst of a switch the stack can be neither's, and only the scopes are known.
    CHECK(seen["samples in scopes of another fiber"] < 0.01 * seen["samples"]);
}

TEST_CASE("fibers that do nothing but switch are sampled in the midst of it") {
    const test::figures seen = fibers("in_haste");
    CHECK(seen["switches"] > 10'000); // which take nearly all of the time, and few scopes are seen
    CHECK(seen["samples in scopes of another fiber"] < 0.01 * seen["samples"]);
}

TEST_CASE("where the program has a stack for signal handlers it is used") {
    const test::figures seen = fibers("with_signal_stack", "10");
    CHECK(seen["most stack used"] < 4500);
    CHECK(seen["samples in scopes"] > 0.3 * seen["samples"]);
}

#endif
