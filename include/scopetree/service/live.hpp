/// The profiler that runs in this process, whoever started it.
#ifndef SCOPETREE_SERVICE_LIVE_HPP
#define SCOPETREE_SERVICE_LIVE_HPP

#include <scopetree/capture/runtime.hpp>
#include <scopetree/exit_report.hpp>
#include <scopetree/profiler.hpp>

#include <memory>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// Whether a profiler runs in this process: the one that starts by itself at the first scope, or a
/// scopetree::profiler that was started by hand. Thread-safe.
inline bool is_profiling() noexcept {
    const detail::registry* const registry = detail::find_registry();
    return registry != nullptr && registry->has_live();
}

/// Starts profiling as the first scope would, for a program that wants it before it meets one: as
/// the environment says, and not at all if that says SCOPETREE=off, if the program has made a
/// scopetree::profiler of its own, or in the child of a fork. is_profiling() tells what became of
/// it. Thread-safe.
inline void ensure_profiling() noexcept {
    if (detail::registry* const registry = detail::find_registry())
        registry->ensure_decided();
}

/// What the profiler that runs would return if it were stopped now; it goes on. Any number of
/// threads may ask at once, also while it is being stopped; names are looked up once in a run,
/// those of modules that come or go excepted. Throws profiler_error when none runs.
inline session live_session(const resolve_options& chosen = {}) {
    recording now;
    std::shared_ptr<repeated_resolver> resolver;
    detail::registry* const registry = detail::find_registry();
    const auto record = [&](detail::live_profiler& running) {
        resolver = running.resolver();
        now = running.record();
    };
    if (registry == nullptr || !registry->with_live(record))
        throw profiler_error("scopetree: nothing is profiled in this process. Call "
                             "scopetree::ensure_profiling(), or make a scopetree::profiler and "
                             "start() it; SCOPETREE=off in the environment keeps it from starting "
                             "by itself, and the child of a fork must start one of its own");
    return detail::resolve_run(now, chosen, *resolver);
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
