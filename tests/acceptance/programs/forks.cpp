// Forks under sampling, while other threads work.
//     forks children|starts|loader|naive COUNT
//     forks large MEGABYTES ROUNDS

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <link.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

std::uint64_t us = 0;
std::atomic<bool> over{false};

scopetree::options often() {
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(10);
    chosen.cpu_budget = 1;
    return chosen;
}

template <int N>
TEST_OWN_FRAME void enter_new_path(int depth) {
    PROFILE_SCOPE("path");
    if (depth > 0)
        enter_new_path<N + 1 == 8 ? 0 : N + 1>(depth - 1);
    else
        test::work(us);
    __asm__ volatile("");
}

/// Takes the profiler's lock again and again: threads come, and go ways that are new to them.
void keep_busy() {
    while (!over)
        std::thread([] {
            for (int depth = 0; depth < 20; ++depth)
                enter_new_path<0>(depth);
        }).join();
}

/// Works, starts threads, throws, and ends as any process does.
int live_as_child() {
    std::atomic<int> done{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([&done, i] {
            PROFILE_SCOPE("in a child's thread");
            try {
                enter_new_path<4>(i);
                throw 1;
            } catch (int) {
                ++done;
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    enter_new_path<2>(5);
    return done == 2 ? 0 : 1;
}

int profile_as_child() {
    test::profile profile(often());
    profile.start();
    const int result = live_as_child();
    {
        PROFILE_SCOPE("child");
        test::work(1000 * us);
    }
    const scopetree::session seen = profile.stop();
    return result == 0 && test::calls_of(seen, "child") == 1 ? 0 : 2;
}

/// Asks the loader for its list, as dlopen and some unwinders do.
int list_modules_as_child() {
    const auto stop_at_first = [](dl_phdr_info*, std::size_t, void*) { return 1; };
    ::_exit(::dl_iterate_phdr(stop_at_first, nullptr) == 1 ? 0 : 3);
}

std::mutex naive_lock;

int lock_as_child() {
    const std::lock_guard<std::mutex> locked(naive_lock);
    return 0;
}

/// How many children ended otherwise than they should; one that hangs is killed by its alarm.
void fork_often(int times, int (*child)()) {
    int failed = 0, hung = 0, killed = 0;
    for (int i = 0; i < times; ++i) {
        PROFILE_SCOPE("forks");
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::alarm(child == &lock_as_child ? 2 : 10);
            over = true;
            std::exit(child());
        }
        int status = 0;
        while (::waitpid(pid, &status, 0) < 0) {
        }
        const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        hung += signal == SIGALRM ? 1 : 0;
        killed += signal != 0 && signal != SIGALRM ? 1 : 0;
        failed += signal == 0 && WEXITSTATUS(status) != 0 ? 1 : 0;
        if (hung != 0)
            break; // enough is known
    }
    test::print("forks", times);
    test::print("failed", failed);
    test::print("hung", hung);
    test::print("killed", killed);
}

/// One thread has the lock most of the time, as the thread of a profiler might that knows no forks.
void naive(int times) {
    std::thread holder([] {
        while (!over) {
            const std::lock_guard<std::mutex> locked(naive_lock);
            test::work(200 * us);
        }
    });
    fork_often(times, &lock_as_child);
    over = true;
    holder.join();
}

/// The least time that a fork takes: what other processes do must not count.
double fork_ns(int rounds) {
    std::int64_t least = INT64_MAX;
    for (int i = 0; i < rounds; ++i) {
        PROFILE_SCOPE("forks");
        const std::int64_t begin = test::wall_ns();
        const pid_t pid = ::fork();
        if (pid == 0)
            ::_exit(0);
        least = std::min(least, test::wall_ns() - begin);
        ::waitpid(pid, nullptr, 0);
    }
    return static_cast<double>(least);
}

void large(std::size_t megabytes, int rounds) {
    const std::size_t size = megabytes << 20;
    void* const memory =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        std::abort();
    ::madvise(memory, size, MADV_NOHUGEPAGE); // so that a fork has something to copy
    std::memset(memory, 1, size);
    test::profile profile;
    double without = 1e18, with = 1e18;
    for (int i = 0; i < 9; ++i) {
        without = std::min(without, fork_ns(rounds));
        profile.start();
        with = std::min(with, fork_ns(rounds));
        profile.stop();
    }
    test::print("megabytes", megabytes);
    test::print("milliseconds without", without / 1e6);
    test::print("milliseconds with", with / 1e6);
    test::print("ratio", with / without);
}

} // namespace

int main(int count, char** words) {
    if (count < 3)
        return 2;
    us = test::steps_per_us();
    const std::string mode = words[1];
    const int times = std::atoi(words[2]);
    if (mode == "naive") {
        test::profile keeps_from_starting;
        naive(times);
        return 0;
    }
    if (mode == "large") {
        large(static_cast<std::size_t>(times), std::atoi(words[3]));
        return 0;
    }
    test::profile profile(often());
    profile.start();
    std::vector<std::thread> threads;
    for (int i = 0; mode != "loader" && i < 2; ++i)
        threads.emplace_back(keep_busy);
    fork_often(times, mode == "starts"   ? &profile_as_child
                      : mode == "loader" ? &list_modules_as_child
                                         : &live_as_child);
    over = true;
    for (std::thread& thread : threads)
        thread.join();
    const scopetree::session result = profile.stop();
    test::print("calls", test::calls_of(result, "forks"));
    test::print("samples", result.figures.samples);
    return 0;
}
