// Profiles that are started and stopped by hand.

#include "support/process.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace {

/// For scopes a million levels deep.
constexpr int allowed_kilobytes = 20'000;

} // namespace

TEST_CASE("profiles start, stop, exclude each other and may be looked at while they run") {
    const test::outcome ended = test::run("lifecycle");
    INFO(ended.out << ended.error);
    REQUIRE(ended.exit_code == 0);
    const auto says = [&](const std::string& line) {
        return ended.out.find(line) != std::string::npos;
    };
    CHECK(says("stop before start: scopetree: the profiler is not running"));
    CHECK(says("snapshot before start: scopetree: the profiler is not running"));
    CHECK(says("second: scopetree: a profiler is running already"));
    CHECK(says("twice: scopetree: a profiler is running already"));
    CHECK(says("second afterwards: no error"));
    const test::figures seen(ended.out);
    CHECK(seen["snapshot adds up"] == 1);
    CHECK(seen["snapshot calls"] == 1);
    CHECK(seen["snapshots grow"] == 1);
    CHECK(seen["calls in the end"] == 2);
    CHECK(seen["wall in the end"] <= seen["duration"]);
    CHECK(seen["runs with exact counts"] == seen["runs"]);
}

TEST_CASE("scopes a thousand levels deep are all counted") {
    const test::outcome ended = test::run("depth", {"999", "100"});
    INFO(ended.out << ended.error);
    REQUIRE(ended.exit_code == 0);
    const test::figures seen(ended.out);
    CHECK(seen["level"] == 99'900);
    CHECK(seen["at the bottom"] == 100);
    CHECK(seen["afterwards"] == 1);
    CHECK(seen["notes"] == 0);
}

TEST_CASE("scopes a million levels deep stay bounded") {
    const test::outcome ended = test::run("depth", {"1000000", "3"});
    INFO(ended.out << ended.error);
    REQUIRE(ended.exit_code == 0);
    const test::figures seen(ended.out);
    CHECK(seen["grown by kilobytes"] < allowed_kilobytes);
    CHECK(seen["level"] >= 1000);
    CHECK(seen["afterwards"] == 1);
    CHECK(ended.out.find("note: ") != std::string::npos);
    CHECK(ended.out.find("\n[afterwards]\n") != std::string::npos); // below no other scope
}

TEST_CASE("whoever makes a node for each level of scopes is without bound") {
    const test::outcome ended = test::run("depth", {"1000000", "1", "naive"});
    INFO(ended.out << ended.error);
    REQUIRE(ended.exit_code == 0);
    CHECK(test::figures(ended.out)["grown by kilobytes"] > allowed_kilobytes);
}
