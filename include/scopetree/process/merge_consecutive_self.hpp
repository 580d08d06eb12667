/// Makes neighbouring `[self]` siblings one.
#ifndef SCOPETREE_PROCESS_MERGE_CONSECUTIVE_SELF_HPP
#define SCOPETREE_PROCESS_MERGE_CONSECUTIVE_SELF_HPP

#include <scopetree/process/view_tree.hpp>

#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Linear.
inline void merge_consecutive_self(view_tree& tree) {
    visit_preorder(tree, [&](std::uint32_t node) {
        std::uint32_t child = tree.nodes[node].first_child;
        while (child != no_index) {
            const std::uint32_t next = tree.nodes[child].next_sibling;
            if (next == no_index)
                break;
            if (tree.nodes[child].kind != view_kind::self ||
                tree.nodes[next].kind != view_kind::self) {
                child = next;
                continue;
            }
            tree.nodes[child].next_sibling = tree.nodes[next].next_sibling;
            if (tree.nodes[node].last_child == next)
                tree.nodes[node].last_child = child;
            tree.merge(child, next);
        }
    });
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
