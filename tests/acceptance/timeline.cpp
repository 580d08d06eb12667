// The order in which a program did what it did.

#include "support/process.hpp"

#include <catch2/catch.hpp>

#include <sstream>
#include <string>

namespace {

/// The first letters of the lines of `reads` and `writes`.
std::string phases_in(const std::string& report) {
    std::string phases;
    std::istringstream lines(report);
    for (std::string line; std::getline(lines, line);) {
        if (line.find("::reads") != std::string::npos)
            phases += 'r';
        if (line.find("::writes") != std::string::npos)
            phases += 'w';
    }
    return phases;
}

} // namespace

TEST_CASE("a timeline shows phases in their order") {
    const test::outcome ended = test::run("phases", {}, {"SCOPETREE_TIMELINE=on"});
    INFO(ended.error);
    REQUIRE(ended.exit_code == 0);
    CHECK(phases_in(ended.error) == "rwrwrwrw");
    CHECK(ended.error.find("in the order of the calls") != std::string::npos);
    CHECK(ended.error.find("×1\n") != std::string::npos); // the scope around them is whole
}

TEST_CASE("without a timeline they are added up") {
    const test::outcome ended = test::run("phases");
    INFO(ended.error);
    CHECK(phases_in(ended.error).size() == 2);
}
