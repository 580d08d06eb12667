// Forks under sampling, while other threads work.

#include "support/scenario.hpp"

#include <catch2/catch.hpp>

#include <string>

// The address sanitizer takes what the threads of a parent hold for leaks of its child.
#if !TEST_ADDRESS_SANITIZER

namespace {

void check_children(const std::string& how, const std::string& times) {
    const test::figures seen = test::scenario("forks", {how, times});
    CHECK(seen["failed"] == 0);
    CHECK(seen["hung"] == 0);
    CHECK(seen["killed"] == 0);
    CHECK(seen["calls"] == seen["forks"]);
    CHECK(seen["samples"] > 20);
}

} // namespace

TEST_CASE("children of forks work, start threads, throw and end") {
    check_children("children", test::by_form("150", "1000"));
}

TEST_CASE("children of forks profile themselves") {
    check_children("starts", test::by_form("25", "1000"));
}

TEST_CASE("children of forks find the loader's lock open") {
    check_children("loader", test::by_form("8000", "100000"));
}

TEST_CASE("a lock that a thread holds during a fork hangs the child") {
    CHECK(test::scenario("forks", {"naive", "50"})["hung"] > 0);
}

TEST_CASE("a fork of a large process takes as long as ever") {
    const std::string megabytes = test::by_form("256", "1536");
    const test::figures seen = test::scenario("forks", {"large", megabytes, "5"});
    CHECK(seen["ratio"] < (test::long_form() ? 1.1 : 1.5));
}

#endif
