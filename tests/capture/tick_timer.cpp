#include <scopetree/capture/tick_timer.hpp>

#include <scopetree/capture/proc.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdint>
#include <thread>

using namespace scopetree::detail;

TEST_CASE("tick timer: no tick comes sooner than half an interval after the last") {
    constexpr std::int64_t interval = 2'000'000;
    tick_timer timer(interval);
    timer.begin();
    CHECK(timer.wait(1.0));
    for (const double stretch : {1.0, 2.0, 5.0}) {
        // One that was late is made up for by half an interval at most.
        const auto least = static_cast<std::int64_t>((stretch / 2 - 0.5) * interval);
        for (int i = 0; i < 10; ++i) {
            const std::int64_t begin = monotonic_ns();
            CHECK(timer.wait(stretch));
            CHECK(monotonic_ns() - begin >= least);
        }
    }
}

TEST_CASE("tick timer: the first tick is due half an interval after the begin at the earliest") {
    constexpr std::int64_t interval = 20'000'000;
    tick_timer timer(interval);
    const std::int64_t begin = monotonic_ns();
    timer.begin();
    CHECK(timer.wait(1.0));
    CHECK(monotonic_ns() - begin >= interval / 2);
}

TEST_CASE("tick timer: stopped, it wakes up at once, and never waits again") {
    tick_timer timer(3'600'000'000'000);
    bool is_due = true;
    std::atomic<pid_t> tid{0};
    std::thread waits([&] {
        timer.begin();
        tid = static_cast<pid_t>(::syscall(SYS_gettid));
        is_due = timer.wait(1.0);
    });
    while (tid == 0 || blocked_stack_pointer(tid) == 0) // until it sleeps
        std::this_thread::yield();
    timer.stop();
    waits.join();
    CHECK_FALSE(is_due);
    CHECK_FALSE(timer.wait(1.0));
}
