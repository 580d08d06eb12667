#include <scopetree/exit_report.hpp>

#include <scopetree/scope.hpp>
#include <support/own_thread.hpp>
#include <support/scratch_folder.hpp>
#include <support/session_builder.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace scopetree::detail;
using scopetree::output_format;
using scopetree::settings;

namespace {

using test::contents_of;

/// A file that is gone at the end.
class scratch_file {
public:
    scratch_file() { ::close(::mkstemp(path.data())); }
    ~scratch_file() { std::remove(path.c_str()); }
    scratch_file(const scratch_file&) = delete;
    scratch_file& operator=(const scratch_file&) = delete;
    std::string path = "/tmp/scopetree-test-XXXXXX";
};

/// What `part` writes to standard error.
template <class Part>
std::string said_by(Part&& part) {
    const scratch_file file;
    std::fflush(stderr);
    const int before = ::dup(STDERR_FILENO);
    std::FILE* const into = std::fopen(file.path.c_str(), "w");
    ::dup2(::fileno(into), STDERR_FILENO);
    part();
    ::dup2(before, STDERR_FILENO);
    ::close(before);
    std::fclose(into);
    return contents_of(file.path);
}

class variable {
public:
    variable(const char* name, const std::string& value) : name_(name) {
        if (const char* const before = std::getenv(name))
            before_ = before;
        ::setenv(name, value.c_str(), 1);
    }
    ~variable() {
        if (before_)
            ::setenv(name_, before_->c_str(), 1);
        else
            ::unsetenv(name_);
    }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;

private:
    const char* name_;
    std::optional<std::string> before_;
};

scopetree::session small_session() {
    test::session_builder builder;
    builder.thread("main", "main|main.cpp:1|10\n  parse|parse.cpp:2|90");
    return *builder;
}

} // namespace

TEST_CASE("exit report: complaints are lines with the profiler's name") {
    CHECK(said_by([] { complain("this and that"); }) == "scopetree: this and that\n");
}

TEST_CASE("exit report: the report goes to standard error as it is rendered") {
    const scopetree::session session = small_session();
    const std::string said = said_by([&] { print_report(session, {}); });
    CHECK(said.find("parse") != std::string::npos);
    CHECK(said.find("\x1b[") == std::string::npos); // a file is no terminal
}

TEST_CASE("exit report: a text file holds the report") {
    const scratch_file file;
    const scopetree::session session = small_session();
    CHECK(said_by([&] {
              write_or_complain(session, {}, {file.path, output_format::text});
          }).empty());
    CHECK(contents_of(file.path) == scopetree::to_text(session));
}

TEST_CASE("exit report: a file that cannot be written is named with the reason") {
    const std::string path = "/nonexistent/folder/report.txt";
    const std::string said = said_by([&] {
        write_or_complain(small_session(), {}, {path, output_format::text});
    });
    CHECK(said.find(path) != std::string::npos);
    CHECK(said.find("No such file") != std::string::npos);
}

TEST_CASE("exit report: what this version cannot write is left out and named") {
    settings chosen;
    chosen.outputs = {{"a.html", static_cast<output_format>(99)}, {"a.txt", output_format::text}};
    const std::string said = said_by([&] { leave_out_unsupported(chosen); });
    CHECK(said == "scopetree: SCOPETREE_OUTPUT: a.html is left out: this version does not write "
                  "that format\n");
    REQUIRE(chosen.outputs.size() == 1);
    CHECK(chosen.outputs[0].path == "a.txt");
}

TEST_CASE("exit report: the session is kept, and the way to it stands below the report") {
    const test::scratch_folder folder;
    const variable state("XDG_STATE_HOME", folder.path());
    const scopetree::session session = small_session();
    const std::string said = said_by([&] { keep_and_print(session, {}); });
    const std::string id = scopetree::session_store::of_user().newest().id;
    const std::string report = said_by([&] { print_report(session, {}); });
    CHECK(said == report + scopetree::show_again_hint(id));
    CHECK(folder.names() == std::vector<std::string>{"scopetree"});
}

TEST_CASE("exit report: behind a report of the requests there is only the way to the session") {
    const test::scratch_folder folder;
    const variable state("XDG_STATE_HOME", folder.path());
    requests_are_reported = true;
    const std::string said = said_by([&] { keep_and_print(small_session(), {}); });
    requests_are_reported = false;
    CHECK(said == "What the threads did, requests or not:\n    scopetree show --prev " +
                      scopetree::session_store::of_user().newest().id + "\n");
}

TEST_CASE("exit report: a session that cannot be kept costs a line") {
    const variable state("XDG_STATE_HOME", "/dev/null");
    const scopetree::session session = small_session();
    const std::string report = said_by([&] { print_report(session, {}); });
    CHECK(said_by([&] { keep_and_print(session, {}); }) ==
          report + "scopetree: the session is not kept: cannot write to /dev/null/scopetree: Not a "
                   "directory\n");
    settings files;
    files.outputs = {{"a.txt", output_format::text}};
    CHECK(said_by([&] { keep_and_print(session, files); }) ==
          "scopetree: the session is not kept: cannot write to /dev/null/scopetree: Not a "
          "directory\n");
}

TEST_CASE("exit report: no signal of a failed write is left over") {
    {
        const write_signals_blocked blocked;
        ::raise(SIGXFSZ);
        ::raise(SIGPIPE);
    }
    sigset_t pending;
    ::sigpending(&pending);
    CHECK(::sigismember(&pending, SIGXFSZ) == 0);
    CHECK(::sigismember(&pending, SIGPIPE) == 0);
}

TEST_CASE("exit report: where nothing ran nothing is said") {
    CHECK(said_by([] { report_at_exit(); }).empty());
}

TEST_CASE("exit report: the environment turns it off") {
    const variable off("SCOPETREE", "off");
    CHECK(said_by([] { start_automatic_run(); }).empty());
    CHECK(the_automatic_run() == nullptr);
    test::on_own_thread([] {
        PROFILE_SCOPE("nothing");
        CHECK(scopetree::scopes::this_thread == nullptr);
    });
}

TEST_CASE("exit report: does not start beside a profiler that runs") {
    scopetree::profiler running;
    running.start();
    const std::string said = said_by([] { start_automatic_run(); });
    CHECK(said.find("scopetree: not profiling: ") == 0);
    CHECK(said.find("running already") != std::string::npos);
    running.stop();
    CHECK(said_by([] { report_at_exit(); }).empty());
    delete std::exchange(the_automatic_run(), nullptr);
}

TEST_CASE("exit report: a whole run writes what the environment asks for") {
    const scratch_file file;
    const std::string path = file.path + ".txt";
    const variable output("SCOPETREE_OUTPUT", path);
    const variable wrong("SCOPETREE_INTERVAL", "soon");
    const std::string said = said_by([] {
        start_automatic_run();
        report_at_exit();
        report_at_exit(); // the second time there is nothing left to do
    });
    CHECK(said.find("SCOPETREE_INTERVAL") != std::string::npos);
    CHECK(said.find("no report") == std::string::npos);
    CHECK_FALSE(contents_of(path).empty());
    std::remove(path.c_str());
    delete std::exchange(the_automatic_run(), nullptr);
}
