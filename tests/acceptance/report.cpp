// Programs that start their profile by their macros alone, and what the environment does to them.

#include "support/process.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <string>

namespace {

const std::string own_output = "the program's own output\n";

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::size_t times_in(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

} // namespace

TEST_CASE("a report on stderr and nothing else of the program is changed") {
    const test::outcome ended = test::run("automatic");
    INFO(ended.error);
    CHECK(ended.exit_code == 3);
    CHECK(ended.out == own_output);
    CHECK(contains(ended.error, "the scope"));
    CHECK(contains(ended.error, "Samples:"));
}

TEST_CASE("a report is printed when exit is called inside scopes") {
    const test::outcome ended = test::run("automatic", {"exit"});
    INFO(ended.error);
    CHECK(ended.exit_code == 7);
    CHECK(contains(ended.error, "outer scope"));
    CHECK(contains(ended.error, "the scope"));
}

TEST_CASE("SCOPETREE=off prints nothing") {
    const test::outcome ended = test::run("automatic", {}, {"SCOPETREE=off"});
    CHECK(ended.exit_code == 3);
    CHECK(ended.out == own_output);
    CHECK(ended.error.empty());
}

TEST_CASE("SCOPETREE_OUTPUT writes the report to a file") {
    const std::string path = test::built("report of acceptance.txt");
    const test::outcome ended = test::run("automatic", {}, {"SCOPETREE_OUTPUT=" + path});
    CHECK(ended.exit_code == 3);
    CHECK(ended.error.empty());
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    ::unlink(path.c_str());
    CHECK(contains(text.str(), "the scope"));
}

TEST_CASE("an unwritable SCOPETREE_OUTPUT is named and costs the report only") {
    const test::outcome ended =
        test::run("automatic", {}, {"SCOPETREE_OUTPUT=/nowhere/at/all.txt"});
    CHECK(ended.exit_code == 3);
    CHECK(ended.out == own_output);
    CHECK(contains(ended.error, "/nowhere/at/all.txt"));
}

TEST_CASE("nonsense in the environment is named with what would be accepted") {
    const std::pair<const char*, const char*> nonsense[] = {
        {"SCOPETREE=maybe", "on or off"},
        {"SCOPETREE_INTERVAL=5", "a duration with its unit"},
        {"SCOPETREE_INTERVAL=-1ms", "a duration with its unit"},
        {"SCOPETREE_THREADS=some", "registered or all"},
        {"SCOPETREE_OUTPUT=report.doc", ".txt"},
        {"SCOPETREE_INTERVALL=1ms", "did you mean SCOPETREE_INTERVAL?"},
    };
    for (const auto& [variable, accepted] : nonsense) {
        const test::outcome ended = test::run("automatic", {}, {variable});
        const std::string text = variable;
        INFO(text << "\n" << ended.error);
        CHECK(ended.exit_code == 3);
        CHECK(ended.out == own_output);
        CHECK(contains(ended.error, text.substr(0, text.find('='))));
        CHECK(contains(ended.error, accepted));
        CHECK(contains(ended.error, "the scope")); // and the report is there
    }
}

TEST_CASE("a forked child prints nothing, its parent reports") {
    const test::outcome ended = test::run("automatic", {"fork"});
    INFO(ended.error);
    CHECK(ended.exit_code == 0);
    CHECK(contains(ended.out, "child's exit code: 5"));
    CHECK(times_in(ended.error, "Samples:") == 1);
    CHECK(contains(ended.error, "the scope"));
}

TEST_CASE("a forked child may profile itself") {
    const test::outcome ended = test::run("automatic", {"fork_starts"});
    INFO(ended.out << ended.error);
    CHECK(ended.exit_code == 0);
    CHECK(contains(ended.out, "child's samples: some"));
    CHECK(contains(ended.out, "child's exit code: 5"));
    CHECK(times_in(ended.error, "Samples:") == 1);
}

TEST_CASE("threads have names, and those that met no macro are shown when asked for") {
    const test::outcome registered = test::run("automatic", {"stranger"});
    INFO(registered.error);
    CHECK(contains(registered.error, "a thread with a name"));
    CHECK_FALSE(contains(registered.error, "stranger ─"));
    const test::outcome all = test::run("automatic", {"stranger"}, {"SCOPETREE_THREADS=all"});
    INFO(all.error);
    CHECK(contains(all.error, "a thread with a name"));
    CHECK(contains(all.error, "stranger ─"));
}

TEST_CASE("compiled out, nothing of it is left in the program") {
    const test::outcome symbols = test::run_command({"nm", "-C", test::built("compiled_out")});
    REQUIRE(symbols.exit_code == 0);
    CHECK(contains(symbols.out, " main"));
    CHECK_FALSE(contains(symbols.out, "scopetree"));
    const test::outcome ended = test::run("compiled_out");
    CHECK(ended.exit_code == 0);
    CHECK(ended.out + ended.error == "");
}

TEST_CASE("without the short macros the prefixed ones are there") {
    const test::outcome ended = test::run("prefixed_only", {}, {"SCOPETREE_SHOW_ALL=on"});
    INFO(ended.error);
    CHECK(ended.exit_code == 0);
    CHECK(contains(ended.error, "the timed scope"));
}
