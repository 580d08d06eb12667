#include <scopetree/service/live.hpp>

#include <scopetree/process/session_between.hpp>
#include <scopetree/scope.hpp>
#include <scopetree/service/request.hpp>
#include <support/own_thread.hpp>
#include <support/thread_sanitizer.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using scopetree::live_session;
using scopetree::profiler;
using scopetree::profiler_error;
using scopetree::session;

namespace {

bool has_scope(const session& in, const std::string& name) {
    for (const scopetree::frame& frame : in.frames)
        if (frame.kind == scopetree::frame_kind::scope && frame.name == name)
            return true;
    return false;
}

const scopetree::thread_tree& tree_of(const session& in, const std::string& thread) {
    for (const scopetree::thread_tree& each : in.threads)
        if (each.name == thread)
            return each;
    throw std::runtime_error("no thread " + thread);
}

/// Threads that ask for the live session until the object goes.
class askers {
public:
    explicit askers(int count) {
        for (int i = 0; i < count; ++i)
            threads_.emplace_back([this] { ask(); });
    }
    ~askers() {
        end_ = true;
        for (std::thread& each : threads_)
            each.join();
    }
    void wait_for_answers(std::uint64_t more) const {
        const std::uint64_t enough = answers + more;
        while (answers < enough)
            std::this_thread::yield();
    }
    std::atomic<std::uint64_t> answers{0}, refusals{0}, wrong{0};

private:
    void ask() {
        while (!end_) {
            try {
                const session seen = live_session();
                ++(seen.pid == ::getpid() && seen.duration_ns > 0 ? answers : wrong);
            } catch (const profiler_error&) {
                ++refusals;
            }
        }
    }

    std::atomic<bool> end_{false};
    std::vector<std::thread> threads_;
};

} // namespace

TEST_CASE("live: where nothing is profiled one is told what to do") {
    CHECK_FALSE(scopetree::is_profiling());
    CHECK_THROWS_AS(live_session(), profiler_error);
    CHECK_THROWS_WITH(live_session(), Catch::Contains("ensure_profiling()") &&
                                          Catch::Contains("start()") &&
                                          Catch::Contains("SCOPETREE=off"));
}

TEST_CASE("live: a profiler that was started by hand is found while it runs") {
    test::on_own_thread([] {
        profiler by_hand;
        CHECK_FALSE(scopetree::is_profiling());
        by_hand.start();
        CHECK(scopetree::is_profiling());
        {
            PROFILE_SCOPE("seen by others");
            while (!has_scope(live_session(), "seen by others"))
                std::this_thread::yield();
        }
        const session live = live_session();
        const session end = by_hand.stop();
        CHECK_FALSE(scopetree::is_profiling());
        CHECK(live.recorded_unix_ns == end.recorded_unix_ns);
        CHECK(live.duration_ns <= end.duration_ns);
        CHECK_THROWS_AS(live_session(), profiler_error);
    });
}

TEST_CASE("live: what happened between two looks is a session of its own") {
    test::on_own_thread([] {
        profiler by_hand;
        by_hand.start();
        PROFILE_THREAD("looks");
        {
            PROFILE_SCOPE("before");
            while (live_session().figures.samples < 5)
                std::this_thread::yield();
        }
        const session earlier = live_session();
        {
            PROFILE_SCOPE("in the window");
            while (live_session().figures.samples < earlier.figures.samples + 5)
                std::this_thread::yield();
        }
        const session later = live_session();
        const session window = scopetree::session_between(earlier, later);
        CHECK(has_scope(window, "in the window"));
        CHECK(window.figures.samples == later.figures.samples - earlier.figures.samples);
        const auto wall_ns = [](const session& in) { return tree_of(in, "looks").wall_ns; };
        CHECK(wall_ns(window) == wall_ns(later) - wall_ns(earlier));
        std::int64_t sum = 0;
        for (const scopetree::call_node& node : tree_of(window, "looks").nodes)
            sum += node.wall_ns;
        CHECK(sum == wall_ns(window));
        by_hand.stop();
    });
}

TEST_CASE("live: sessions and requests of one run have no frames of each other's") {
    test::on_own_thread([] {
        profiler by_hand;
        by_hand.start();
        const auto serve = [] {
            scopetree::request request("GET", "/seen");
            const auto samples = live_session().figures.samples;
            while (live_session().figures.samples < samples + 5)
                std::this_thread::yield();
        };
        serve();
        const auto unused = [](const session& of) {
            std::set<std::uint32_t> used;
            for (const scopetree::thread_tree& thread : of.threads)
                for (const scopetree::call_node& node : thread.nodes)
                    used.insert(node.frame);
            return of.frames.size() - used.size();
        };
        CHECK(unused(scopetree::live_requests().trees) == 0);
        CHECK(unused(live_session()) == 0);
        by_hand.stop();
    });
}

TEST_CASE("live: a profiler that goes is not found any more") {
    {
        profiler going;
        going.start();
        CHECK(scopetree::is_profiling());
    }
    CHECK_FALSE(scopetree::is_profiling());
    profiler running, refused;
    running.start();
    CHECK_THROWS_AS(refused.start(), profiler_error);
    { profiler never_started; }
    CHECK(scopetree::is_profiling()); // what did not run has taken nothing with it
    running.stop();
}

TEST_CASE("live: a program that made a profiler is not profiled by itself") {
    const profiler waits;
    scopetree::ensure_profiling();
    CHECK_FALSE(scopetree::is_profiling());
}

TEST_CASE("live: any number of threads may ask while profilers start and stop") {
    const askers many(3);
    for (int run = 0; run < 10; ++run) {
        profiler by_hand;
        by_hand.start();
        many.wait_for_answers(3);
        by_hand.stop();
    }
    CHECK(many.wrong == 0);
}

TEST_CASE("live: the child of a fork has no profiler, whoever asked when it was made") {
    profiler by_hand;
    by_hand.start();
    const askers many(2);
    for (int fork = 0; fork < 20; ++fork) {
        many.wait_for_answers(1);
        const pid_t child = ::fork();
        if (child == 0) {
            int wrong = scopetree::is_profiling() ? 1 : 0;
            try {
                live_session();
                wrong |= 2;
            } catch (const profiler_error&) {
            }
            if (test::child_may_start_threads) {
                profiler own;
                own.start();
                wrong |= scopetree::is_profiling() ? 0 : 4;
                wrong |= own.stop().pid == ::getpid() ? 0 : 8;
            }
            ::_exit(wrong);
        }
        REQUIRE(child > 0);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
    }
    CHECK(scopetree::is_profiling());
}
