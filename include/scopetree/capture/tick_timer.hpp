/// When the timer thread looks at the others.
#ifndef SCOPETREE_CAPTURE_TICK_TIMER_HPP
#define SCOPETREE_CAPTURE_TICK_TIMER_HPP

#include <scopetree/capture/clock.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>

#include <linux/futex.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Wakes a thread up about every `interval_ns` until it is stopped. begin() and wait() are for that
/// thread; stop() may be called from any.
class tick_timer {
public:
    explicit tick_timer(std::int64_t interval_ns) noexcept : interval_ns_(interval_ns) {}
    tick_timer(const tick_timer&) = delete;
    tick_timer& operator=(const tick_timer&) = delete;

    void begin() noexcept {
        ::prctl(PR_SET_TIMERSLACK, 1);
        ask_for_short_slices();
        deadline_ns_ = monotonic_ns();
        random_ = static_cast<std::uint64_t>(deadline_ns_) | 1;
    }

    /// Sleeps until the next tick is due, `stretch` intervals from the last one on average. False
    /// when the ticks have been stopped.
    bool wait(double stretch) noexcept {
        // A tick that was late is followed by one sooner, but not by one right behind it, which
        // would see the same again.
        deadline_ns_ = std::max<std::int64_t>(deadline_ns_, monotonic_ns() - interval_ns_ / 2) +
                       next_interval(stretch);
        const timespec deadline = to_timespec(deadline_ns_);
        while (stopping_.load(std::memory_order_acquire) == 0) {
            const long result = ::syscall(SYS_futex, &stopping_, FUTEX_WAIT_BITSET_PRIVATE, 0,
                                          &deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
            if (result != 0 && errno == ETIMEDOUT)
                return true;
        }
        return false;
    }

    void stop() noexcept {
        stopping_.store(1, std::memory_order_release);
        ::syscall(SYS_futex, &stopping_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    }

private:
    /// Lets the thread run when it wakes up, though all processors are busy. Otherwise it
    /// would run when one becomes free, that is when a thread begins to wait, and see too much
    /// waiting. Linux 6.12 and newer heed it, others ignore it.
    static void ask_for_short_slices() noexcept {
        struct {
            std::uint32_t size, policy;
            std::uint64_t flags;
            std::int32_t nice;
            std::uint32_t priority;
            std::uint64_t slice_ns, deadline, period;
        } wanted = {sizeof wanted, SCHED_OTHER, 0, ::getpriority(PRIO_PROCESS, 0), 0,
                    100'000,       0,           0};
        ::syscall(SYS_sched_setattr, 0, &wanted, 0);
    }

    /// Uniform from half to one and a half of the mean: a program in step with the mean interval
    /// must not be seen at the same point of its step every time.
    std::int64_t next_interval(double stretch) noexcept {
        random_ ^= random_ << 13; // xorshift64 (Marsaglia 2003)
        random_ ^= random_ >> 7;
        random_ ^= random_ << 17;
        const double uniform = static_cast<double>(random_ >> 11) / 9007199254740992.0;
        return static_cast<std::int64_t>(static_cast<double>(interval_ns_) * stretch *
                                         (0.5 + uniform));
    }

    std::int64_t interval_ns_;
    std::atomic<std::uint32_t> stopping_{0};
    std::int64_t deadline_ns_ = 0;
    std::uint64_t random_ = 1;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
