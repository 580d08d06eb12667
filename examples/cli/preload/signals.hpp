/// Signals that end a program leave a report.
#ifndef SCOPETREE_EXAMPLES_CLI_PRELOAD_SIGNALS_HPP
#define SCOPETREE_EXAMPLES_CLI_PRELOAD_SIGNALS_HPP

#include <csignal>

namespace preload {

/// Those with which a program is ended from outside.
inline constexpr int deadly_signals[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};

/// Makes the report before the signal's default action, unless the program has chosen another one;
/// scopetree::detail::the_report_thread makes it.
void watch(int signal) noexcept;

} // namespace preload

#endif
