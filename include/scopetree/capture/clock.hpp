/// The clocks that sampling reads.
#ifndef SCOPETREE_CAPTURE_CLOCK_HPP
#define SCOPETREE_CAPTURE_CLOCK_HPP

#include <scopetree/config.hpp>

#include <cstdint>

#include <time.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// `clock` in nanoseconds, or -1 if there is no such clock (any more). Signal-safe.
inline std::int64_t read_clock(clockid_t clock) noexcept {
    timespec now;
    if (::clock_gettime(clock, &now) != 0)
        return -1;
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// Nanoseconds since boot. Signal-safe; no system call.
inline std::int64_t monotonic_ns() noexcept {
    return read_clock(CLOCK_MONOTONIC);
}

/// The CPU-time clock of a thread, by its id: the kernel's encoding, the one that
/// pthread_getcpuclockid computes. Reading it after the thread has gone is an error, not a crash.
inline clockid_t thread_cpu_clock(pid_t tid) noexcept {
    constexpr unsigned per_thread = 4, scheduler = 2;
    return static_cast<clockid_t>((~static_cast<unsigned>(tid) << 3) | per_thread | scheduler);
}

inline timespec to_timespec(std::int64_t ns) noexcept {
    timespec time;
    time.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
    time.tv_nsec = static_cast<long>(ns % 1'000'000'000);
    return time;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
