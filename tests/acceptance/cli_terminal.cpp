// What the `scopetree` command says to who sits before it: pages in a browser, progress, refusals.

#include "support/process.hpp"

#include "../support/scratch_folder.hpp"
#include "support/report_sessions.hpp"

#include <scopetree/model/session_file.hpp>

#include <support/text_search.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using test::contains;

namespace {

void write_script(const std::string& path, const std::string& text) {
    test::write_contents(path, "#!/bin/sh\n" + text);
    REQUIRE(::chmod(path.c_str(), 0700) == 0);
}

/// A terminal, and a folder that holds a session, what the command writes, and a browser.
struct desk {
    test::scratch_folder folder;

    desk() {
        REQUIRE(::mkdir((folder / "bin").c_str(), 0700) == 0);
        REQUIRE(::mkdir((folder / "pages").c_str(), 0700) == 0);
        test::service_session().save(folder / "a.scopetree");
        write_script(folder / "bin/xdg-open", "printf %s \"$1\" > \"" + (folder / "asked") +
                                                  "\"\nmv \"" + (folder / "asked") + "\" \"" +
                                                  (folder / "opened") + "\"\n");
    }

    /// Shows the session as a page; what the terminal shows.
    std::string show_page(const std::string& display, const std::string& browsers) const {
        const std::string line = std::string("'") + SCOPETREE_COMMAND + "' show '" +
                                 (folder / "a.scopetree") + "' -r html";
        const test::outcome ended = test::run_command(
            {"/usr/bin/script", "-qec", line, "/dev/null"},
            {"DISPLAY=" + display, "WAYLAND_DISPLAY=", "SHELL=/bin/sh", "LC_ALL=C.UTF-8",
             "PATH=" + browsers, "TMPDIR=" + (folder / "pages")});
        CHECK(ended.exit_code == 0);
        return ended.out;
    }
    /// The one page that was written.
    std::string page() const {
        const test::outcome found =
            test::run_command({"find", folder / "pages", "-name", "*.html", "-type", "f"});
        return found.out.substr(0, found.out.find('\n'));
    }
    /// What the browser was asked to open; nobody waits for a browser.
    std::string opened() const {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (::access((folder / "opened").c_str(), F_OK) != 0 &&
               std::chrono::steady_clock::now() < limit)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return test::contents_of(folder / "opened");
    }
};

} // namespace

TEST_CASE("a page for a terminal is opened in a browser") {
    const desk on_a_desk;
    const std::string said = on_a_desk.show_page(":99", on_a_desk.folder / "bin:/usr/bin:/bin");
    const std::string page = on_a_desk.page();
    REQUIRE_FALSE(page.empty());
    CHECK(said == "scopetree: opening " + page + "\r\n");
    CHECK(on_a_desk.opened() == page);
    CHECK(test::contents_of(page).compare(0, 15, "<!DOCTYPE html>") == 0);
}

TEST_CASE("without a display, or without a browser, a terminal is told where the page is") {
    {
        const desk on_a_desk;
        const std::string said = on_a_desk.show_page("", on_a_desk.folder / "bin:/usr/bin:/bin");
        CHECK(said == "scopetree: the page is " + on_a_desk.page() + "\r\n");
        CHECK(::access((on_a_desk.folder / "opened").c_str(), F_OK) != 0);
    }
    const desk on_a_desk;
    const std::string said = on_a_desk.show_page(":99", on_a_desk.folder / "pages");
    CHECK(said == "scopetree: the page is " + on_a_desk.page() + "\r\n");
}

TEST_CASE("run refuses a program that gets rights of another user") {
    const test::scratch_folder folder;
    std::string program = "/bin/su";
    if (::geteuid() == 0) { // to whom nobody's rights but another's are other ones
        program = folder / "program";
        REQUIRE(test::run_command({"cp", "/bin/true", program}).exit_code == 0);
        REQUIRE(::chown(program.c_str(), 1, 1) == 0);
        REQUIRE(::chmod(program.c_str(), 04755) == 0);
    }
    const test::outcome refused = test::run_command({SCOPETREE_COMMAND, "run", "--", program});
    CHECK(refused.exit_code == 126);
    CHECK(refused.out.empty());
    CHECK(contains(refused.error, "it gets other rights than yours (setuid, setgid"));
}

TEST_CASE("run says that it looks up names where that takes long") {
    const test::scratch_folder folder;
    test::write_contents(folder / "program.cpp",
                         "int main() { for (volatile int i = 0; i < 100000000; i = i + 1) {} }\n");
    // The program's debug information is a pipe that says nothing until the line is there.
    write_script(folder / "test", R"(
        set -e
        cd "$1"
        g++ -s program.cpp -o program
        : > debug
        objcopy --add-gnu-debuglink=debug program
        rm debug
        mkfifo debug
        "$2" run ./program 2> said &
        command=$!
        until grep -q "^scopetree: the program has ended; looking up" said; do
            kill -0 $command
            sleep 0.05
        done
        exec 9<>debug
        wait $command
    )");
    const test::outcome ended =
        test::run_command({folder / "test", folder.path(), SCOPETREE_COMMAND});
    INFO(ended.out << ended.error << test::contents_of(folder / "said"));
    CHECK(ended.exit_code == 0);
    const std::string said = test::contents_of(folder / "said");
    CHECK(said.compare(0, 11, "scopetree: ") == 0);
    CHECK(contains(said, "Program:   ./program"));
}
