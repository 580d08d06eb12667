#include <scopetree/report_thread.hpp>

#include <scopetree/capture/runtime.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <csignal>
#include <cstring>
#include <mutex>
#include <string>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace scopetree::detail;

namespace {

/// What a process says and how it ends.
struct ending {
    std::string said;
    int signal = 0;
    int exit_code = -1;
};

int said_to = -1;

void say(const char* word) {
    [[maybe_unused]] const ssize_t written = ::write(said_to, word, std::strlen(word));
}

/// Runs `part` in a process of its own, which ends with 99 if nothing ends it before.
template <class Part>
ending in_process(Part&& part) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        said_to = ends[1];
        for (const int signal : {SIGINT, SIGTERM, SIGUSR2}) // the test program handles some
            std::signal(signal, SIG_DFL);
        ::alarm(60);
        part();
        ::_exit(99);
    }
    ::close(ends[1]);
    ending result;
    char bytes[256];
    for (ssize_t got; (got = ::read(ends[0], bytes, sizeof bytes)) > 0;)
        result.said.append(bytes, static_cast<std::size_t>(got));
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status))
        result.signal = WTERMSIG(status);
    else
        result.exit_code = WEXITSTATUS(status);
    return result;
}

void say_report() noexcept {
    say("report ");
}
void say_snapshot() noexcept {
    say("snapshot ");
}

void start(report_thread::action report = &say_report) {
    the_report_thread = new report_thread(report, &say_snapshot);
    if (!the_report_thread.load()->start(own_registry()))
        say("no thread ");
}

std::mutex needed;

} // namespace

TEST_CASE("report thread: a signal reports, then ends the process as it would have done") {
    const ending seen = in_process([] {
        start();
        handle_where_default(SIGTERM, &handle_deadly_signal);
        ::raise(SIGTERM);
        say("the program went on ");
    });
    CHECK(seen.said == "report ");
    CHECK(seen.signal == SIGTERM);
}

TEST_CASE("report thread: what the interrupted thread holds keeps no report back") {
    const ending seen = in_process([] {
        start([]() noexcept {
            const std::lock_guard<std::mutex> locked(needed);
            say("report ");
        });
        handle_where_default(SIGINT, &handle_deadly_signal);
        needed.lock();
        ::raise(SIGINT);
        needed.unlock();
        for (;;)
            ::pause();
    });
    CHECK(seen.said == "report ");
    CHECK(seen.signal == SIGINT);
}

TEST_CASE("report thread: a second signal ends at once") {
    const ending seen = in_process([] {
        start([]() noexcept {
            say("begins ");
            ::kill(::getpid(), SIGTERM); // the thread blocks it, main takes it
            for (;;)
                ::pause();
        });
        handle_where_default(SIGTERM, &handle_deadly_signal);
        the_report_thread.load()->ask_for_report(0);
        for (;;)
            ::pause();
    });
    CHECK(seen.said == "begins ");
    CHECK(seen.signal == SIGTERM);
}

TEST_CASE("report thread: a forked child dies without a report") {
    const ending seen = in_process([] {
        start();
        handle_where_default(SIGTERM, &handle_deadly_signal);
        handle_where_default(SIGUSR2, &handle_snapshot_signal);
        for (const int signal : {SIGTERM, SIGUSR2}) {
            const pid_t child = ::fork();
            if (child == 0) {
                ::raise(signal);
                ::_exit(1);
            }
            int status = 0;
            ::waitpid(child, &status, 0);
            say(WIFSIGNALED(status) && WTERMSIG(status) == signal ? "died " : "lived ");
        }
    });
    CHECK(seen.said == "died died ");
    CHECK(seen.exit_code == 99);
}

TEST_CASE("report thread: what the program handles or ignores is its own") {
    const ending seen = in_process([] {
        start();
        std::signal(SIGTERM, SIG_IGN);
        std::signal(SIGINT, [](int) { say("handled "); });
        for (const int signal : {SIGTERM, SIGINT}) {
            handle_where_default(signal, &handle_deadly_signal);
            ::raise(signal);
        }
    });
    CHECK(seen.said == "handled ");
    CHECK(seen.exit_code == 99);
}

TEST_CASE("report thread: a snapshot does not keep the program from going on") {
    static std::atomic<int> taken{0};
    const ending seen = in_process([] {
        the_report_thread = new report_thread(&say_report, []() noexcept { ++taken; });
        the_report_thread.load()->start(own_registry());
        handle_where_default(SIGUSR2, &handle_snapshot_signal);
        for (int wanted = 1; wanted <= 3; ++wanted) {
            ::raise(SIGUSR2);
            while (taken < wanted)
                ::poll(nullptr, 0, 1);
            say("on ");
        }
    });
    CHECK(seen.said == "on on on ");
    CHECK(seen.exit_code == 99);
}

TEST_CASE("report thread: who ends the process by hand waits for the report") {
    const ending seen = in_process([] {
        start();
        report_thread& thread = *the_report_thread.load();
        say(thread.is_ending() ? "early " : "");
        say(thread.ask_for_report(0) ? "" : "refused ");
        thread.wait();
        say(thread.is_ending() && !thread.ask_for_report(0) ? "ends " : "wrong ");
    });
    CHECK(seen.said == "report ends ");
    CHECK(seen.exit_code == 99);
}
