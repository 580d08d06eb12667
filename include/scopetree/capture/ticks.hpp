/// What a tick of read_ticks() is worth.
#ifndef SCOPETREE_CAPTURE_TICKS_HPP
#define SCOPETREE_CAPTURE_TICKS_HPP

#include <scopetree/capture/clock.hpp>
#include <scopetree/scope.hpp>

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

inline std::uint64_t clock_ticks() noexcept {
    return static_cast<std::uint64_t>(monotonic_ns());
}

/// What to read instead of the processor's counter: null when the counter runs at one speed in all
/// power states (x86: CPUID 8000'0007h, EDX bit 8), as AArch64's always does.
inline std::uint64_t (*ticks_source() noexcept)() noexcept {
#if defined(__x86_64__)
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(0x8000'0007u, &a, &b, &c, &d) != 0 && (d & (1u << 8)) != 0)
        return nullptr;
    return &clock_ticks;
#else
    return nullptr;
#endif
}

/// Ticks and nanoseconds at one moment; two of them calibrate.
struct tick_mark {
    std::uint64_t ticks;
    std::int64_t ns;
};

/// Reads the counter between two readings of the clock, and takes the closest of a few tries: a
/// thread that is scheduled away in between must not spoil the calibration.
inline tick_mark mark_ticks(std::uint64_t (*source)() noexcept) noexcept {
    tick_mark best{};
    std::int64_t closest = INT64_MAX;
    for (int i = 0; i < 5; ++i) {
        const std::int64_t before = monotonic_ns();
        const std::uint64_t ticks = source != nullptr ? source() : scopes::read_ticks();
        const std::int64_t after = monotonic_ns();
        if (after - before < closest) {
            closest = after - before;
            best = {ticks, before + (after - before) / 2};
        }
    }
    return best;
}

/// Nanoseconds of a tick, from two marks; 1 where they are too close to tell.
inline double ns_per_tick(const tick_mark& from, const tick_mark& to) noexcept {
    const auto ticks = static_cast<double>(to.ticks - from.ticks);
    const auto ns = static_cast<double>(to.ns - from.ns);
    return ticks > 0 && ns > 0 ? ns / ticks : 1.0;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
