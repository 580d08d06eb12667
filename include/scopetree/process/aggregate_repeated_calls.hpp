/// Merges siblings that are the same function or scope.
#ifndef SCOPETREE_PROCESS_AGGREGATE_REPEATED_CALLS_HPP
#define SCOPETREE_PROCESS_AGGREGATE_REPEATED_CALLS_HPP

#include <scopetree/process/frame_identity.hpp>
#include <scopetree/process/view_tree.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Siblings of the same identity become one, likewise below them; then siblings are sorted by time,
/// the longest first, equal ones in the order they had. n log n.
inline void aggregate_repeated_calls(view_tree& tree) {
    const std::vector<std::uint32_t> identities = frame_identities(*tree.source);
    const std::size_t self_identity = identities.size();
    struct seen {
        std::uint32_t parent = no_index;
        std::uint32_t child = no_index;
    };
    std::vector<seen> first_seen(self_identity + 1);
    std::vector<std::uint32_t> kept;
    visit_preorder(tree, [&](std::uint32_t node) {
        kept.clear();
        for (const std::uint32_t child : tree.children_of(node)) {
            const view_node& c = tree.nodes[child];
            seen& same =
                first_seen[c.kind == view_kind::self ? self_identity : identities[c.frame]];
            if (same.parent == node) {
                tree.merge(same.child, child);
            } else {
                same = {node, child};
                kept.push_back(child);
            }
        }
        std::stable_sort(kept.begin(), kept.end(), [&](std::uint32_t a, std::uint32_t b) {
            return tree.nodes[a].time > tree.nodes[b].time;
        });
        tree.set_children(node, kept);
    });
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
