/// A thread's tree as the page holds it: start-up frames taken out, siblings that are the same
/// function merged, and of very many nodes only the heaviest.
#ifndef SCOPETREE_RENDER_HTML_COMPACT_TREE_HPP
#define SCOPETREE_RENDER_HTML_COMPACT_TREE_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/process/build_view.hpp>
#include <scopetree/process/collapse_runtime.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The times are its own; parents stand before their children.
struct compact_node {
    std::uint32_t parent = no_index;
    std::uint32_t function = no_index; ///< as frame_identities counts them; none: a remainder
    std::int64_t wall_ns = 0;
    std::int64_t cpu_ns = 0;
};

/// An entry of a scope's figures, and where it appears.
struct compact_scope {
    std::uint32_t node = 0;
    std::uint32_t entry = 0; ///< index into thread_tree::scopes
};

/// What was found for an entry, over all places where it appears.
struct entry_time {
    std::int64_t wall_ns = 0;
    std::int64_t cpu_ns = 0;
};

struct compact_tree {
    const thread_tree* thread = nullptr;
    std::vector<compact_node> nodes; ///< nodes[0] is the thread
    std::vector<compact_scope> scopes;
    std::vector<entry_time> entry_times; ///< by entry
    std::vector<std::uint32_t> place;    ///< of every node of the thread, the node here
};

/// Which frames are taken out of the trees, as collapse_runtime does it.
struct runtime_frames {
    std::vector<bool> always;
    std::vector<bool> starting; ///< where only start-up stands above and something is called

    explicit runtime_frames(const session& source) {
        for (const frame& f : source.frames) {
            always.push_back(is_runtime(f));
            starting.push_back(is_nameless_runtime(f));
        }
    }
};

inline void sum_up_entries(const thread_tree& thread, std::vector<entry_time>& times) {
    std::vector<entry_time> totals(thread.nodes.size());
    times.resize(thread.scopes.size());
    for (std::size_t i = thread.nodes.size(); i-- > 0;) {
        const call_node& node = thread.nodes[i];
        totals[i].wall_ns += node.wall_ns;
        totals[i].cpu_ns += node.cpu_ns;
        if (i != 0) {
            totals[node.parent].wall_ns += totals[i].wall_ns;
            totals[node.parent].cpu_ns += totals[i].cpu_ns;
        }
        if (node.scope != no_index) {
            times[node.scope].wall_ns += totals[i].wall_ns;
            times[node.scope].cpu_ns += totals[i].cpu_ns;
        }
    }
}

/// `functions`: of every frame of the session its number, see frame_identities. Nothing counts as
/// start-up if `runtime` is null. Linear. Throws std::invalid_argument like build_view.
inline compact_tree compact(const session& source, const thread_tree& thread,
                            const std::vector<std::uint32_t>& functions,
                            const runtime_frames* runtime) {
    check_thread(source, thread);
    compact_tree tree;
    tree.thread = &thread;
    tree.nodes.emplace_back();
    sum_up_entries(thread, tree.entry_times);
    if (thread.nodes.empty())
        return tree;
    const std::size_t count = thread.nodes.size();
    tree.place.assign(count, 0);
    std::vector<bool> calls(count, false);
    for (std::size_t i = 1; i < count; ++i)
        calls[thread.nodes[i].parent] = true;
    std::vector<bool> below_start(count, false); // nothing but start-up stands above its children
    below_start[0] = true;
    std::unordered_map<std::uint64_t, std::uint32_t> known; // parent and function → node
    const auto add_times = [&](std::size_t i) {
        tree.nodes[tree.place[i]].wall_ns += thread.nodes[i].wall_ns;
        tree.nodes[tree.place[i]].cpu_ns += thread.nodes[i].cpu_ns;
    };
    add_times(0);
    for (std::size_t i = 1; i < count; ++i) {
        const call_node& from = thread.nodes[i];
        const std::uint32_t above = tree.place[from.parent];
        const bool start_up = runtime != nullptr && runtime->always[from.frame];
        const bool nameless =
            runtime != nullptr && below_start[from.parent] && runtime->starting[from.frame];
        if (start_up || (nameless && calls[i])) {
            tree.place[i] = above;
            below_start[i] = below_start[from.parent] || start_up;
        } else {
            const std::uint64_t key = std::uint64_t{above} << 32 | functions[from.frame];
            const auto fresh = static_cast<std::uint32_t>(tree.nodes.size());
            const auto [entry, first] = known.emplace(key, fresh);
            if (first)
                tree.nodes.push_back({above, functions[from.frame], 0, 0});
            tree.place[i] = entry->second;
            if (from.scope != no_index)
                tree.scopes.push_back({entry->second, from.scope});
        }
        add_times(i);
    }
    return tree;
}

/// Keeps the heaviest `most` nodes of all trees together; the threads always. What goes adds its
/// time to a child of its nearest kept caller, which has no function; those children count, too.
class tree_thinner {
public:
    tree_thinner(std::vector<compact_tree>& trees, std::size_t most) : trees_(trees), most_(most) {}

    /// How many nodes went.
    std::size_t run() {
        std::size_t count = 0;
        for (const compact_tree& tree : trees_)
            count += tree.nodes.size();
        if (count <= most_)
            return 0;
        choose();
        std::size_t kept = 0;
        for (std::size_t t = 0; t < trees_.size(); ++t)
            kept += rebuild(trees_[t], kept_[t]);
        return count - kept;
    }

private:
    struct candidate {
        std::int64_t time; ///< of both clocks, with everything below: never more than the parent's
        std::uint32_t tree;
        std::uint32_t node;
    };

    std::vector<candidate> heaviest_first() const {
        std::vector<candidate> all;
        for (std::uint32_t t = 0; t < trees_.size(); ++t) {
            const std::vector<compact_node>& nodes = trees_[t].nodes;
            std::vector<std::int64_t> totals(nodes.size());
            for (std::size_t i = nodes.size(); i-- > 1;) {
                totals[i] += nodes[i].wall_ns + nodes[i].cpu_ns;
                totals[nodes[i].parent] += totals[i];
                all.push_back({totals[i], t, static_cast<std::uint32_t>(i)});
            }
        }
        std::sort(all.begin(), all.end(), [](const candidate& a, const candidate& b) {
            return std::tie(b.time, a.tree, a.node) < std::tie(a.time, b.tree, b.node);
        });
        return all;
    }

    /// Heaviest first means that a node's parent was chosen before it.
    void choose() {
        std::vector<std::vector<std::uint32_t>> missing; // of every node, children not chosen
        for (const compact_tree& tree : trees_) {
            kept_.emplace_back(tree.nodes.size(), false);
            kept_.back()[0] = true;
            missing.emplace_back(tree.nodes.size(), 0);
            for (std::size_t i = 1; i < tree.nodes.size(); ++i)
                ++missing.back()[tree.nodes[i].parent];
        }
        std::size_t used = 0; // nodes, and remainders of those with children missing
        for (const std::vector<std::uint32_t>& children : missing)
            used += children[0] == 0 ? 1 : 2;
        for (const candidate& next : heaviest_first()) {
            const compact_node& node = trees_[next.tree].nodes[next.node];
            if (!kept_[next.tree][node.parent])
                continue; // a negative time stands above it
            std::uint32_t& siblings = missing[next.tree][node.parent];
            const std::size_t with =
                used + (missing[next.tree][next.node] == 0 ? 1 : 2) - (siblings == 1 ? 1 : 0);
            if (with > most_)
                break;
            used = with;
            --siblings;
            kept_[next.tree][next.node] = true;
        }
    }

    /// How many nodes of the tree were kept.
    static std::size_t rebuild(compact_tree& tree, const std::vector<bool>& kept) {
        std::vector<compact_node> nodes;
        std::vector<std::uint32_t> to(tree.nodes.size());
        std::vector<std::uint32_t> remainder(tree.nodes.size(), no_index); // by new node
        std::size_t count = 0;
        for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
            compact_node node = tree.nodes[i];
            const std::uint32_t above = i == 0 ? no_index : to[node.parent];
            if (kept[i]) {
                ++count;
                node.parent = above;
                to[i] = static_cast<std::uint32_t>(nodes.size());
                nodes.push_back(node);
                continue;
            }
            if (nodes[above].function == no_index && above != 0) {
                to[i] = above; // the parent went, too
            } else {
                if (remainder[above] == no_index) {
                    remainder[above] = static_cast<std::uint32_t>(nodes.size());
                    nodes.push_back({above, no_index, 0, 0});
                }
                to[i] = remainder[above];
            }
            nodes[to[i]].wall_ns += node.wall_ns;
            nodes[to[i]].cpu_ns += node.cpu_ns;
        }
        tree.nodes = std::move(nodes);
        for (std::uint32_t& place : tree.place)
            place = to[place];
        std::vector<compact_scope> scopes;
        for (const compact_scope& scope : tree.scopes)
            if (kept[scope.node])
                scopes.push_back({to[scope.node], scope.entry});
        tree.scopes = std::move(scopes);
        return count;
    }

    std::vector<compact_tree>& trees_;
    std::size_t most_;
    std::vector<std::vector<bool>> kept_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
