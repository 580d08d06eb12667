/// The thread that puts out profiles of single requests, so that no thread that serves one does.
#ifndef SCOPETREE_SERVICE_PROFILE_WRITER_HPP
#define SCOPETREE_SERVICE_PROFILE_WRITER_HPP

#include <scopetree/capture/clock.hpp>
#include <scopetree/exit_report.hpp>
#include <scopetree/service/profile_outputs.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <exception>
#include <functional>
#include <system_error>
#include <thread>
#include <utility>

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Takes requests that are to be put out from where they gather, and puts them out. It takes no
/// more than a twentieth of a processor; what comes faster than that is dropped, and counted.
class profile_writer {
public:
    /// So many requests wait to be put out.
    static constexpr std::uint32_t most_waiting = 128;

    /// `take` returns the requests that have come since it was last called; called by one thread.
    /// It may throw: then there are none. Without a thread, nothing is put out.
    profile_writer(profile_outputs& outputs, std::function<service_profile()> take)
        : outputs_(outputs), take_(std::move(take)) {
        ::sem_init(&wakeup_, 0, 0);
        sigset_t all, before; // the program's signals are not for this thread
        ::sigfillset(&all);
        ::sigdelset(&all, SIGURG);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            thread_ = std::thread([this] { run(); });
            works_.store(true, std::memory_order_relaxed);
        } catch (const std::system_error& error) {
            complain("no request is put out by itself: " + text_of(error));
        }
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    ~profile_writer() {
        stop();
        ::sem_destroy(&wakeup_);
    }
    profile_writer(const profile_writer&) = delete;
    profile_writer& operator=(const profile_writer&) = delete;

    /// Whether there is room for one more; then announce() must follow. Lock-free.
    bool reserve() noexcept {
        std::uint32_t waiting = waiting_.load(std::memory_order_relaxed);
        while (waiting < most_waiting && works_.load(std::memory_order_relaxed))
            if (waiting_.compare_exchange_weak(waiting, waiting + 1))
                return true;
        dropped_.fetch_add(1, std::memory_order_relaxed);
        return false;
    }

    /// The request that there was room for has ended. Lock-free.
    void announce() noexcept {
        if (!awake_.exchange(true))
            ::sem_post(&wakeup_);
    }

    /// Puts out what is still there. For the one who made this, and not twice at once.
    void stop() noexcept {
        works_.store(false, std::memory_order_relaxed);
        if (!thread_.joinable())
            return;
        if (owner_ != ::getpid()) { // after fork the thread is not there
            thread_.detach();
            return;
        }
        stopping_.store(true, std::memory_order_release);
        ::sem_post(&wakeup_);
        thread_.join();
    }

    std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

private:
    static constexpr int idle_for_busy = 19; ///< times the time that was spent

    void run() noexcept {
        ::pthread_setname_np(::pthread_self(), "scopetree-out");
        while (!stopping_.load(std::memory_order_acquire)) {
            const std::int64_t before = read_clock(CLOCK_THREAD_CPUTIME_ID);
            if (waiting_.load(std::memory_order_relaxed) == 0) {
                awake_.exchange(false);
                if (waiting_.load() == 0) // nobody has seen it awake and come since
                    ::sem_wait(&wakeup_);
                continue;
            }
            put_out_some();
            const std::int64_t spent = read_clock(CLOCK_THREAD_CPUTIME_ID) - before;
            pause(std::max<std::int64_t>(spent * idle_for_busy, shortest_pause_ns));
        }
        put_out_some();
    }

    /// A request may still be on its way when it is announced. One that has not come after a second
    /// never will: the profiler has stopped, or somebody else took it.
    void put_out_some() noexcept {
        constexpr int patience = 20;
        try {
            const service_profile taken = take_();
            for (std::size_t i = 0; i < taken.requests.size(); ++i)
                outputs_.put_out(taken, i);
            in_vain_ = taken.requests.empty() ? in_vain_ + 1 : 0;
            forget(static_cast<std::uint32_t>(taken.requests.size()), false);
        } catch (const std::exception&) {
            ++in_vain_;
        }
        if (in_vain_ >= patience) {
            in_vain_ = 0;
            forget(waiting_.load(std::memory_order_relaxed), true);
        }
    }

    void forget(std::uint32_t count, bool dropped) noexcept {
        const std::uint32_t there = waiting_.load(std::memory_order_relaxed);
        waiting_.fetch_sub(std::min(count, there), std::memory_order_relaxed);
        if (dropped)
            dropped_.fetch_add(std::min(count, there), std::memory_order_relaxed);
    }

    void pause(std::int64_t ns) noexcept {
        timespec until{};
        ::clock_gettime(CLOCK_REALTIME, &until);
        const std::int64_t end = until.tv_nsec + std::min<std::int64_t>(ns, longest_pause_ns);
        until.tv_sec += static_cast<std::time_t>(end / 1'000'000'000);
        until.tv_nsec = static_cast<long>(end % 1'000'000'000);
        while (!stopping_.load(std::memory_order_acquire) &&
               ::sem_timedwait(&wakeup_, &until) != 0 && errno == EINTR) {
        }
    }

    static constexpr std::int64_t shortest_pause_ns = 50'000'000;
    static constexpr std::int64_t longest_pause_ns = 10'000'000'000;

    profile_outputs& outputs_;
    std::function<service_profile()> take_;
    ::sem_t wakeup_;
    std::atomic<std::uint32_t> waiting_{0};
    std::atomic<bool> works_{false};
    std::atomic<bool> awake_{false}; ///< the thread looks by itself whether something is there
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint64_t> dropped_{0};
    pid_t owner_ = ::getpid();
    int in_vain_ = 0; ///< so often in a row nothing was there
    std::thread thread_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
