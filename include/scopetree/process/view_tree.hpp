/// The tree that processors change and renderers show: a session's threads with total times.
#ifndef SCOPETREE_PROCESS_VIEW_TREE_HPP
#define SCOPETREE_PROCESS_VIEW_TREE_HPP

#include <scopetree/model/session.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

enum class view_kind : std::uint8_t {
    frame, ///< a frame of the session
    self   ///< `[self]`: time in the parent itself
};

/// For every node with children: the sum of the children's times, plus `absorbed`, is `time`; the
/// same for the second clock.
struct view_node {
    std::uint32_t parent = no_index;
    std::uint32_t first_child = no_index;
    std::uint32_t last_child = no_index;
    std::uint32_t next_sibling = no_index;
    std::uint32_t frame = no_index;       ///< index into session::frames; of `[self]`, its parent's
    std::uint32_t first_scope = no_index; ///< index into view_tree::scope_links
    std::uint32_t last_scope = no_index;
    std::uint32_t group = no_index; ///< index into view_tree::groups
    view_kind kind = view_kind::frame;
    bool shown = true;     ///< false: a group's member that its `[N frames hidden]` line stands for
    std::int64_t time = 0; ///< of the chosen clock, with everything below; nanoseconds
    std::int64_t absorbed = 0;    ///< part of `time` that was below and is not shown
    std::int64_t own = 0;         ///< part of `time` that is the node's own, whatever was taken out
    std::int64_t second_time = 0; ///< of the other clock
    std::int64_t second_absorbed = 0;
    std::int64_t second_own = 0;
};

/// One entry of the figures of a node's scope. A node has several after siblings were merged, and
/// the same one more than once if it was reached through different frames.
struct scope_link {
    std::uint32_t entry = 0; ///< index into view_tree::scopes
    std::uint32_t next = no_index;
};

/// A scope path's exact figures and the time found for it, over all places where it appears.
struct scope_entry {
    const scope_figures* figures = nullptr;
    std::int64_t time = 0;
};

/// Library frames that hang together.
struct view_group {
    std::uint32_t root = no_index;
    std::vector<std::uint32_t> members; ///< in the tree's order, the root first
    std::uint32_t hidden = 0;           ///< members not shown; 0: the group is printed whole
};

/// Index-linked, so that copying and destroying need no recursion however deep it is. nodes[0] is
/// the root; nodes that were taken out stay in `nodes`, unreachable. Refers to the session.
struct view_tree {
    const session* source = nullptr;
    std::vector<view_node> nodes;
    std::vector<scope_link> scope_links;
    std::vector<scope_entry> scopes;
    std::vector<view_group> groups;

    const view_node& root() const { return nodes.front(); }

    const frame& frame_of(const view_node& node) const { return source->frames[node.frame]; }

    void append_child(std::uint32_t parent, std::uint32_t child) {
        view_node& above = nodes[parent];
        nodes[child].parent = parent;
        nodes[child].next_sibling = no_index;
        if (above.last_child == no_index)
            above.first_child = child;
        else
            nodes[above.last_child].next_sibling = child;
        above.last_child = child;
    }

    std::vector<std::uint32_t> children_of(std::uint32_t node) const {
        std::vector<std::uint32_t> children;
        append_children_of(node, children);
        return children;
    }

    void append_children_of(std::uint32_t node, std::vector<std::uint32_t>& into) const {
        for (std::uint32_t c = nodes[node].first_child; c != no_index; c = nodes[c].next_sibling)
            into.push_back(c);
    }

    /// Makes `children`, in this order, the only ones.
    void set_children(std::uint32_t node, const std::vector<std::uint32_t>& children) {
        nodes[node].first_child = nodes[node].last_child = no_index;
        for (const std::uint32_t child : children)
            append_child(node, child);
    }

    /// Adds to `node` the time, the scopes and the children of `other`, which is not in the tree
    /// any more.
    void merge(std::uint32_t node, std::uint32_t other) {
        view_node& into = nodes[node];
        view_node& from = nodes[other];
        into.time += from.time;
        into.absorbed += from.absorbed;
        into.own += from.own;
        into.second_time += from.second_time;
        into.second_absorbed += from.second_absorbed;
        into.second_own += from.second_own;
        for (std::uint32_t c = from.first_child; c != no_index;) {
            const std::uint32_t next = nodes[c].next_sibling;
            append_child(node, c);
            c = next;
        }
        from.first_child = from.last_child = no_index;
        if (from.first_scope == no_index)
            return;
        if (into.first_scope == no_index)
            into.first_scope = from.first_scope;
        else
            scope_links[into.last_scope].next = from.first_scope;
        into.last_scope = from.last_scope;
        from.first_scope = from.last_scope = no_index;
    }

    /// Takes the time of a child that left the tree.
    void absorb(std::uint32_t node, std::uint32_t child) {
        nodes[node].absorbed += nodes[child].time;
        nodes[node].second_absorbed += nodes[child].second_time;
    }
};

/// Calls `visit(index)` for every node, parents first, children in order. The children of a node
/// are looked up after it was visited: `visit` may change what is below.
template <class Tree, class Visit>
void visit_preorder(Tree& tree, Visit&& visit) {
    std::vector<std::uint32_t> pending{0};
    std::vector<std::uint32_t> children;
    while (!pending.empty()) {
        const std::uint32_t node = pending.back();
        pending.pop_back();
        visit(node);
        children.clear();
        tree.append_children_of(node, children);
        pending.insert(pending.end(), children.rbegin(), children.rend());
    }
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
