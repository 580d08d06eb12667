// Threads that come and go in every way there is, as fast as they can be made.
//     threads COUNT [naive]

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

namespace {

std::uint64_t us = 0;
std::atomic<int> started{0}, entered{0}, left{0}, detached{0};
int never_written[2];

/// Whether the way a thread ends runs the destructors of what it had.
struct counts {
    counts() { ++entered; }
    ~counts() { ++left; }
    counts(const counts&) = delete;
    counts& operator=(const counts&) = delete;
};

void* returns(void*) {
    ++started;
    PROFILE_SCOPE("short life");
    const counts counted;
    test::work(200 * us);
    return nullptr;
}

/// g++ takes the recursion below for endless if it sees that this does not return.
void (*volatile const end_thread)(void*) = &::pthread_exit;

TEST_OWN_FRAME void exit_from(int depth) {
    PROFILE_SCOPE("exits");
    const counts counted;
    test::work(20 * us);
    if (depth > 0)
        exit_from(depth - 1);
    else
        end_thread(nullptr);
    __asm__ volatile("");
}

void* exits(void*) {
    ++started;
    exit_from(9);
    return nullptr;
}

/// Cancelled at a call that waits; the C library may then unwind from within any signal handler
/// that happens to run on top of the call.
void* is_cancelled(void*) {
    ++started;
    PROFILE_SCOPE("cancelled");
    const counts counted;
    for (char byte;;)
        if (::read(never_written[0], &byte, 1) == 1)
            std::abort();
}

void* is_detached(void*) {
    returns(nullptr);
    ++detached;
    return nullptr;
}

long status_kilobytes(const std::string& field) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.compare(0, field.size(), field) == 0)
            return std::atol(line.c_str() + field.size());
    return 0;
}

// A profiler as one would write it at first: a handler that cannot be unwound through, and that
// other signals may interrupt.

_Unwind_Reason_Code count_frame(_Unwind_Context*, void* frames) {
    ++*static_cast<int*>(frames);
    return _URC_NO_REASON;
}

void naive_handler(int) noexcept {
    int frames = 0;
    _Unwind_Backtrace(&count_frame, &frames);
}

void start_naive() {
    struct sigaction action = {};
    action.sa_handler = &naive_handler;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGURG, &action, nullptr);
}

/// Some threads of every kind, to their end.
void churn(int round, bool naive) {
    constexpr int of_each = 4;
    std::vector<pthread_t> joined, cancelled;
    const auto start = [](void* (*body)(void*)) {
        pthread_t thread;
        if (::pthread_create(&thread, nullptr, body, nullptr) != 0)
            std::abort();
        return thread;
    };
    for (int i = 0; i < of_each; ++i) {
        joined.push_back(start(&returns));
        joined.push_back(start(&exits));
        cancelled.push_back(start(&is_cancelled));
        ::pthread_detach(start(&is_detached));
    }
    for (std::size_t i = 0; i < cancelled.size(); ++i) {
        // At once, or after it has begun to wait.
        if ((static_cast<std::size_t>(round) + i) % 2 == 0)
            test::work(100 * us);
        for (int k = 0; naive && k < 3; ++k)
            ::pthread_kill(cancelled[i], SIGURG);
        ::pthread_cancel(cancelled[i]);
    }
    joined.insert(joined.end(), cancelled.begin(), cancelled.end());
    for (const pthread_t thread : joined)
        ::pthread_join(thread, nullptr);
    while (detached < of_each * (round + 1))
        test::sleep_ns(50'000);
}

} // namespace

int main(int count, char** words) {
    if (count < 2)
        return 2;
    const bool naive = count > 2;
    const int rounds = std::max(std::atoi(words[1]) / 16, 20);
    us = test::steps_per_us();
    if (::pipe(never_written) != 0)
        return 1;
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(50);
    chosen.cpu_budget = 1;
    test::profile profile(chosen);
    if (naive)
        start_naive();
    else
        profile.start();
    long before = 0;
    const std::int64_t begin = test::wall_ns();
    for (int i = 0; i < rounds; ++i) {
        churn(i, naive);
        if (i == rounds / 4)
            before = status_kilobytes("VmSize:");
    }
    const double seconds = static_cast<double>(test::wall_ns() - begin) / 1e9;
    test::print("threads", 16 * rounds);
    test::print("threads a second", 16 * rounds / seconds);
    test::print("objects not destroyed", entered - left);
    test::print("grown by kilobytes", status_kilobytes("VmSize:") - before);
    if (naive)
        return 0;
    const scopetree::session result = profile.stop();
    test::print("samples", result.figures.samples);
    test::print("unwinding", result.figures.unwinding);
    test::print("short lives", test::calls_of(result, "short life"));
    return 0;
}
