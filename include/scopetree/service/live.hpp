/// The profiler that runs in this process, whoever started it.
#ifndef SCOPETREE_SERVICE_LIVE_HPP
#define SCOPETREE_SERVICE_LIVE_HPP

#include <scopetree/capture/runtime.hpp>
#include <scopetree/exit_report.hpp>
#include <scopetree/profiler.hpp>

#include <memory>
#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// Whether a profiler runs in this process: the one that starts by itself at the first scope, or a
/// scopetree::profiler that was started by hand. Thread-safe.
inline bool is_profiling() noexcept {
    const detail::registry* const registry = detail::find_registry();
    return registry != nullptr && registry->live.is_taken();
}

/// Starts profiling as the first scope would, for a program that wants it before it meets one: as
/// the environment says, and not at all if that says SCOPETREE=off, if the program has made a
/// scopetree::profiler of its own, or in the child of a fork. is_profiling() tells what became of
/// it. Thread-safe.
inline void ensure_profiling() noexcept {
    if (detail::registry* const registry = detail::find_registry())
        registry->ensure_decided();
}

namespace detail {

/// `record(live_profiler&)` of the profiler that runs, resolved. Throws profiler_error when none
/// does.
template <class Record>
auto resolve_live(const resolve_options& chosen, Record&& record) {
    decltype(record(std::declval<live_profiler&>())) now;
    std::shared_ptr<repeated_resolver> resolver;
    registry* const threads = find_registry();
    const auto copy = [&](live_profiler& running) {
        resolver = running.resolver();
        now = record(running);
    };
    if (threads == nullptr || !threads->live.with(copy))
        throw profiler_error("scopetree: nothing is profiled in this process. Call "
                             "scopetree::ensure_profiling(), or make a scopetree::profiler and "
                             "start() it; SCOPETREE=off in the environment keeps it from starting "
                             "by itself, and the child of a fork must start one of its own");
    return resolve_run(now, chosen, *resolver);
}

} // namespace detail

/// What the profiler that runs would return if it were stopped now; it goes on. Any number of
/// threads may ask at once, also while it is being stopped; names are looked up once in a run,
/// those of modules that come or go excepted. Throws profiler_error when none runs.
inline session live_session(const resolve_options& chosen = {}) {
    return detail::resolve_live(chosen,
                                [](detail::live_profiler& running) { return running.record(); });
}

/// What the requests of the run took so far, by route, and the slowest of each route one by one.
/// Throws and thread-safety as for live_session.
inline service_profile live_requests(const resolve_options& chosen = {}) {
    return detail::resolve_live(chosen, [](detail::live_profiler& running) {
        return running.record_requests(detail::request_selection::slowest);
    });
}

/// The same, with those requests one by one that request_span::keep() asked for and that have ended
/// since the last call; up to 256 wait for it, more are dropped.
inline service_profile take_wanted_requests(const resolve_options& chosen = {}) {
    return detail::resolve_live(chosen, [](detail::live_profiler& running) {
        return running.record_requests(detail::request_selection::wanted);
    });
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
