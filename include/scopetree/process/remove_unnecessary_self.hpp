/// Takes out `[self]` where it says nothing.
#ifndef SCOPETREE_PROCESS_REMOVE_UNNECESSARY_SELF_HPP
#define SCOPETREE_PROCESS_REMOVE_UNNECESSARY_SELF_HPP

#include <scopetree/process/view_tree.hpp>

#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// An only child that is `[self]` is absorbed: the parent's line already says it. Linear.
inline void remove_unnecessary_self(view_tree& tree) {
    visit_preorder(tree, [&](std::uint32_t node) {
        view_node& n = tree.nodes[node];
        const std::uint32_t child = n.first_child;
        if (child == no_index || child != n.last_child || tree.nodes[child].kind != view_kind::self)
            return;
        tree.absorb(node, child);
        n.first_child = n.last_child = no_index;
    });
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
