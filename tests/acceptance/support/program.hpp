/// What the programs under test have in common: clocks, work, and printing figures.
#ifndef SCOPETREE_TESTS_ACCEPTANCE_PROGRAM_HPP
#define SCOPETREE_TESTS_ACCEPTANCE_PROGRAM_HPP

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

/// A function that has an address and a frame of its own, and is never merged with a similar one.
#if defined(__clang__)
#define TEST_OWN_FRAME __attribute__((noinline, disable_tail_calls))
#else
#define TEST_OWN_FRAME                                                                             \
    __attribute__((noinline, noclone, no_icf, optimize("no-optimize-sibling-calls")))
#endif

namespace test {

inline std::int64_t read_clock(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

inline std::int64_t wall_ns() {
    return read_clock(CLOCK_MONOTONIC);
}

/// Of the calling thread.
inline std::int64_t cpu_ns() {
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/// `steps` additions that depend on each other; always inlined, so that the time is its caller's.
__attribute__((always_inline)) inline void work(std::uint64_t steps) {
    for (std::uint64_t i = 0; i < steps; ++i)
        __asm__ volatile("" : "+r"(i));
}

/// How many steps take about a microsecond of this thread's CPU time.
inline std::uint64_t steps_per_us() {
    constexpr std::uint64_t steps = 20'000'000;
    const std::int64_t before = cpu_ns();
    work(steps);
    return 1 + steps * 1000 / static_cast<std::uint64_t>(cpu_ns() - before + 1);
}

inline void sleep_ns(std::int64_t ns) {
    timespec left{ns / 1'000'000'000, ns % 1'000'000'000};
    while (::nanosleep(&left, &left) != 0) {
    }
}

inline void sleep_ms(std::int64_t ms) {
    sleep_ns(ms * 1'000'000);
}

/// A line that `figures` of process.hpp reads.
inline void print(const std::string& name, double value) {
    std::printf("%s = %.17g\n", name.c_str(), value);
}

template <class Integer>
void print(const std::string& name, Integer value) {
    std::printf("%s = %lld\n", name.c_str(), static_cast<long long>(value));
}

} // namespace test

#endif
