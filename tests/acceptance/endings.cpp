// Programs that begin and end in every way there is, and surroundings that deny the profiler
// something. The program's own output and exit code are what they would be without it.

#include "support/scenario.hpp"

#include "../support/scratch_folder.hpp"

#include <support/text_search.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include <unistd.h>

using test::contains;

namespace {

using words = std::vector<std::string>;

/// Runs it, and tells how long it took behind its own end. Whatever takes ten seconds hangs.
test::outcome end(const std::string& way, const words& variables = {}) {
    const test::outcome ended = test::run("endings", {way}, variables);
    timespec now;
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const double at = static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
    const double behind = (at - test::figures(ended.out)["ends at"]) / 1e6;
    std::cout << "$ endings " << way << "\n    exit code " << ended.exit_code << ", signal "
              << ended.signal << ", " << behind << " ms behind its end\n";
    CHECK(behind < 10'000);
    return ended;
}

/// In its surroundings, `before`: how it ended. Nothing of the program's own may be changed.
test::outcome denied(const std::string& what, words before, const words& variables = {}) {
    before.insert(before.end(), {test::built("endings"), "return"});
    const test::outcome ended = test::run_command(before, variables);
    std::cout << "$ endings return, " << what << "\n";
    INFO(what << ended.out << ended.error);
    CHECK(ended.exit_code == 3);
    CHECK(contains(ended.out, "ends at = "));
    return ended;
}

/// Whether namespaces of one's own are allowed here.
bool can_unshare() {
    if (test::run_command({"unshare", "-Urm", "true"}).exit_code == 0)
        return true;
    WARN("not tested: unshare is not allowed here");
    return false;
}

} // namespace

TEST_CASE("a report comes at every end that runs what is registered for it") {
    const std::string way =
        GENERATE("return", "exit", "quick_exit", "exit_on_thread", "thread_local",
                 "thread_local_of_main", "atexit", "atexit_before_all", "daemons");
    const test::outcome ended = end(way);
    INFO(way << ended.error);
    CHECK(ended.exit_code == 3);
    CHECK(contains(ended.error, "the scope"));
    CHECK(contains(ended.error, "Samples:"));
    if (way == "atexit")
        CHECK(contains(ended.error, "at exit"));
    if (way == "thread_local" || way == "thread_local_of_main")
        CHECK(contains(ended.error, "in a thread's destructor"));
}

TEST_CASE("scopes in static constructors and destructors are recorded") {
    const test::outcome ended = end("return", {"STATIC_SCOPES=on"});
    CHECK(ended.exit_code == 3);
    CHECK(contains(ended.error, "in a static constructor"));
    CHECK(contains(ended.error, "in a static destructor"));
}

TEST_CASE("an end at once costs the report and nothing else") {
    const std::pair<const char*, int> ways[] = {
        {"_exit", 0}, {"abort", SIGABRT}, {"SIGTERM", SIGTERM}, {"uncaught", SIGABRT}};
    for (const auto& [way, signal] : ways) {
        const test::outcome ended = end(way);
        INFO(way << ended.error);
        CHECK(ended.signal == signal);
        CHECK(ended.exit_code == (signal == 0 ? 3 : -1));
        CHECK_FALSE(contains(ended.error, "Samples:"));
    }
}

TEST_CASE("a handler that waits for a lock hangs") {
    CHECK(end("naive").signal == SIGALRM);
}

TEST_CASE("where no signals can be queued samples are taken all the same") {
    const test::outcome ended = denied("RLIMIT_SIGPENDING=0", {"prlimit", "--sigpending=0"});
    INFO(ended.error);
    CHECK_FALSE(contains(ended.error, "Samples:   0"));
    CHECK(contains(ended.error, "Samples:"));
}

// The sanitizers want threads and /proc themselves.
#if !TEST_ADDRESS_SANITIZER
TEST_CASE("where no thread can be started there is no profile, which is said") {
    words before{"prlimit", "--nproc=1"};
    if (::getuid() == 0) // who is above this limit
        before.insert(before.begin(),
                      {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    const test::outcome ended = denied("RLIMIT_NPROC=1", before);
    CHECK(ended.error == "scopetree: not profiling: the timer thread could not be started\n");
}

TEST_CASE("where there is no /proc the report says what it lacks") {
    if (!can_unshare())
        return;
    const test::outcome ended =
        denied("no /proc",
               {"unshare", "-Urm", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh"});
    INFO(ended.error);
    CHECK(contains(ended.error, "there is no /proc"));
    CHECK(contains(ended.error, "the scope"));
}
#endif

TEST_CASE("where a sandbox forbids the signal the scopes alone are recorded, which is said") {
    const test::outcome ended = denied("seccomp", {test::built("sandboxed")});
    INFO(ended.error);
    CHECK(contains(ended.error, "sampling signals were refused by the kernel"));
    CHECK(contains(ended.error, "the scope"));
}

TEST_CASE("a full disk costs what should have been written to it") {
    CHECK(contains(denied("SCOPETREE_OUTPUT on a full disk", {"env"},
                          {"SCOPETREE_OUTPUT=/dev/full/report.txt"})
                       .error,
                   "/dev/full/report.txt"));
    denied("standard error on a full disk", {"sh", "-c", "exec \"$@\" 2>/dev/full", "sh"});
    if (!can_unshare())
        return;
    const test::scratch_folder folder;
    const test::outcome ended =
        denied("a full state folder",
               {"unshare", "-Urm", "sh", "-c",
                "mount -t tmpfs -o size=4k none \"$XDG_STATE_HOME\" &&"
                " head -c 4096 /dev/zero >\"$XDG_STATE_HOME/other\" && exec \"$@\"",
                "sh"},
               {"XDG_STATE_HOME=" + folder.path()});
    INFO(ended.error);
    CHECK(contains(ended.error, "scopetree: the session is not kept: "));
    CHECK(contains(ended.error, "No space left"));
}

TEST_CASE("a state folder that cannot be written to costs the session") {
    const test::outcome ended =
        denied("no state folder", {"env"}, {"XDG_STATE_HOME=/dev/null/none"});
    INFO(ended.error);
    CHECK(contains(ended.error, "scopetree: the session is not kept: "));
    CHECK(contains(ended.error, "the scope"));
}

TEST_CASE("a file in the place of a closed standard error is not written to") {
    const test::scratch_folder folder;
    const std::string path = folder / "data";
    const test::outcome ended = test::run_command(
        {"sh", "-c", "exec \"$@\" 2>&-", "sh", test::built("endings"), "file", path});
    CHECK(ended.exit_code == 3);
    CHECK(test::contents_of(path) == "data\n");
}
