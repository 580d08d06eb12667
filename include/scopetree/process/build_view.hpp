/// From a session's threads to view trees.
#ifndef SCOPETREE_PROCESS_BUILD_VIEW_HPP
#define SCOPETREE_PROCESS_BUILD_VIEW_HPP

#include <scopetree/options.hpp>
#include <scopetree/process/view_tree.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

inline void check_thread(const session& source, const thread_tree& thread) {
    const auto refuse = [&](std::size_t node, const char* what) {
        throw std::invalid_argument("scopetree: thread \"" + thread.name + "\", node " +
                                    std::to_string(node) + ": " + what);
    };
    for (std::size_t i = 0; i < thread.nodes.size(); ++i) {
        const call_node& node = thread.nodes[i];
        if (i != 0 && node.parent >= i)
            refuse(i, "its parent does not stand before it");
        if (node.frame >= source.frames.size())
            refuse(i, "its frame does not exist");
        if (node.scope != no_index && node.scope >= thread.scopes.size())
            refuse(i, "its scope does not exist");
    }
}

inline void check_timeline(const thread_tree& thread) {
    std::int64_t end = 0;
    for (std::size_t i = 0; i < thread.timeline.size(); ++i) {
        const timeline_run& run = thread.timeline[i];
        const auto refuse = [&](const char* what) {
            throw std::invalid_argument("scopetree: thread \"" + thread.name +
                                        "\", timeline, run " + std::to_string(i) + ": " + what);
        };
        if (run.node >= thread.nodes.size())
            refuse("its node does not exist");
        if (run.duration_ns < 0 ||
            run.start_ns > std::numeric_limits<std::int64_t>::max() - run.duration_ns)
            refuse("its duration makes no sense");
        if (run.start_ns < end)
            refuse("it begins before the one before it ends");
        end = run.start_ns + run.duration_ns;
    }
}

/// Adds a thread's nodes below (its root: into) the tree's root.
inline void add_thread(view_tree& tree, const thread_tree& thread, bool cpu) {
    const auto first_node = static_cast<std::uint32_t>(tree.nodes.size() - 1);
    const auto first_scope = static_cast<std::uint32_t>(tree.scopes.size());
    for (const scope_figures& figures : thread.scopes)
        tree.scopes.push_back({&figures, 0});
    const auto own_time = [&](view_node& node, const call_node& from) {
        node.own += cpu ? from.cpu_ns : from.wall_ns;
        node.second_own += cpu ? from.wall_ns : from.cpu_ns;
        node.time = node.own;
        node.second_time = node.second_own;
    };
    own_time(tree.nodes.front(), thread.nodes.front());
    for (std::size_t i = 1; i < thread.nodes.size(); ++i) {
        const call_node& from = thread.nodes[i];
        view_node node;
        node.frame = from.frame;
        own_time(node, from);
        if (from.scope != no_index) {
            node.first_scope = node.last_scope =
                static_cast<std::uint32_t>(tree.scope_links.size());
            tree.scope_links.push_back({first_scope + from.scope, no_index});
        }
        tree.nodes.push_back(node);
        const std::uint32_t parent = from.parent == 0 ? 0 : first_node + from.parent;
        tree.append_child(parent, static_cast<std::uint32_t>(tree.nodes.size() - 1));
    }
}

/// Gives every node with a time of its own a `[self]` leaf behind its other children.
inline void add_self_leaves(view_tree& tree, bool second_clock) {
    const std::size_t count = tree.nodes.size();
    for (std::size_t i = 0; i < count; ++i) {
        const view_node& node = tree.nodes[i];
        if (node.time == 0 && (node.second_time == 0 || !second_clock))
            continue;
        view_node leaf;
        leaf.kind = view_kind::self;
        leaf.frame = node.frame;
        leaf.time = leaf.own = node.own;
        leaf.second_time = leaf.second_own = node.second_own;
        tree.nodes.push_back(leaf);
        tree.append_child(static_cast<std::uint32_t>(i),
                          static_cast<std::uint32_t>(tree.nodes.size() - 1));
    }
}

/// Turns own times into totals; parents stand before their children.
inline void sum_up(view_tree& tree) {
    for (std::size_t i = tree.nodes.size(); i-- > 1;) {
        const view_node& node = tree.nodes[i];
        if (node.kind == view_kind::self)
            continue; // already part of the parent's own time
        tree.nodes[node.parent].time += node.time;
        tree.nodes[node.parent].second_time += node.second_time;
        if (node.first_scope != no_index)
            tree.scopes[tree.scope_links[node.first_scope].entry].time += node.time;
    }
}

/// The view of some threads of a session, merged into one tree below the root of the first.
///
/// `clock = both` counts as wall with CPU as the second clock. The session must outlive the view.
/// Linear in the number of nodes. Throws std::invalid_argument if an index of a node is wrong.
inline view_tree build_view(const session& source, const std::vector<const thread_tree*>& threads,
                            report_clock clock) {
    view_tree tree;
    tree.source = &source;
    std::size_t count = 0;
    for (const thread_tree* thread : threads) {
        check_thread(source, *thread);
        count += thread->nodes.size();
    }
    tree.nodes.reserve(count);
    for (const thread_tree* thread : threads) {
        if (thread->nodes.empty())
            continue;
        if (tree.nodes.empty()) {
            tree.nodes.emplace_back();
            tree.nodes.front().frame = thread->nodes.front().frame;
        }
        add_thread(tree, *thread, clock == report_clock::cpu);
    }
    if (tree.nodes.empty())
        return tree;
    add_self_leaves(tree, clock == report_clock::both);
    sum_up(tree);
    return tree;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
