/// All processors, in their order.
#ifndef SCOPETREE_PROCESS_PROCESSORS_HPP
#define SCOPETREE_PROCESS_PROCESSORS_HPP

#include <scopetree/options.hpp>
#include <scopetree/process/aggregate_repeated_calls.hpp>
#include <scopetree/process/build_view.hpp>
#include <scopetree/process/collapse_runtime.hpp>
#include <scopetree/process/group_library_frames.hpp>
#include <scopetree/process/merge_consecutive_self.hpp>
#include <scopetree/process/remove_irrelevant.hpp>
#include <scopetree/process/remove_unnecessary_self.hpp>
#include <scopetree/process/view_tree.hpp>

#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Processes a tree as text and JSON show it; one of build_timeline_view with `timeline`. `hidden`
/// as for group_library_frames.
inline void process(view_tree& tree, const tree_options& chosen, const std::vector<bool>& hidden) {
    if (tree.nodes.empty())
        return;
    if (!chosen.show_all)
        collapse_runtime(tree);
    merge_consecutive_self(tree);
    if (!chosen.timeline)
        aggregate_repeated_calls(tree);
    if (!chosen.show_all)
        remove_irrelevant(tree, chosen.filter_threshold);
    remove_unnecessary_self(tree);
    if (!chosen.show_all)
        group_library_frames(tree, hidden);
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
