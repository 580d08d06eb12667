/// Reports that a signal asks for. A handler may do next to nothing, so that it only tells a
/// thread.
#ifndef SCOPETREE_REPORT_THREAD_HPP
#define SCOPETREE_REPORT_THREAD_HPP

#include <scopetree/capture/clock.hpp>
#include <scopetree/capture/registry.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Ends the process as the signal's default action does. Signal-safe.
inline void die_by(int signal) noexcept {
    struct sigaction by_default {};
    by_default.sa_handler = SIG_DFL;
    ::sigaction(signal, &by_default, nullptr);
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
    ::raise(signal);
}

/// Waits, on a semaphore, for being asked. Never destroyed: handlers may run until the process
/// ends.
class report_thread {
public:
    using action = void (*)() noexcept;

    /// Both are called on the thread only, `report` at most once.
    report_thread(action report, action snapshot) noexcept
        : report_(report), snapshot_(snapshot), pid_(::getpid()) {
        ::sem_init(&asked_, 0, 0);
    }
    report_thread(const report_thread&) = delete;
    report_thread& operator=(const report_thread&) = delete;

    /// False when the kernel refuses a thread. The thread takes no signals of the program, and is
    /// none of those that are sampled.
    bool start(registry& sampled) noexcept {
        registry_ = &sampled;
        sigset_t all, before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        pthread_t thread;
        const int error = ::pthread_create(
            &thread, nullptr,
            [](void* self) -> void* {
                static_cast<report_thread*>(self)->run();
                return nullptr;
            },
            this);
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        if (error != 0)
            return false;
        ::pthread_detach(thread);
        while (tid_.load(std::memory_order_acquire) == 0) // it must be known before it is sampled
            ::poll(nullptr, 0, 1);
        return true;
    }

    /// False in a forked child, which has no such thread. Signal-safe.
    bool is_of_this_process() const noexcept { return pid_ == ::getpid(); }

    /// Signal-safe.
    void ask_for_snapshot() noexcept {
        snapshot_asked_.store(true, std::memory_order_release);
        ::sem_post(&asked_);
    }

    /// Asks for the report that comes before the end, by this signal or, for 0, by the caller's own
    /// hand, who waits. False if somebody has asked for it before. Signal-safe.
    bool ask_for_report(int ends_by) noexcept {
        int none = nobody;
        if (!ends_by_.compare_exchange_strong(none, ends_by))
            return false;
        ::sem_post(&asked_);
        return true;
    }

    /// Whether the process is about to end without the help of exit. Signal-safe.
    bool is_ending() const noexcept { return ends_by_.load() != nobody; }

    /// Until the report is made, or the thread has not run for a second: then it needs something
    /// that the caller holds, such as the lock of malloc. Signal-safe.
    void wait() const noexcept {
        const clockid_t clock = thread_cpu_clock(tid_.load(std::memory_order_acquire));
        for (std::int64_t before = -1;;) {
            for (int ms = 0; ms < 1000; ++ms) {
                if (is_done_.load(std::memory_order_acquire))
                    return;
                ::poll(nullptr, 0, 1);
            }
            const std::int64_t now = read_clock(clock);
            if (now == before)
                return;
            before = now;
        }
    }

private:
    static constexpr int nobody = -1;

    void run() noexcept {
        registry_->this_thread_state().inside = true;
        ::prctl(PR_SET_NAME, "scopetree");
        registry_->helper_tid.store(current_tid(), std::memory_order_relaxed);
        tid_.store(current_tid(), std::memory_order_release);
        for (;;) {
            while (::sem_wait(&asked_) != 0) {
            }
            if (is_ending())
                end();
            else if (snapshot_asked_.exchange(false, std::memory_order_acquire))
                snapshot_();
        }
    }

    void end() noexcept {
        report_();
        if (const int signal = ends_by_.load(); signal != 0)
            die_by(signal);
        is_done_.store(true, std::memory_order_release);
        for (;;)
            ::pause();
    }

    const action report_;
    const action snapshot_;
    const pid_t pid_;
    registry* registry_ = nullptr;
    sem_t asked_;
    std::atomic<pid_t> tid_{0};
    std::atomic<int> ends_by_{nobody};
    std::atomic<bool> snapshot_asked_{false};
    std::atomic<bool> is_done_{false};
};

/// What the handlers tell; null: nothing is to be told.
SCOPETREE_DETAIL_HIDDEN inline std::atomic<report_thread*> the_report_thread{nullptr};

/// The thread that was interrupted stays here, so that the program does no more than it would have
/// done. A second signal, or one in a forked child, ends at once. Signal-safe.
inline void handle_deadly_signal(int signal) noexcept {
    const int error = errno;
    report_thread* const thread = the_report_thread.load(std::memory_order_acquire);
    if (thread->is_of_this_process() && thread->ask_for_report(signal))
        thread->wait();
    else
        die_by(signal);
    errno = error;
}

/// Signal-safe.
inline void handle_snapshot_signal(int signal) noexcept {
    const int error = errno;
    report_thread* const thread = the_report_thread.load(std::memory_order_acquire);
    if (thread->is_of_this_process())
        thread->ask_for_snapshot();
    else
        die_by(signal);
    errno = error;
}

/// Only where the program has left the signal its default action: one that it handles or ignores is
/// its own. No other handler interrupts ours. Signal-safe.
inline void handle_where_default(int signal, void (*told)(int)) noexcept {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) != 0 || (action.sa_flags & SA_SIGINFO) != 0 ||
        action.sa_handler != SIG_DFL)
        return;
    action.sa_handler = told;
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    ::sigfillset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
