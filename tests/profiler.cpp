#include <scopetree/profiler.hpp>

#include <scopetree/scope.hpp>
#include <support/fork_at_rest.hpp>
#include <support/own_thread.hpp>
#include <support/thread_sanitizer.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using scopetree::options;
using scopetree::profiler;
using scopetree::profiler_error;
using scopetree::session;
using test::on_own_thread;

namespace {

/// Works until the run has taken so many samples; a minute is for ever.
std::uint64_t work_until_sampled(profiler& running, std::uint64_t samples) {
    const std::int64_t end = scopetree::detail::monotonic_ns() + 60'000'000'000;
    std::uint64_t passes = 0;
    for (;;) {
        const std::int64_t pause = scopetree::detail::monotonic_ns() + 20'000'000;
        while (scopetree::detail::monotonic_ns() < pause) {
            PROFILE_SCOPE("work");
            ++passes;
        }
        if (running.snapshot().figures.samples >= samples)
            return passes;
        if (scopetree::detail::monotonic_ns() > end)
            FAIL("no samples are taken");
    }
}

const scopetree::scope_figures* figures_of(const session& from, const std::string& scope) {
    for (const scopetree::thread_tree& thread : from.threads)
        for (const scopetree::call_node& node : thread.nodes)
            if (node.scope != scopetree::no_index && from.frames[node.frame].name == scope)
                return &thread.scopes[node.scope];
    return nullptr;
}

bool has_note(profiler& running, const std::string& part) {
    for (const std::string& note : running.snapshot().notes)
        if (note.find(part) != std::string::npos)
            return true;
    return false;
}

} // namespace

TEST_CASE("profiler: options that make no sense are refused with a reason") {
    options chosen;
    std::string reason;
    SECTION("too short an interval") {
        chosen.interval = GENERATE(-1ns, 0ns, 9'999ns);
        reason = "scopetree: interval must be from 10us to 10s";
    }
    SECTION("too long an interval") {
        chosen.interval = 10s + 1ns;
        reason = "scopetree: interval must be from 10us to 10s";
    }
    SECTION("a budget") {
        chosen.cpu_budget = GENERATE(0.0, -0.1, 1.1, std::numeric_limits<double>::quiet_NaN());
        reason = "scopetree: cpu_budget must be above 0 and at most 1";
    }
    SECTION("frames") {
        chosen.max_frames = GENERATE(as<std::uint32_t>{}, 0, scopetree::most_frames + 1);
        reason = "scopetree: max_frames must be from 1 to 4000";
    }
    SECTION("memory for the timeline") {
        chosen.timeline_limit = GENERATE(as<std::size_t>{}, 0, scopetree::least_timeline_limit - 1);
        reason = "scopetree: timeline_limit must be at least 64 KiB (65536)";
    }
    CHECK_THROWS_AS(profiler(chosen), std::invalid_argument);
    CHECK_THROWS_WITH(profiler(chosen), reason);
}

TEST_CASE("profiler: the limits of the options are accepted") {
    options chosen;
    chosen.interval = GENERATE(10'000ns, 10'000'000'000ns);
    chosen.cpu_budget = GENERATE(0.001, 1.0);
    chosen.max_frames = GENERATE(as<std::uint32_t>{}, 1, scopetree::most_frames);
    chosen.timeline_limit = scopetree::least_timeline_limit;
    CHECK_NOTHROW(profiler(chosen));
}

TEST_CASE("profiler: what is not running cannot be stopped") {
    profiler p;
    CHECK_FALSE(p.is_running());
    CHECK_THROWS_AS(p.stop(), profiler_error);
    CHECK_THROWS_WITH(p.snapshot(), "scopetree: the profiler is not running");
    p.start();
    CHECK(p.is_running());
    p.stop();
    CHECK_FALSE(p.is_running());
    CHECK_THROWS_AS(p.stop(), profiler_error);
}

TEST_CASE("profiler: one runs at a time") {
    profiler p, other;
    p.start();
    CHECK_THROWS_AS(p.start(), profiler_error);
    CHECK_THROWS_WITH(other.start(), Catch::Contains("a profiler is running already"));
    CHECK_FALSE(other.is_running());
    CHECK(p.is_running());
    p.stop();
    other.start();
    CHECK(other.is_running());
    other.stop();
}

TEST_CASE("profiler: a snapshot goes before, and the run goes on") {
    on_own_thread([] {
        profiler p;
        p.start();
        const std::uint64_t passes = work_until_sampled(p, 5);
        const session during = p.snapshot();
        const std::uint64_t more = work_until_sampled(p, during.figures.samples + 5);
        const session end = p.stop();
        REQUIRE(figures_of(during, "work") != nullptr);
        REQUIRE(figures_of(end, "work") != nullptr);
        CHECK(figures_of(during, "work")->calls == passes);
        CHECK(figures_of(end, "work")->calls == passes + more);
        CHECK(end.figures.samples >= during.figures.samples + 5);
        CHECK(end.duration_ns > during.duration_ns);
    });
}

TEST_CASE("profiler: a session says what it is of") {
    on_own_thread([] {
        options chosen;
        chosen.interval = 2ms;
        profiler p(chosen);
        p.start();
        work_until_sampled(p, 5);
        const session result = p.stop();
        CHECK(result.program == scopetree::detail::command_line());
        CHECK(result.program.find("test_scopetree") != std::string::npos);
        CHECK(result.version == SCOPETREE_VERSION);
        CHECK(result.interval_ns == 2'000'000);
        CHECK(result.pid == ::getpid());
        CHECK(result.recorded_unix_ns > 1'000'000'000'000'000'000);
        CHECK(result.figures.ticks > 0);
        CHECK_FALSE(result.modules.empty());
        std::int64_t cpu = 0;
        for (const scopetree::thread_tree& thread : result.threads) {
            std::int64_t wall = 0;
            for (const scopetree::call_node& node : thread.nodes)
                wall += node.wall_ns;
            CHECK(wall == thread.wall_ns);
            CHECK(thread.wall_ns <= result.duration_ns);
            cpu += thread.cpu_ns;
        }
        CHECK(cpu == result.cpu_ns);
    });
}

TEST_CASE("profiler: a thread that holds back its signal is told of") {
    on_own_thread([] {
        profiler p;
        p.start();
        PROFILE_SCOPE("holds back");
        sigset_t mask;
        ::sigemptyset(&mask);
        ::sigaddset(&mask, SIGURG);
        ::pthread_sigmask(SIG_BLOCK, &mask, nullptr);
        const std::int64_t end = scopetree::detail::monotonic_ns() + 60'000'000'000;
        while (!has_note(p, "without taking the sampling signal (SIGURG), which it holds back"))
            if (scopetree::detail::monotonic_ns() > end)
                FAIL("nothing is said");
        ::pthread_sigmask(SIG_UNBLOCK, &mask, nullptr);
        p.stop();
    });
}

TEST_CASE("profiler: a handler in the place of its own is told of") {
    on_own_thread([] {
        profiler p;
        p.start();
        const auto notes_now = [&] { return has_note(p, "a handler of its own for SIGURG"); };
        CHECK_FALSE(notes_now());
        struct sigaction mine = {}, before;
        mine.sa_handler = [](int) {};
        ::sigaction(SIGURG, &mine, &before);
        CHECK(notes_now());
        ::sigaction(SIGURG, &before, nullptr);
        CHECK_FALSE(notes_now());
        p.stop();
    });
}

namespace {

/// Σ runs of a node is its own wall time; they are in order and inside the session.
void check_timeline(const session& from, const scopetree::thread_tree& thread) {
    std::vector<std::int64_t> times(thread.nodes.size());
    std::int64_t end = 0;
    bool in_order = true;
    for (const scopetree::timeline_run& run : thread.timeline) {
        in_order = in_order && run.start_ns >= end && run.duration_ns > 0;
        end = run.start_ns + run.duration_ns;
        times.at(run.node) += run.duration_ns;
    }
    CHECK(in_order);
    CHECK(end <= from.duration_ns);
    bool same = true;
    for (std::size_t i = 0; i < times.size(); ++i)
        same = same && times[i] == thread.nodes[i].wall_ns;
    CHECK(same);
}

} // namespace

TEST_CASE("profiler: a timeline is recorded where it is asked for") {
    on_own_thread([] {
        options chosen;
        profiler without(chosen);
        without.start();
        work_until_sampled(without, 5);
        for (const scopetree::thread_tree& thread : without.stop().threads)
            CHECK(thread.timeline.empty());
        chosen.timeline = true;
        profiler p(chosen);
        p.start();
        work_until_sampled(p, 5);
        const session during = p.snapshot();
        work_until_sampled(p, during.figures.samples + 5);
        const session end = p.stop();
        for (const session* const each : {&during, &end}) {
            REQUIRE_FALSE(each->threads.empty());
            CHECK(each->notes.empty());
            std::size_t runs = 0;
            for (const scopetree::thread_tree& thread : each->threads) {
                check_timeline(*each, thread);
                runs += thread.timeline.size();
            }
            CHECK(runs > 0);
        }
    });
}

TEST_CASE("profiler: a thinned timeline adds up, and the session says so") {
    on_own_thread([] {
        options chosen;
        chosen.interval = 100us;
        chosen.cpu_budget = 1.0;
        chosen.timeline = true;
        chosen.timeline_limit = scopetree::least_timeline_limit;
        profiler p(chosen);
        p.start();
        work_until_sampled(p, 5'000);
        std::uint64_t samples = 5'000;
        session now = p.snapshot();
        while (now.notes.empty() && samples < 200'000) { // a thread needs 4,000 runs for that
            work_until_sampled(p, samples += 5'000);
            now = p.snapshot();
        }
        const session result = p.stop();
        REQUIRE(result.notes.size() == 1);
        CHECK(result.notes[0].find("the timeline reached its limit") == 0);
        for (const scopetree::thread_tree& thread : result.threads) {
            std::int64_t time = 0;
            for (const scopetree::timeline_run& run : thread.timeline)
                time += run.duration_ns;
            CHECK(time == thread.wall_ns);
        }
    });
}

TEST_CASE("profiler: each run counts from zero") {
    on_own_thread([] {
        profiler p;
        for (int run = 0; run < 3; ++run) {
            p.start();
            for (int i = 0; i < 10; ++i) {
                PROFILE_TIMED_SCOPE("ten times");
            }
            const session result = p.stop();
            const scopetree::scope_figures* const figures = figures_of(result, "ten times");
            if (figures != nullptr) { // it is there only where a sample met it
                CHECK(figures->calls == 10);
                CHECK(figures->times.min_ns <= figures->times.p50_ns);
                CHECK(figures->times.p50_ns <= figures->times.p99_ns);
                CHECK(figures->times.p99_ns <= figures->times.max_ns);
            }
        }
    });
}

TEST_CASE("profiler: ends its run when it is destroyed") {
    {
        profiler p;
        p.start();
    }
    profiler next;
    CHECK_NOTHROW(next.start());
    next.stop();
}

TEST_CASE("profiler: names of threads are those given, or the kernel's, or none") {
    scopetree::detail::thread_account account;
    account.tid = 0x7fff'fffe;
    const std::int64_t own = ::getpid();
    CHECK(scopetree::detail::thread_name(account, own) == "thread");
    std::strcpy(account.name, "kernel's name");
    CHECK(scopetree::detail::thread_name(account, own) == "kernel's name");
    char program[64];
    scopetree::detail::read_thread_name(static_cast<pid_t>(own), program);
    std::strcpy(account.name, program); // inherited: tells nothing
    CHECK(scopetree::detail::thread_name(account, own) == "thread");
    account.tid = own;
    CHECK(scopetree::detail::thread_name(account, own) == "main");
    account.named = true;
    std::strcpy(account.name, "given");
    CHECK(scopetree::detail::thread_name(account, own) == "given");
}

TEST_CASE("profiler: the child of a fork is not profiled, and may start again") {
    profiler p;
    p.start();
    const pid_t child = test::fork_at_rest();
    if (child == 0) {
        int wrong = p.is_running() ? 1 : 0;
        try {
            p.stop();
            wrong |= 2;
        } catch (const profiler_error&) {
        }
        if (test::child_may_start_threads) {
            p.start();
            wrong |= p.is_running() ? 0 : 4;
            p.stop();
        }
        ::_exit(wrong);
    }
    REQUIRE(child > 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(p.is_running());
    p.stop();
}
