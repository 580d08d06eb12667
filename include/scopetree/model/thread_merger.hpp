/// Adds threads' trees up in one.
#ifndef SCOPETREE_MODEL_THREAD_MERGER_HPP
#define SCOPETREE_MODEL_THREAD_MERGER_HPP

#include <scopetree/model/session_check.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Neither must be larger than a session may hold.
template <class Integer>
void add_figure(Integer& into, Integer value) {
    constexpr auto most = static_cast<Integer>(std::numeric_limits<std::int64_t>::max() / 2);
    if (value > most || into > most - value)
        refuse_session("the sessions cannot be combined", "",
                       "their figures add up to more than an int64 can hold");
    into += value;
}

/// Adds the passes of a scope to those of the same one elsewhere. Returns whether the percentiles,
/// which cannot be added up, are now the larger ones of the two.
inline bool add_passes(scope_figures& to, const scope_figures& from) {
    to.timed = to.timed || from.timed;
    add_figure(to.calls, from.calls);
    timed_figures& sum = to.times;
    const timed_figures& more = from.times;
    if (!from.timed || more.max_ns == 0) // it was entered at most
        return false;
    if (sum.max_ns == 0) {
        sum = more;
        return false;
    }
    const bool differ = sum.p50_ns != more.p50_ns || sum.p99_ns != more.p99_ns;
    add_figure(sum.total_ns, more.total_ns);
    sum.min_ns = std::min(sum.min_ns, more.min_ns);
    sum.max_ns = std::max(sum.max_ns, more.max_ns);
    sum.p50_ns = std::max(sum.p50_ns, more.p50_ns);
    sum.p99_ns = std::max(sum.p99_ns, more.p99_ns);
    return differ;
}

/// Nodes are the same if their frames and those of all above them are, scopes if the scopes around
/// them are as well. The trees' frames must be indices into one table.
class thread_merger {
public:
    /// What is added later goes into `to`, as long as it lives.
    explicit thread_merger(thread_tree& to) : to_(to) {
        nodes_known_.emplace(key{no_index, no_index, no_index}, 0);
        to_.nodes.clear();
        to_.scopes.clear();
    }

    /// Returns where the nodes of `from` went; scopes that none of them refers to are left out.
    /// `frame_of(std::uint32_t)` is the index that a frame of `from` has in the common table. The
    /// tree must be sound, see check_session. Linear.
    template <class FrameOf>
    std::vector<std::uint32_t> add(const thread_tree& from, FrameOf&& frame_of) {
        add_figure(to_.wall_ns, from.wall_ns);
        add_figure(to_.cpu_ns, from.cpu_ns);
        std::vector<std::uint32_t> nodes(from.nodes.size(), 0);
        std::vector<std::uint32_t> around(from.nodes.size(), no_index); // the innermost scope
        std::vector<std::uint32_t> scopes(from.scopes.size(), no_index);
        for (std::size_t i = 0; i < from.nodes.size(); ++i) {
            const call_node& node = from.nodes[i];
            const std::uint32_t frame = frame_of(node.frame);
            std::uint32_t scope = no_index;
            around[i] = i == 0 ? no_index : around[node.parent];
            if (node.scope != no_index) {
                if (scopes[node.scope] == no_index)
                    scopes[node.scope] = add_scope(around[i], frame, from.scopes[node.scope]);
                scope = around[i] = scopes[node.scope];
            }
            nodes[i] = node_for(i == 0 ? no_index : nodes[node.parent], frame, scope);
            call_node& sum = to_.nodes[nodes[i]];
            add_figure(sum.wall_ns, node.wall_ns);
            add_figure(sum.cpu_ns, node.cpu_ns);
            add_figure(sum.samples, node.samples);
        }
        return nodes;
    }

    /// Of several runs, the percentiles of a timed scope are not known exactly any more.
    bool has_bounds() const { return has_bounds_; }

private:
    struct key {
        std::uint32_t parent;
        std::uint32_t frame;
        std::uint32_t scope;

        friend bool operator==(const key& a, const key& b) {
            return a.parent == b.parent && a.frame == b.frame && a.scope == b.scope;
        }
    };

    struct key_hash {
        std::size_t operator()(const key& k) const {
            constexpr std::uint64_t odd = 0x9e37'79b9'7f4a'7c15u;
            const std::uint64_t low = (std::uint64_t{k.parent} << 32 | k.frame) * odd;
            return static_cast<std::size_t>(((low ^ low >> 29) + k.scope) * odd);
        }
    };

    std::uint32_t node_for(std::uint32_t parent, std::uint32_t frame, std::uint32_t scope) {
        // There is one root, whatever it is called.
        const key wanted =
            parent == no_index ? key{no_index, no_index, no_index} : key{parent, frame, scope};
        const auto next = static_cast<std::uint32_t>(to_.nodes.size());
        const std::uint32_t node = nodes_known_.emplace(wanted, next).first->second;
        if (node == next) {
            call_node made;
            made.parent = parent;
            made.frame = frame;
            made.scope = scope;
            to_.nodes.push_back(made);
        }
        return node;
    }

    std::uint32_t add_scope(std::uint32_t around, std::uint32_t frame, const scope_figures& from) {
        const auto next = static_cast<std::uint32_t>(to_.scopes.size());
        const std::uint32_t entry =
            scopes_known_.emplace(key{around, frame, 0}, next).first->second;
        if (entry == next)
            to_.scopes.emplace_back();
        has_bounds_ = add_passes(to_.scopes[entry], from) || has_bounds_;
        return entry;
    }

    thread_tree& to_;
    std::unordered_map<key, std::uint32_t, key_hash> nodes_known_;
    std::unordered_map<key, std::uint32_t, key_hash> scopes_known_;
    bool has_bounds_ = false;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
