// Before pthread_sigmask and sigprocmask of the C library: a thread that holds back all signals, so
// that others handle them, goes on taking the one that samples.

#include "next.hpp"

#include <scopetree/capture/signal_handler.hpp>

#include <csignal>

namespace {

using set_mask = int(int, const sigset_t*, sigset_t*);

preload::next<set_mask> next_pthread_sigmask("pthread_sigmask");
preload::next<set_mask> next_sigprocmask("sigprocmask");

__attribute__((constructor)) void find_them() {
    next_pthread_sigmask.find();
    next_sigprocmask.find();
}

/// Whoever means the sampling signal itself does not name these with it.
bool means_all(const sigset_t& mask) noexcept {
    for (const int other : {SIGCHLD, SIGIO, SIGVTALRM, SIGWINCH})
        if (::sigismember(&mask, other) != 1)
            return false;
    return true;
}

int set(preload::next<set_mask>& next, int how, const sigset_t* wanted, sigset_t* before) noexcept {
    if (wanted == nullptr || how == SIG_UNBLOCK || !means_all(*wanted))
        return next(how, wanted, before);
    sigset_t others = *wanted;
    ::sigdelset(&others, scopetree::detail::sampling_signal);
    return next(how, &others, before);
}

} // namespace

PRELOAD_EXPORT int pthread_sigmask(int how, const sigset_t* wanted, sigset_t* before) noexcept {
    return set(next_pthread_sigmask, how, wanted, before);
}

PRELOAD_EXPORT int sigprocmask(int how, const sigset_t* wanted, sigset_t* before) noexcept {
    return set(next_sigprocmask, how, wanted, before);
}
