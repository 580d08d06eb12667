/// The signal that samples, and its handler: the heart of the profiler.
#ifndef SCOPETREE_CAPTURE_SIGNAL_HANDLER_HPP
#define SCOPETREE_CAPTURE_SIGNAL_HANDLER_HPP

#include <scopetree/capture/registry.hpp>
#include <scopetree/capture/unwind.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// SIGURG and not SIGPROF: a signal still pending when the program calls exec acts with its
/// default, and SIGURG's default is to be ignored.
inline constexpr int sampling_signal = SIGURG;

/// Marks our signals, beside the record they carry.
inline constexpr int sampling_mark = 0x5c07e;

/// What the handler needs to know; constant-initialised, set before the first signal.
struct handler_settings {
    std::atomic<const registry*> records{nullptr};
    std::atomic<void (*)(thread_record&, const interrupted&)> take{nullptr};
    std::atomic<std::uint32_t> max_frames{0};
    dangerous_code dangerous;
    struct sigaction previous = {};
    std::atomic<bool> installed{false};
};
SCOPETREE_DETAIL_HIDDEN inline handler_settings handler;

/// Takes one sample of the calling thread into its ring. Signal-safe: allocates nothing, locks
/// nothing; a signal cannot come in between, since the kernel masks it while the handler runs.
template <class Capture>
void take_sample(thread_record& record, const interrupted& from) noexcept {
    sample taken;
    taken.time_ns = monotonic_ns();
    const std::uint32_t max_frames = handler.max_frames.load(std::memory_order_relaxed);
    const std::uint32_t room = max_frames + Capture::extra_frames;
    std::uintptr_t* const pcs = record.ring.reserve(room);
    if (pcs == nullptr)
        return;
    taken.scope = __atomic_load_n(&record.scopes.current, __ATOMIC_RELAXED);
    taken.request = record.place();
    if (taken.request.context != nullptr) // the thread holds the request while it serves it
        taken.request.context->request().sampled.store(true, std::memory_order_relaxed);
    pcs[0] = from.pc;
    capture_result captured{1, stack_extent::none};
    if (Capture::needs_stack_bounds || handler.dangerous.separate)
        captured = !Capture::needs_stack_bounds && handler.dangerous.holds(from)
                       ? capture_result{1, stack_extent::unwinding}
                       : Capture::capture(from, record, pcs, room);
    // A function that nobody called has no unwind tables, or no frame: its caller is not known.
    if (captured.count == 1 && captured.extent == stack_extent::complete)
        captured.extent = stack_extent::truncated;
    if (captured.count > max_frames)
        captured = {max_frames, stack_extent::truncated};
    taken.count = captured.count;
    taken.extent = captured.extent;
    const system_call call = system_call_at(from);
    taken.in_kernel = call != system_call::none;
    taken.interrupted = call == system_call::waits;
    if (taken.in_kernel) // how much of what the clock shows later is the handler's own
        taken.cpu_ns = read_clock(CLOCK_THREAD_CPUTIME_ID);
    taken.handler_ns = monotonic_ns() - taken.time_ns;
    record.ring.commit(taken);
}

/// Passes a signal that is not ours to the handler that was there before, with the signals held
/// back that it asked for. Signal-safe.
inline void chain_signal(int number, siginfo_t* info, void* context) noexcept {
    const struct sigaction& previous = handler.previous;
    sigset_t mask = static_cast<const ucontext_t*>(context)->uc_sigmask;
    ::sigorset(&mask, &mask, &previous.sa_mask);
    if ((previous.sa_flags & SA_NODEFER) == 0)
        ::sigaddset(&mask, number);
    ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    if ((previous.sa_flags & SA_SIGINFO) != 0)
        previous.sa_sigaction(number, info, context);
    else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
        previous.sa_handler(number);
}

/// The record that a signal of ours carries; null for others. Where no more signals may be queued
/// (RLIMIT_SIGPENDING) the kernel lets them arrive without what they carry: then the record is the
/// thread's own, if it waits for one. Signal-safe.
inline thread_record* record_of(const siginfo_t& info, const registry& records) noexcept {
    if (info.si_code == SI_QUEUE && info.si_errno == sampling_mark) {
        void* const carried = info.si_value.sival_ptr;
        return records.is_record(carried) ? static_cast<thread_record*>(carried) : nullptr;
    }
    if (info.si_code != SI_USER || info.si_pid != 0 || records.this_thread_state == nullptr)
        return nullptr;
    thread_record* const own = records.this_thread_state().record;
    return own != nullptr && own->pending.load(std::memory_order_acquire) ? own : nullptr;
}

/// Whether the record serves the calling thread; one that serves another by now, or none, must not
/// be written to. A thread that was found in /proc registers here, with its first signal: another
/// one that gets its id later, and its stack, is told apart by its thread-locals. Signal-safe.
inline bool is_of_this_thread(thread_record& record, registry::thread_state& here) noexcept {
    const std::uintptr_t owner = record.owner.load(std::memory_order_acquire);
    if (owner == thread_pointer() && here.sampled_as == &record)
        return true;
    if (!record.pending.load(std::memory_order_acquire) || record.tid != current_tid())
        return false;
    if (owner != 0) {
        record.of_another.store(true, std::memory_order_release);
        return false;
    }
    here.sampled_as = &record;
    record.owner.store(thread_pointer(), std::memory_order_relaxed);
    return true;
}

/// The thread's name. Looked up in /proc it could be that of the next thread with the same id.
/// Signal-safe: one system call.
inline void note_name(thread_record& record) noexcept {
    std::uint64_t name[2] = {};
    if (::syscall(SYS_prctl, PR_GET_NAME, name, 0, 0, 0) == 0)
        for (const int word : {0, 1})
            record.kernel_name[word].store(name[word], std::memory_order_relaxed);
}

/// Signal-safe.
inline void handle_signal(int number, siginfo_t* info, void* context) noexcept {
    const int saved_errno = errno;
    const registry* const records = handler.records.load(std::memory_order_acquire);
    thread_record* const record = records == nullptr ? nullptr : record_of(*info, *records);
    if (record == nullptr) {
        chain_signal(number, info, context);
        errno = saved_errno;
        return;
    }
    if (is_of_this_thread(*record, records->this_thread_state())) {
        const interrupted from = interrupted_by_signal(context);
        record->last_stack_pointer.store(from.stack_pointer, std::memory_order_relaxed);
        if (auto* const take = handler.take.load(std::memory_order_acquire))
            take(*record, from);
        if (record->found)
            note_name(*record);
        record->pending.store(false, std::memory_order_release);
    }
    errno = saved_errno;
}

/// What must wait while the handler runs: all that could leave it without returning. So does the C
/// library, which cancels a thread by a signal of its own (one that sigfillset leaves out) and
/// unwinds from there. Faults stay, for a handler that tells of a crash.
inline sigset_t signals_held_back() noexcept {
    sigset_t mask;
    std::memset(&mask, 0xff, sizeof mask);
    for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS})
        ::sigdelset(&mask, fault);
    return mask;
}

/// Has the dynamic linker look up what the handler calls. At the first call of a function that
/// takes 3 KiB of the stack, which the one that is interrupted may not have. What a capture policy
/// calls is for its warm_up().
inline void bind_functions_of_handler() noexcept {
    const int saved_errno = errno;
    monotonic_ns();
    read_clock(CLOCK_THREAD_CPUTIME_ID);
    current_tid();
    sigset_t mask;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    ::sigorset(&mask, &mask, &mask);
    ::sigaddset(&mask, sampling_signal);
    errno = saved_errno;
}

/// Installs the handler, once for the life of the process: a late signal must find it. False with
/// errno set when the kernel refuses.
inline bool install_handler(const registry& records) noexcept {
    handler.records.store(&records, std::memory_order_release);
    if (handler.installed.load(std::memory_order_acquire))
        return true;
    bind_functions_of_handler();
    struct sigaction action = {};
    action.sa_sigaction = &handle_signal;
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    action.sa_mask = signals_held_back();
    if (::sigaction(sampling_signal, nullptr, &handler.previous) != 0 ||
        ::sigaction(sampling_signal, &action, nullptr) != 0)
        return false;
    handler.installed.store(true, std::memory_order_release);
    return true;
}

/// False when the program has put a handler of its own in the place of this one.
inline bool is_handler_ours() noexcept {
    struct sigaction now;
    return ::sigaction(sampling_signal, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) != 0 &&
           now.sa_sigaction == &handle_signal;
}

/// Sends the sampling signal to the record's thread. 0, or errno: ESRCH when the thread is gone,
/// EAGAIN when too many signals are pending, EPERM when a sandbox forbids it.
inline int send_signal(thread_record& record) noexcept {
    siginfo_t info;
    std::memset(&info, 0, sizeof info);
    info.si_signo = sampling_signal;
    info.si_errno = sampling_mark;
    info.si_code = SI_QUEUE;
    info.si_pid = ::getpid();
    info.si_uid = ::getuid();
    info.si_value.sival_ptr = &record;
    record.pending.store(true, std::memory_order_release);
    if (::syscall(SYS_rt_tgsigqueueinfo, info.si_pid, record.tid, sampling_signal, &info) == 0)
        return 0;
    record.pending.store(false, std::memory_order_relaxed);
    return errno;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
