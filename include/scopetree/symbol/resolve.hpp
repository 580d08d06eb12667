/// From a recording to a session: addresses become functions, and scopes find their place.
#ifndef SCOPETREE_SYMBOL_RESOLVE_HPP
#define SCOPETREE_SYMBOL_RESOLVE_HPP

#include <scopetree/model/keep_used_frames.hpp>
#include <scopetree/model/recording.hpp>
#include <scopetree/symbol/loaded_modules.hpp>
#include <scopetree/symbol/resolve_frames.hpp>
#include <scopetree/symbol/resolve_thread.hpp>
#include <scopetree/symbol/symbolizer.hpp>

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

struct resolve_options {
    /// Folders (or files) whose code is not the program's own, beside the system's.
    std::vector<std::string> library_paths;
};

namespace detail {

/// `frames` has resolved `source`, and perhaps others before it.
inline session build_session(const recording& source, frame_table& frames) {
    session result = source.about;
    result.modules = source.modules;
    result.threads.clear();
    for (const raw_thread& thread : source.threads)
        result.threads.push_back(thread_resolver(thread, frames).resolve());
    result.source_root = frames.source_root();
    result.frames = frames.frames();
    keep_used_frames(result);
    return result;
}

inline frame_table make_frame_table(const resolve_options& options) {
    application_rule rule;
    rule.library_paths = options.library_paths;
    return frame_table(std::move(rule));
}

} // namespace detail

/// Builds the session of `source`: one tree for each thread, frames and scopes merged, see
/// scope_placement for where a scope goes. The sum over a tree's nodes equals the sum over the
/// thread's leaves, for wall time, CPU time and samples. The scopes of a thread keep their order:
/// raw_thread::scopes[i] becomes thread_tree::scopes[i - 1], the root is left out. A thread's
/// timeline, if it has one, refers to the nodes that have its leaves' time.
///
/// `look_up(const raw_location&)` returns a native_location; it is asked once for each address.
/// Indices in `source` must be valid. Not signal-safe.
template <class LookUp>
session resolve(const recording& source, const resolve_options& options, LookUp&& look_up) {
    detail::frame_table frames = detail::make_frame_table(options);
    frames.resolve(source, look_up);
    return detail::build_session(source, frames);
}

/// The same, asking this process: it must be the one that was recorded.
inline session resolve(const recording& source, const resolve_options& options = {}) {
    return resolve(source, options, symbolizer(source.modules));
}

/// Resolves the recordings of one run, one after the other, and asks this process for each address
/// once only, as long as no module is loaded or unloaded and the options are the same; otherwise it
/// begins anew. What it keeps is bounded by the addresses that were sampled. Thread-safe.
class repeated_resolver {
public:
    session resolve(const recording& source, const resolve_options& options = {}) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const module_changes changes = count_module_changes();
        if (!known_ || !known_->fits(source, options, changes))
            known_.emplace(source, options, changes);
        known_->frames.resolve(source, known_->look_up);
        return detail::build_session(source, known_->frames);
    }

private:
    struct knowledge {
        knowledge(const recording& source, const resolve_options& chosen, module_changes when)
            : options(chosen), changes(when), module_count(source.modules.size()),
              look_up(source.modules), frames(detail::make_frame_table(chosen)) {}

        /// The list of a run's modules only grows, a little after the loader's.
        bool fits(const recording& source, const resolve_options& chosen,
                  module_changes now) const {
            return module_count == source.modules.size() && changes == now &&
                   options.library_paths == chosen.library_paths;
        }

        resolve_options options;
        module_changes changes;
        std::size_t module_count;
        symbolizer look_up;
        detail::frame_table frames;
    };

    std::mutex mutex_;
    std::optional<knowledge> known_;
};

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
