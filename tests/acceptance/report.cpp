// Programs that start their profile by their macros alone, and what the environment does to them.

#include "support/process.hpp"

#include "../support/gunzip.hpp"
#include "../support/scratch_folder.hpp"

#include <scopetree/model/session_store.hpp>
#include <scopetree/render/text.hpp>

#include <boost/json/parse.hpp>

#include <support/text_search.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using test::contains;
using test::times_in;

namespace {

const std::string own_output = "the program's own output\n";

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

TEST_CASE("a signal ends the program with a report where that is asked for") {
    const test::outcome plain = test::run("automatic", {"sigterm"});
    CHECK(plain.signal == SIGTERM);
    CHECK(plain.error.empty());
    for (const char* const signals : {"SIGTERM", "SIGINT,SIGTERM"}) {
        const test::outcome ended = test::run("automatic", {"sigterm"},
                                              {std::string("SCOPETREE_REPORT_ON=") + signals,
                                               "SCOPETREE_THREADS=all", "SCOPETREE_SHOW_ALL=on"});
        INFO(ended.error);
        CHECK(ended.signal == SIGTERM);
        CHECK(ended.out == own_output);
        CHECK(contains(ended.error, "the scope"));
        CHECK(contains(ended.error, "Threads:   1")); // the one that reports is none of them
    }
}

TEST_CASE("quick_exit leaves a report") {
    const test::outcome ended = test::run("automatic", {"quick_exit"});
    CHECK(ended.exit_code == 8);
    CHECK(contains(ended.error, "the scope"));
}

TEST_CASE("a signal asks for a report of the run so far") {
    const test::scratch_folder folder;
    const std::string path = folder / "a.txt";
    const test::outcome ended = test::run(
        "automatic", {"snapshot", path},
        {"SCOPETREE_SNAPSHOT_ON=SIGUSR2", "SCOPETREE_OUTPUT=" + path, "SCOPETREE_SHOW_ALL=on"});
    INFO(ended.error);
    CHECK(ended.exit_code == 4);
    CHECK(ended.out == own_output);
    CHECK(ended.error.empty());
    CHECK(contains(test::contents_of(path), "behind the snapshot"));
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

TEST_CASE("SCOPETREE_OUTPUT writes a session that can be looked at again") {
    const test::scratch_folder folder;
    const std::string path = folder / "a.scopetree";
    const test::outcome ended =
        test::run("automatic", {}, {"SCOPETREE_OUTPUT=" + path + "," + (folder / "a.txt")});
    CHECK(ended.exit_code == 3);
    CHECK(ended.error.empty());
    CHECK(folder.names() == std::vector<std::string>{"a.scopetree", "a.txt"});
    CHECK(scopetree::to_text(scopetree::session::load(path)) ==
          test::contents_of(folder / "a.txt"));
}

TEST_CASE("SCOPETREE_OUTPUT writes every format for other programs") {
    const test::scratch_folder folder;
    std::string paths;
    for (const char* const name :
         {"a.json", "b.speedscope.json", "c.folded", "d.pb.gz", "e.trace.json"})
        paths += (paths.empty() ? "" : ",") + (folder / name);
    const test::outcome ended = test::run("automatic", {}, {"SCOPETREE_OUTPUT=" + paths});
    CHECK(ended.exit_code == 3);
    CHECK(ended.out == own_output);
    CHECK(ended.error.empty());
    const auto read = [&](const char* name) { return test::contents_of(folder / name); };
    const auto parse = [&](const char* name) {
        boost::json::parse_options deep;
        deep.max_depth = 10'000;
        return boost::json::parse(read(name), {}, deep).as_object();
    };
    CHECK(parse("a.json").at("format") == "scopetree-report");
    CHECK(parse("b.speedscope.json").at("profiles").as_array().size() == 1);
    CHECK(parse("e.trace.json").at("traceEvents").as_array().size() > 3);
    for (const char* const name : {"a.json", "b.speedscope.json", "c.folded", "e.trace.json"}) {
        INFO(name);
        CHECK(contains(read(name), "the scope"));
    }
    CHECK(contains(test::gunzip(read("d.pb.gz")), "the scope"));
}

TEST_CASE("SCOPETREE_OUTPUT writes a page") {
    const test::scratch_folder folder;
    const std::string path = folder / "a.html";
    const test::outcome ended = test::run("automatic", {}, {"SCOPETREE_OUTPUT=" + path});
    CHECK(ended.exit_code == 3);
    CHECK(ended.error.empty());
    const std::string page = test::contents_of(path);
    CHECK(page.compare(0, 15, "<!DOCTYPE html>") == 0);
    CHECK(contains(page, "\"the scope\""));
}

TEST_CASE("the last sessions are kept, and the report says how to find them") {
    const test::scratch_folder folder;
    const scopetree::session_store store(folder / "scopetree");
    for (std::size_t run = 1; run <= 12; ++run) {
        const test::outcome ended = test::run("automatic", {}, {"XDG_STATE_HOME=" + folder.path()});
        CHECK(ended.exit_code == 3);
        CHECK(ended.out == own_output);
        const scopetree::kept_session newest = store.newest();
        CHECK(contains(ended.error, scopetree::show_again_hint(newest.id)));
        CHECK(contains(scopetree::to_text(scopetree::session::load(newest.path)), "the scope"));
        CHECK(store.list().size() == std::min<std::size_t>(run, 10));
    }
    CHECK(folder.names() == std::vector<std::string>{"scopetree"});
}

TEST_CASE("a session that cannot be kept costs one line and nothing else") {
    const std::string size_limit = "ulimit -f 1; exec " + test::built("automatic");
    const test::scratch_folder folder;
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
        {{"XDG_STATE_HOME=", "HOME="}, "neither XDG_STATE_HOME nor HOME is an absolute path"},
        {{"XDG_STATE_HOME=relative", "HOME=/proc/nowhere"}, "cannot write to /proc/nowhere/"},
        {{"XDG_STATE_HOME=/dev/null"}, "cannot write to /dev/null/scopetree: Not a directory"},
        {{"XDG_STATE_HOME=" + folder.path()}, "File too large"},
    };
    for (const auto& [variables, reason] : cases) {
        const test::outcome ended = test::run_command({"sh", "-c", size_limit}, variables);
        INFO(ended.error);
        CHECK(ended.exit_code == 3);
        CHECK(ended.out == own_output);
        CHECK(contains(ended.error, "the scope"));
        CHECK(times_in(ended.error, "\nscopetree: ") == 1);
        CHECK(contains(ended.error, "\nscopetree: the session is not kept: "));
        CHECK(contains(ended.error, reason));
        CHECK_FALSE(contains(ended.error, "show --prev"));
    }
    CHECK(scopetree::session_store(folder / "scopetree").list().empty());
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
