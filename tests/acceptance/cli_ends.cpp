// Whatever way a program ends, `scopetree run` has a report of it, and the program does what it
// does without.

#include "support/process.hpp"

#include "../support/scratch_folder.hpp"

#include <scopetree/model/session_store.hpp>
#include <scopetree/render/text.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <string>
#include <vector>

namespace {

using words = std::vector<std::string>;

struct command {
    test::scratch_folder folder;

    /// The program `ends`, or the one that `line` begins with.
    test::outcome run(const words& line) const {
        return start({SCOPETREE_COMMAND, "run", "--"}, line);
    }
    test::outcome plain(const words& line) const { return start({}, line); }

    bool has_report_of(const std::string& function) const {
        const scopetree::session_store store(folder / "scopetree");
        return !store.list().empty() &&
               scopetree::to_text(scopetree::session::load(store.newest().path)).find(function) !=
                   std::string::npos;
    }

private:
    test::outcome start(words all, const words& line) const {
        all.insert(all.end(), line.begin(), line.end());
        return test::run_command(all, {"XDG_STATE_HOME=" + folder.path(), "LC_ALL=C.UTF-8", "_="});
    }
};

words ends(words rest) {
    rest.insert(rest.begin(), test::built("ends"));
    return rest;
}

std::string shown(const words& line) {
    return Catch::StringMaker<words>::convert(line);
}

void check_unchanged(const words& line, bool works = true) {
    const command scopetree_command;
    const test::outcome plain = scopetree_command.plain(line);
    const test::outcome profiled = scopetree_command.run(line);
    INFO(shown(line) << profiled.error);
    CHECK(profiled.exit_code == plain.exit_code);
    CHECK(profiled.signal == plain.signal);
    CHECK(profiled.out == plain.out);
    CHECK_FALSE(profiled.timed_out);
    CHECK(scopetree_command.has_report_of("work_before_the_end") == works);
}

} // namespace

TEST_CASE("run: however a program ends, there is a report and the end is the same") {
    for (const char* const way : {"_exit", "_Exit", "quick_exit", "_exit elsewhere", "restored",
                                  "handler", "ignored", "sigwait", "signalfd", "children"})
        check_unchanged(ends({way}));
    for (const int signal : {SIGHUP, SIGINT, SIGPIPE, SIGTERM})
        check_unchanged(ends({"signal", std::to_string(signal)}));
    CHECK(command().run(ends({"_exit"})).exit_code == 11); // neither is by mistake
    CHECK(command().run(ends({"signal", "15"})).signal == SIGTERM);
}

TEST_CASE("run: a program sees the actions of signals that it would see without") {
    check_unchanged(ends({"actions"}), false);
    CHECK(command().run(ends({"actions"})).out == "default\ndefault\ndefault\ndefault\n");
}

TEST_CASE("run: a program that becomes another by exec is followed") {
    for (const char* const function :
         {"execv", "execve", "execvp", "execvpe", "execl", "execlp", "execle"})
        check_unchanged(ends({function, test::built("ends"), "_exit"}));
    check_unchanged({"sh", "-c", "exec " + test::built("ends") + " _exit"});
    check_unchanged({"nice", "env", "ADDED=1", test::built("ends"), "signal", "15"});
}

TEST_CASE("run: what a program becomes sees the environment that it was given") {
    for (const words& line : {ends({"execv", "/usr/bin/env"}), ends({"execve", "/usr/bin/env"}),
                              words{"env", "LD_PRELOAD=libm.so.6", "env"}})
        check_unchanged(line, false);
}

TEST_CASE("run: what a program starts is not profiled") {
    const command scopetree_command;
    const test::outcome ended =
        scopetree_command.run({"sh", "-c", test::built("ends") + " signal 15; echo $?"});
    CHECK(ended.exit_code == 0);
    CHECK(ended.out == "143\n");
    CHECK(scopetree_command.has_report_of("Program:   sh -c"));
    CHECK_FALSE(scopetree_command.has_report_of("work_before_the_end"));
}
