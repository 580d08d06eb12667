// The `scopetree` command as a whole, with sessions of its own.

#include "support/process.hpp"

#include "../support/scratch_folder.hpp"
#include "support/report_sessions.hpp"

#include <scopetree/model/session_combine.hpp>
#include <scopetree/model/session_store.hpp>
#include <scopetree/process/session_diff.hpp>
#include <scopetree/render/folded.hpp>
#include <scopetree/render/json.hpp>
#include <scopetree/render/text.hpp>
#include <scopetree/render/text_diff.hpp>

#include <support/text_search.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using test::contains;

namespace {

/// The command, and a folder for its sessions and for files.
struct command {
    test::scratch_folder folder;

    test::outcome operator()(std::vector<std::string> words,
                             std::vector<std::string> variables = {}) const {
        words.insert(words.begin(), SCOPETREE_COMMAND);
        variables.push_back("XDG_STATE_HOME=" + folder.path());
        variables.push_back("LC_ALL=C.UTF-8");
        variables.push_back("DISPLAY=");
        return test::run_command(words, variables);
    }
    scopetree::session_store store() const {
        return scopetree::session_store(folder / "scopetree");
    }
    std::string save(const std::string& name, const scopetree::session& source) const {
        source.save(folder / name);
        return folder / name;
    }
    /// Of the program that ran last.
    scopetree::session kept() const { return scopetree::session::load(store().newest().path); }
};

std::string as_json(const scopetree::session& source) {
    std::ostringstream text;
    scopetree::write_json(text, source);
    return text.str();
}

std::string as_folded(const scopetree::session& source) {
    std::ostringstream text;
    scopetree::write_folded(text, source);
    return text.str();
}

bool has_function(const scopetree::session& source, const std::string& name) {
    return contains(scopetree::to_text(source,
                                       [] {
                                           scopetree::text_options chosen;
                                           chosen.show_all = true;
                                           return chosen;
                                       }()),
                    name);
}

} // namespace

TEST_CASE("show writes what rendering writes, with every option") {
    const command scopetree_command;
    const scopetree::session source = test::service_session();
    const std::string file = scopetree_command.save("a.scopetree", source);
    using options = scopetree::text_options;
    const std::pair<std::vector<std::string>, void (*)(options&)> cases[] = {
        {{}, [](options&) {}},
        {{"--show-all"}, [](options& o) { o.show_all = true; }},
        {{"--flat"}, [](options& o) { o.flat = true; }},
        {{"--flat", "--flat-time", "total"},
         [](options& o) {
             o.flat = true;
             o.flat_time = scopetree::flat_time_kind::total;
         }},
        {{"--time", "percent"},
         [](options& o) { o.time = scopetree::time_display::percent_of_total; }},
        {{"--clock=cpu"}, [](options& o) { o.clock = scopetree::report_clock::cpu; }},
        {{"--clock", "both"}, [](options& o) { o.clock = scopetree::report_clock::both; }},
        {{"--threshold", "20%"}, [](options& o) { o.filter_threshold = 0.2; }},
        {{"--hide", "*parse*", "--hide=x,y"},
         [](options& o) {
             o.hide = {"*parse*", "x", "y"};
         }},
        {{"--show", "*memchr*"}, [](options& o) { o.show = {"*memchr*"}; }},
        {{"--merge-threads"}, [](options& o) { o.threads = scopetree::thread_display::merged; }},
        {{"--short"}, [](options& o) { o.short_mode = true; }},
        {{"--color", "on"}, [](options& o) { o.color = scopetree::toggle::on; }},
        {{"--unicode", "off"}, [](options& o) { o.unicode = scopetree::toggle::off; }},
    };
    for (const auto& [words, choose] : cases) {
        options chosen;
        choose(chosen);
        std::vector<std::string> line{"show", file};
        line.insert(line.end(), words.begin(), words.end());
        const test::outcome ended = scopetree_command(line);
        INFO(Catch::StringMaker<std::vector<std::string>>::convert(line) << ended.error);
        CHECK(ended.exit_code == 0);
        CHECK(ended.error.empty());
        CHECK(ended.out == scopetree::to_text(source, chosen));
    }
    const test::outcome by_environment =
        scopetree_command({"show", file}, {"SCOPETREE_SHOW_ALL=on"});
    options all;
    all.show_all = true;
    CHECK(by_environment.out == scopetree::to_text(source, all));
}

TEST_CASE("show writes other formats, by ending or by name") {
    const command scopetree_command;
    const scopetree::session source = test::service_session();
    const std::string file = scopetree_command.save("a.scopetree", source);
    CHECK(scopetree_command({"show", file, "-r", "json"}).out == as_json(source));
    CHECK(scopetree_command({"show", file, "-r", "folded", "-o", "-"}).out == as_folded(source));
    CHECK(scopetree_command({"show", file, "-r", "session"}).out == test::contents_of(file));
    CHECK(contains(scopetree_command({"show", file, "-r", "html"}).out, "<!DOCTYPE html>"));
    const std::string target = scopetree_command.folder / "b.json";
    const test::outcome written = scopetree_command({"show", file, "-o", target});
    CHECK(written.out + written.error == "");
    CHECK(test::contents_of(target) == as_json(source));
    const std::string odd = scopetree_command.folder / "b.odd";
    CHECK(scopetree_command({"show", file, "-o", odd, "-r", "folded"}).exit_code == 0);
    CHECK(test::contents_of(odd) == as_folded(source));
}

TEST_CASE("kept sessions are listed and found again") {
    const command scopetree_command;
    const test::outcome none = scopetree_command({"list"});
    CHECK(none.exit_code == 0);
    CHECK(contains(none.error, "no session is kept in " + scopetree_command.folder.path()));
    CHECK(contains(scopetree_command({"show", "--prev"}).error, "no session is kept"));

    scopetree::session first = test::service_session();
    first.pid = 11;
    scopetree::session second = test::inlined_session();
    second.pid = 22;
    second.recorded_unix_ns = first.recorded_unix_ns;
    second.program = "second \x1b[31mprogram";
    const std::string first_id = scopetree_command.store().keep(first).id;
    const std::string second_id = scopetree_command.store().keep(second).id;

    const test::outcome list = scopetree_command({"list"});
    CHECK(list.exit_code == 0);
    CHECK(contains(list.out, first_id));
    CHECK(contains(list.out, first.program));
    CHECK(list.out.find(second_id) < list.out.find(first_id));
    CHECK_FALSE(contains(list.out, "\x1b"));

    CHECK(scopetree_command({"show", "--prev"}).out == scopetree::to_text(second));
    CHECK(scopetree_command({"show", "--prev", first_id}).out == scopetree::to_text(first));
    CHECK(scopetree_command({"show", first_id}).out == scopetree::to_text(first));
    const test::outcome several = scopetree_command({"show", "--prev", first_id.substr(0, 8)});
    CHECK(several.exit_code == 1);
    CHECK(contains(several.error, "several sessions"));
}

TEST_CASE("combine and diff") {
    const command scopetree_command;
    const scopetree::session a = test::service_session();
    const scopetree::session b = test::inlined_session();
    const std::string file_a = scopetree_command.save("a.scopetree", a);
    const std::string file_b = scopetree_command.save("b.scopetree", b);
    CHECK(scopetree_command({"combine", file_a, file_b}).out ==
          scopetree::to_text(scopetree::session::combine({a, b})));
    const std::string merged = scopetree_command.folder / "merged.scopetree";
    CHECK(scopetree_command({"combine", "--by-name", file_a, file_a, "-o", merged}).exit_code == 0);
    CHECK(scopetree::to_text(scopetree::session::load(merged)) ==
          scopetree::to_text(
              scopetree::session::combine({a, a}, scopetree::combined_threads::merged_by_name)));
    const std::string difference = scopetree::to_text(scopetree::diff(a, b));
    CHECK(scopetree_command({"diff", file_a, file_b}).out == difference);
    const std::string target = scopetree_command.folder / "difference.txt";
    CHECK(scopetree_command({"diff", file_a, file_b, "-o", target}).exit_code == 0);
    CHECK(test::contents_of(target) == difference);
}

TEST_CASE("wrong use is answered with what was meant") {
    const command scopetree_command;
    const std::string file = scopetree_command.save("a.scopetree", test::service_session());
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{}, "which command? run, show, list, combine or diff"},
        {{"shwo", file}, "unknown command shwo; did you mean show?"},
        {{"show", file, "--colr", "on"}, "unknown option --colr; did you mean --color?"},
        {{"show", file, "-x"}, "unknown option -x"},
        {{"show", file, "--xylophone"}, "unknown option --xylophone. See: scopetree show --help"},
        {{"show", file, "--color", "maybe"},
         "--color: \"maybe\" makes no sense; accepted: auto, on or off"},
        {{"show", file, "--time"}, "--time needs a value"},
        {{"show", file, "--flat=on"}, "--flat takes no value"},
        {{"show", file, "--threshold", "200%"}, "accepted: a share of the root's time"},
        {{"show", file, "--interval", "1ms"}, "--interval is no option of show, but of: run"},
        {{"show", file, "--flat", "--timeline"}, "--flat and --timeline exclude each other"},
        {{"show", file, "-r", "htm"}, "unknown format \"htm\"; did you mean html?"},
        {{"show", file, "-o", "report.doc"}, "accepted endings: .txt"},
        {{"show"}, "which session? Usage: scopetree show"},
        {{"show", file, file}, "one session at a time"},
        {{"list", file}, "list takes nothing"},
        {{"list", "--prev"}, "--prev is no option of list, but of: show"},
        {{"combine", file}, "two sessions at least"},
        {{"diff", file}, "two sessions, please"},
        {{"diff", file, file, "-r", "json"}, "diff writes text and nothing else"},
        {{"diff", file, file, "--clock", "both"}, "diff shows one clock"},
        {{"run"}, "which program?"},
        {{"run", "--interval", "5", "true"}, "accepted: a duration with its unit"},
        {{"run", "-r", "pprof", "true"}, "name it with --output"},
    };
    for (const auto& [words, answer] : cases) {
        const test::outcome ended = scopetree_command(words);
        INFO(Catch::StringMaker<std::vector<std::string>>::convert(words) << ended.error);
        CHECK(ended.exit_code == 2);
        CHECK(ended.out.empty());
        CHECK(ended.error.compare(0, 11, "scopetree: ") == 0);
        CHECK(contains(ended.error, answer));
    }
    const test::outcome missing = scopetree_command({"show", scopetree_command.folder / "gone"});
    CHECK(missing.exit_code == 1);
    CHECK(contains(missing.error, "gone: No such file or directory"));
}

TEST_CASE("help names every command and option, with examples") {
    const command scopetree_command;
    const test::outcome all = scopetree_command({"--help"});
    CHECK(all.exit_code == 0);
    for (const char* const part : {"run [options]", "--clock", "--interval", "Examples:", "list"})
        CHECK(contains(all.out, part));
    const test::outcome one = scopetree_command({"show", "--help"});
    CHECK(contains(one.out, "--prev"));
    CHECK_FALSE(contains(one.out, "--interval"));
    CHECK(contains(scopetree_command({"--version"}).out, "scopetree 0."));
}

TEST_CASE("run profiles a program with threads that knows nothing of it") {
    const command scopetree_command;
    const test::outcome ended =
        scopetree_command({"run", "--show-all", "--", test::built("unprofiled")});
    INFO(ended.error);
    CHECK(ended.exit_code == 5);
    CHECK(ended.out == "the program's own output\n");
    for (const char* const part :
         {"work_of_main", "work_of_one", "work_of_other", "one ", "other "})
        CHECK(contains(ended.error, part));
    CHECK(contains(ended.error, scopetree::show_again_hint(scopetree_command.store().newest().id)));
    const scopetree::session kept = scopetree_command.kept();
    CHECK(kept.threads.size() == 3);
    CHECK(scopetree_command({"show", "--prev"}).out == scopetree::to_text(kept));
}

TEST_CASE("run records the order of calls where that is asked for") {
    const command scopetree_command;
    const test::outcome ended =
        scopetree_command({"run", "--timeline", "--", test::built("unprofiled")});
    CHECK(ended.exit_code == 5);
    for (const scopetree::thread_tree& thread : scopetree_command.kept().threads)
        CHECK_FALSE(thread.timeline.empty());
}

TEST_CASE("run writes files and leaves the program's environment alone") {
    const command scopetree_command;
    const std::string file = scopetree_command.folder / "env.folded";
    const test::outcome plain =
        test::run_command({"env"}, {"XDG_STATE_HOME=" + scopetree_command.folder.path(),
                                    "LC_ALL=C.UTF-8", "DISPLAY="});
    const test::outcome profiled = scopetree_command({"run", "-o", file, "env"});
    CHECK(profiled.exit_code == 0);
    CHECK(profiled.error.empty());
    CHECK(profiled.out == plain.out);
    CHECK(::access(file.c_str(), R_OK) == 0);
}

TEST_CASE("run ends as its program does") {
    const command scopetree_command;
    CHECK(scopetree_command({"run", "/bin/true"}).exit_code == 0);
    CHECK(scopetree_command({"run", "false"}).exit_code == 1);
    const test::outcome killed = scopetree_command({"run", "--", "sh", "-c", "kill -KILL $$"});
    CHECK(killed.signal == SIGKILL);
    CHECK(contains(killed.error, "killed before it could make one (Killed)"));
    const test::outcome handed_on =
        scopetree_command({"run", "--", "sh", "-c",
                           "trap 'echo caught; exit 9' TERM; kill -TERM $PPID; "
                           "while :; do :; done"});
    CHECK(handed_on.exit_code == 9);
    CHECK(handed_on.out == "caught\n");
    const test::outcome unwritable =
        scopetree_command({"run", "-o", "/nowhere/at/all.txt", "false"});
    CHECK(unwritable.exit_code == 1);
    CHECK(contains(unwritable.error, "cannot write /nowhere/at/all.txt"));
}

TEST_CASE("run says what it cannot profile") {
    const command scopetree_command;
    const auto refused = [&](const std::string& program) {
        return scopetree_command({"run", "--", program});
    };
    CHECK(refused("no-such-program").exit_code == 127);
    CHECK(contains(refused("no-such-program").error, "no such program in any folder of PATH"));
    CHECK(refused("/no/such/program").exit_code == 127);
    CHECK(refused("/").exit_code == 126);
    const std::string text = scopetree_command.folder / "text";
    test::write_contents(text, "text");
    CHECK(refused(text).exit_code == 126);
    CHECK(contains(refused(text).error, "it is not executable"));

    const std::string source = scopetree_command.folder / "static.cpp";
    const std::string program = scopetree_command.folder / "static";
    test::write_contents(source, "int main() {}\n");
    REQUIRE(test::run_command({"g++", "-static", source, "-o", program}).exit_code == 0);
    CHECK(refused(program).exit_code == 126);
    CHECK(contains(refused(program).error, "it is linked statically"));
}

TEST_CASE("run profiles interpreters, compressors and compilers") {
    const command scopetree_command;
    const test::outcome python =
        scopetree_command({"run", "--", "/usr/bin/python3", "-c",
                           "print(sum(i * i for i in range(600000))); exit(3)"});
    CHECK(python.exit_code == 3);
    CHECK(python.out == "71999820000100000\n");
    CHECK(contains(python.error, "Py_BytesMain"));

    const std::string data = scopetree_command.folder / "data";
    std::string text;
    for (int i = 0; i < 60'000; ++i)
        text += std::to_string(i * 7919LL % 104'729) + "\n";
    test::write_contents(data, text);
    const test::outcome plain = test::run_command({"xz", "-1", "-c", data});
    const test::outcome xz = scopetree_command({"run", "--", "xz", "-1", "-c", data});
    CHECK(xz.exit_code == 0);
    CHECK(xz.out == plain.out);
    CHECK(contains(xz.error, "liblzma"));

    const std::string source = scopetree_command.folder / "small.cpp";
    test::write_contents(source, "int f() { return 4; }\n");
    const test::outcome compiler = scopetree_command({"run", "--", "g++", "-S", source, "-o", "-"});
    CHECK(compiler.exit_code == 0);
    CHECK(compiler.out == test::run_command({"g++", "-S", source, "-o", "-"}).out);
    CHECK(scopetree_command.kept().program.compare(0, 3, "g++") == 0);
    const test::outcome wrong = scopetree_command({"run", "--", "g++", "-S", "/no/file.cpp"});
    CHECK(wrong.exit_code == 1);
}

TEST_CASE("run leaves a program that was built with scopetree its one profiler") {
    const command scopetree_command;
    const test::outcome ended = scopetree_command({"run", "--", test::built("automatic")});
    INFO(ended.error);
    CHECK(ended.exit_code == 3);
    CHECK(ended.out == "the program's own output\n");
    CHECK(contains(ended.error, "the scope"));
    CHECK(scopetree_command.store().list().size() == 1);
    CHECK(has_function(scopetree_command.kept(), "main"));
}
