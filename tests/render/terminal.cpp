#include <scopetree/render/terminal.hpp>

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <map>

using namespace scopetree;
using variables = std::map<std::string, std::string>;

namespace {

terminal resolve(const variables& set, descriptor_facts facts, const text_options& chosen = {}) {
    return resolve_terminal(chosen, facts, [&](const char* name) {
        const auto found = set.find(name);
        return found == set.end() ? std::nullopt : std::optional<std::string>(found->second);
    });
}

struct color_row {
    variables set;
    bool is_terminal;
    toggle chosen;
    bool color;
};

struct unicode_row {
    variables set;
    toggle chosen;
    bool unicode;
};

} // namespace

TEST_CASE("terminal: colour", "[render]") {
    const toggle none = toggle::automatic;
    const color_row rows[] = {
        {{{"TERM", "xterm"}}, true, none, true},
        {{{"TERM", "xterm"}}, false, none, false},
        {{{"TERM", "dumb"}}, true, none, false},
        {{{"TERM", ""}}, true, none, false},
        {{}, true, none, false},
        {{{"TERM", "xterm"}, {"NO_COLOR", "1"}}, true, none, false},
        {{{"TERM", "xterm"}, {"NO_COLOR", ""}}, true, none, true},
        {{{"FORCE_COLOR", "1"}}, false, none, true},
        {{{"CLICOLOR_FORCE", "1"}}, false, none, true},
        {{{"FORCE_COLOR", "0"}, {"CLICOLOR_FORCE", "0"}}, false, none, false},
        {{{"FORCE_COLOR", ""}}, false, none, false},
        {{{"FORCE_COLOR", "1"}, {"TERM", "dumb"}}, true, none, true},
        {{{"NO_COLOR", "1"}, {"FORCE_COLOR", "1"}}, true, none, false},
        {{{"NO_COLOR", "1"}}, false, toggle::on, true},
        {{{"FORCE_COLOR", "1"}, {"TERM", "xterm"}}, true, toggle::off, false},
    };
    for (const color_row& row : rows) {
        INFO("row " << &row - rows);
        text_options chosen;
        chosen.color = row.chosen;
        CHECK(resolve(row.set, {row.is_terminal, 80}, chosen).color == row.color);
    }
}

TEST_CASE("terminal: Unicode", "[render]") {
    const toggle none = toggle::automatic;
    const unicode_row rows[] = {
        {{{"LANG", "en_US.UTF-8"}}, none, true},
        {{{"LANG", "C.utf8"}}, none, true},
        {{{"LANG", "C"}}, none, false},
        {{{"LANG", "de_DE.ISO-8859-15@euro"}}, none, false},
        {{}, none, false},
        {{{"LC_ALL", "C"}, {"LC_CTYPE", "C.UTF-8"}, {"LANG", "C.UTF-8"}}, none, false},
        {{{"LC_ALL", ""}, {"LC_CTYPE", "C.UTF-8"}, {"LANG", "C"}}, none, true},
        {{{"LC_CTYPE", "C"}, {"LANG", "C.UTF-8"}}, none, false},
        {{{"LANG", "C"}}, toggle::on, true},
        {{{"LANG", "C.UTF-8"}}, toggle::off, false},
    };
    for (const unicode_row& row : rows) {
        INFO("row " << &row - rows);
        text_options chosen;
        chosen.unicode = row.chosen;
        CHECK(resolve(row.set, {true, 80}, chosen).unicode == row.unicode);
    }
}

TEST_CASE("terminal: the width is that of a terminal only", "[render]") {
    CHECK(resolve({{"COLUMNS", "50"}}, {true, 80}).width == 80);
    CHECK(resolve({{"COLUMNS", "50"}}, {true, 0}).width == 0);
    CHECK(resolve({{"COLUMNS", "50"}}, {false, 80}).width == 0);
    CHECK(resolve({}, {true, -1}).width == 0);
}

TEST_CASE("terminal: of a stream nothing is known", "[render]") {
    text_options chosen;
    CHECK_FALSE(terminal_of_stream(chosen).color);
    CHECK(terminal_of_stream(chosen).unicode);
    CHECK(terminal_of_stream(chosen).width == 0);
    chosen.color = toggle::on;
    chosen.unicode = toggle::off;
    CHECK(terminal_of_stream(chosen).color);
    CHECK_FALSE(terminal_of_stream(chosen).unicode);
}

TEST_CASE("terminal: what the system says of a descriptor", "[render]") {
    CHECK_FALSE(facts_of(-1).is_terminal);
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    CHECK_FALSE(facts_of(ends[1]).is_terminal);
    CHECK(facts_of(ends[1]).columns == 0);
    close(ends[0]);
    close(ends[1]);

    const int control = posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(control >= 0);
    REQUIRE(grantpt(control) == 0);
    REQUIRE(unlockpt(control) == 0);
    const int user = open(ptsname(control), O_RDWR | O_NOCTTY);
    REQUIRE(user >= 0);
    winsize size{};
    size.ws_col = 123;
    REQUIRE(ioctl(control, TIOCSWINSZ, &size) == 0);
    CHECK(facts_of(user).is_terminal);
    CHECK(facts_of(user).columns == 123);
    CHECK(terminal_for(user).width == 123);
    close(user);
    close(control);
}
