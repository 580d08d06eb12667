#include <scopetree/capture/clock.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdint>
#include <thread>

#include <pthread.h>
#include <sys/syscall.h>

using namespace scopetree::detail;

namespace {

pid_t own_tid() {
    return static_cast<pid_t>(::syscall(SYS_gettid));
}

} // namespace

TEST_CASE("clock: does not run backwards") {
    std::int64_t last = monotonic_ns();
    CHECK(last > 0);
    bool forward = true;
    for (int i = 0; i < 10'000; ++i) {
        const std::int64_t now = monotonic_ns();
        forward = forward && now >= last;
        last = now;
    }
    CHECK(forward);
}

TEST_CASE("clock: a thread's CPU clock is the one that pthread_getcpuclockid names") {
    clockid_t named;
    REQUIRE(::pthread_getcpuclockid(::pthread_self(), &named) == 0);
    CHECK(thread_cpu_clock(own_tid()) == named);
}

TEST_CASE("clock: the CPU clock of another thread is not our own") {
    std::atomic<pid_t> tid{0};
    std::atomic<bool> done{false};
    std::thread other([&] {
        tid = own_tid();
        while (!done) // waits without running
            ::usleep(1'000);
    });
    while (tid == 0)
        std::this_thread::yield();
    const clockid_t its = thread_cpu_clock(tid), own = thread_cpu_clock(own_tid());
    const std::int64_t its_before = read_clock(its), own_before = read_clock(own);
    while (read_clock(own) - own_before < 20'000'000) {
    }
    CHECK(its_before >= 0);
    CHECK(read_clock(its) - its_before < 10'000'000);
    done = true;
    other.join();
}

TEST_CASE("clock: of a thread that is gone is an error") {
    pid_t tid = 0;
    std::thread([&] { tid = own_tid(); }).join();
    // The kernel may be about to take it down still.
    std::int64_t read = 0;
    for (int i = 0; i < 1'000 && (read = read_clock(thread_cpu_clock(tid))) >= 0; ++i)
        ::usleep(1'000);
    CHECK(read == -1);
}

TEST_CASE("clock: nanoseconds become a timespec and back") {
    const timespec time = to_timespec(12'345'678'901);
    CHECK(time.tv_sec == 12);
    CHECK(time.tv_nsec == 345'678'901);
    CHECK(to_timespec(999'999'999).tv_sec == 0);
    CHECK(to_timespec(1'000'000'000).tv_nsec == 0);
}
