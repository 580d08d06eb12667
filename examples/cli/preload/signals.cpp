// Before sigaction and signal of the C library: a program that asks for a signal's action is told
// the default one where only the library handles it, and gets the library's back when it asks for
// that.

#include "signals.hpp"

#include "next.hpp"

#include <scopetree/report_thread.hpp>

#include <algorithm>
#include <csignal>
#include <iterator>

namespace {

namespace detail = scopetree::detail;

using set_action = int(int, const struct sigaction*, struct sigaction*);
using handler_function = void (*)(int);
using set_handler = handler_function(int, handler_function);

preload::next<set_action> next_sigaction("sigaction");
preload::next<set_handler> next_signal("signal");
preload::next<set_handler> next_sysv_signal("__sysv_signal");

__attribute__((constructor)) void find_them() {
    next_sigaction.find();
    next_signal.find();
    next_sysv_signal.find();
}

bool is_ours(const struct sigaction& action) noexcept {
    return (action.sa_flags & SA_SIGINFO) == 0 &&
           action.sa_handler == &detail::handle_deadly_signal;
}

/// Whether the default action of the signal is to be preceded by a report.
bool is_watched(int signal) noexcept {
    const detail::report_thread* const thread = detail::the_report_thread.load();
    const auto& signals = preload::deadly_signals;
    return thread != nullptr && thread->is_of_this_process() && !thread->is_ending() &&
           std::find(std::begin(signals), std::end(signals), signal) != std::end(signals);
}

handler_function set(preload::next<set_handler>& next, int signal,
                     handler_function handler) noexcept {
    const handler_function before = next(signal, handler);
    if (handler == SIG_DFL && before != SIG_ERR && is_watched(signal))
        preload::watch(signal);
    return before == &detail::handle_deadly_signal ? SIG_DFL : before;
}

} // namespace

void preload::watch(int signal) noexcept {
    detail::handle_where_default(signal, &detail::handle_deadly_signal);
}

PRELOAD_EXPORT int sigaction(int signal, const struct sigaction* wanted,
                             struct sigaction* before) noexcept {
    const int result = next_sigaction(signal, wanted, before);
    if (result != 0)
        return result;
    if (before != nullptr && is_ours(*before))
        *before = {};
    if (wanted != nullptr && (wanted->sa_flags & SA_SIGINFO) == 0 &&
        wanted->sa_handler == SIG_DFL && is_watched(signal))
        preload::watch(signal);
    return result;
}

PRELOAD_EXPORT handler_function signal(int signal, handler_function handler) noexcept {
    return set(next_signal, signal, handler);
}

/// What signal is called with the settings of System V.
PRELOAD_EXPORT handler_function __sysv_signal(int signal, handler_function handler) noexcept {
    return set(next_sysv_signal, signal, handler);
}
