// Services with a middleware: what they say when they end.

#include "support/process.hpp"

#include <support/text_search.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <string>

using test::contains;
using test::times_in;

TEST_CASE("a service ends with the report of its requests, and no other") {
    for (const char* const way : {"main", "static", "exit"}) {
        const test::outcome ended = test::run("served", {way});
        INFO(way << ": " << ended.error);
        const bool exits = std::string(way) == "exit";
        CHECK(ended.exit_code == (exits ? 4 : 3));
        CHECK(ended.out == (exits ? "" : "the program's own output\n"));
        CHECK(contains(ended.error, "Requests:  " + std::to_string(exits ? 2 : 5)));
        CHECK(contains(ended.error, "look up"));
        CHECK(times_in(ended.error, "Samples:") == 1);
        CHECK(contains(ended.error, "What the threads did"));
    }
}

TEST_CASE("a service that served nothing says so, and reports its threads") {
    const test::outcome ended = test::run("served", {"nothing"});
    INFO(ended.error);
    CHECK(ended.exit_code == 3);
    CHECK(ended.out == "the program's own output\n");
    CHECK(contains(ended.error, "No request has ended."));
}

TEST_CASE("a service that an exception ends is ended by it") {
    const test::outcome dies = test::run("served", {"throw"});
    INFO(dies.error);
    CHECK(dies.signal == SIGABRT);
    CHECK(contains(dies.error, "nobody catches this"));
}
