/// From a recording to a session: addresses become functions, and scopes find their place.
#ifndef SCOPETREE_SYMBOL_RESOLVE_HPP
#define SCOPETREE_SYMBOL_RESOLVE_HPP

#include <scopetree/model/recording.hpp>
#include <scopetree/symbol/resolve_frames.hpp>
#include <scopetree/symbol/resolve_thread.hpp>
#include <scopetree/symbol/symbolizer.hpp>

#include <string>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

struct resolve_options {
    /// Folders (or files) whose code is not the program's own, beside the system's.
    std::vector<std::string> library_paths;
};

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
    application_rule rule;
    rule.library_paths = options.library_paths;
    detail::frame_table frames(source, std::move(rule));
    frames.resolve(source, look_up);
    session result = source.about;
    result.modules = source.modules;
    result.threads.clear();
    for (const raw_thread& thread : source.threads)
        result.threads.push_back(detail::thread_resolver(thread, frames).resolve());
    result.source_root = frames.source_root();
    result.frames = frames.take_frames();
    return result;
}

/// The same, asking this process: it must be the one that was recorded.
inline session resolve(const recording& source, const resolve_options& options = {}) {
    return resolve(source, options, symbolizer(source.modules));
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
