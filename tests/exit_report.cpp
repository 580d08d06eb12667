#include <scopetree/exit_report.hpp>

#include <scopetree/scope.hpp>
#include <support/own_thread.hpp>
#include <support/session_builder.hpp>

#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include <unistd.h>

using namespace scopetree::detail;
using scopetree::output_format;
using scopetree::settings;

namespace {

std::string contents_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

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
        ::setenv(name, value.c_str(), 1);
    }
    ~variable() { ::unsetenv(name_); }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;

private:
    const char* name_;
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
    CHECK(said_by([&] { write_output(session, {}, {file.path, output_format::text}); }).empty());
    CHECK(contents_of(file.path) == scopetree::to_text(session));
}

TEST_CASE("exit report: a file that cannot be written is named with the reason") {
    const std::string path = "/nonexistent/folder/report.txt";
    const std::string said = said_by([&] {
        write_output(small_session(), {}, {path, output_format::text});
    });
    CHECK(said.find(path) != std::string::npos);
    CHECK(said.find("No such file") != std::string::npos);
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
