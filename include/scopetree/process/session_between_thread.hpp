/// One thread's tree, less what it was at an earlier time.
#ifndef SCOPETREE_PROCESS_SESSION_BETWEEN_THREAD_HPP
#define SCOPETREE_PROCESS_SESSION_BETWEEN_THREAD_HPP

#include <scopetree/model/session.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Makes amounts smaller so that their sum, `all`, becomes `left`; each by about the same share.
class even_cut {
public:
    even_cut(std::int64_t all, std::int64_t left) : all_(all), left_(left) {}

    /// To be called with each of the amounts, once.
    std::int64_t operator()(std::int64_t amount) {
        const std::int64_t before = cut(seen_);
        seen_ += amount;
        return cut(seen_) - before;
    }

private:
    std::int64_t cut(std::int64_t sum) const {
        if (left_ == all_)
            return sum;
        if (sum >= all_)
            return left_;
        const double share = static_cast<double>(left_) / static_cast<double>(all_);
        return std::min(left_, static_cast<std::int64_t>(static_cast<double>(sum) * share));
    }

    std::int64_t all_;
    std::int64_t left_;
    std::int64_t seen_ = 0;
};

/// Takes the missing (negative) amounts from the others, of the same group if they have enough.
/// Then none is negative, and the sum is what it was, or 0 if it was negative. `rows`: pointers to
/// amounts, `groups`: by row; `lacking`: by group, further amounts that are missing.
inline void settle_amounts(const std::vector<std::int64_t*>& rows,
                           const std::vector<std::uint32_t>& groups,
                           std::vector<std::int64_t> lacking) {
    std::vector<std::int64_t> has(lacking.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (*rows[i] > 0)
            has[groups[i]] += *rows[i];
        else
            lacking[groups[i]] -= std::exchange(*rows[i], 0);
    std::vector<even_cut> cuts;
    std::int64_t all = 0;
    std::int64_t missing = 0;
    for (std::size_t group = 0; group < has.size(); ++group) {
        const std::int64_t left = std::max<std::int64_t>(has[group] - lacking[group], 0);
        cuts.emplace_back(has[group], left);
        all += left;
        missing += std::max<std::int64_t>(lacking[group] - has[group], 0);
    }
    even_cut whole(all, std::max<std::int64_t>(all - missing, 0));
    for (std::size_t i = 0; i < rows.size(); ++i)
        *rows[i] = whole(cuts[groups[i]](*rows[i]));
}

class thread_window {
public:
    /// `later` must outlive it.
    explicit thread_window(const thread_tree& later) : later_(later), inner_(later.nodes.size()) {
        const std::vector<std::uint32_t> classes = walk(
            later, [](std::uint32_t frame) { return frame; }, inner_);
        for (std::uint32_t i = 0; i < later.nodes.size(); ++i) {
            const call_node& node = later.nodes[i];
            nodes_.push_back(
                {node.wall_ns, node.cpu_ns, static_cast<std::int64_t>(node.samples), true});
            if (i != 0)
                children_.emplace(std::uint64_t{node.parent} << 32 | node.frame, i);
        }
        for (std::uint32_t i = 0; i < later.scopes.size(); ++i) {
            const scope_figures& figures = later.scopes[i];
            scopes_.push_back(
                {static_cast<std::int64_t>(figures.calls), figures.times.total_ns, true, false});
            scope_classes_.push_back(classes[i]);
            members_[classes[i]].push_back(i);
        }
    }

    /// `frames`: the index in `later` of each frame of the earlier session, or no_index.
    void take_away(const thread_tree& earlier, const std::vector<std::uint32_t>& frames) {
        const auto frame_of = [&](std::uint32_t frame) { return frames[frame]; };
        std::vector<std::uint32_t> inner(earlier.nodes.size());
        const std::vector<std::uint32_t> classes = walk(earlier, frame_of, inner);
        std::vector<std::uint32_t> places(earlier.nodes.size(), no_index);
        for (std::size_t i = 0; i < earlier.nodes.size(); ++i) {
            const call_node& node = earlier.nodes[i];
            places[i] = i == 0 ? 0 : place_of(places[node.parent], frames[node.frame]);
            window_node& from = places[i] < nodes_.size() ? nodes_[places[i]] : lost_[inner[i]];
            from.wall_ns -= node.wall_ns;
            from.cpu_ns -= node.cpu_ns;
            from.samples -= static_cast<std::int64_t>(node.samples);
            from.is_new = false;
        }
        take_away_scopes(earlier, classes, places);
    }

    /// To be called when all is taken away.
    void settle() {
        for (const auto figure :
             {&window_node::wall_ns, &window_node::cpu_ns, &window_node::samples}) {
            std::vector<std::int64_t*> rows;
            for (window_node& node : nodes_)
                rows.push_back(&(node.*figure));
            std::vector<std::int64_t> lacking(class_count_);
            for (const auto& [group, node] : lost_)
                lacking[group] = -(node.*figure);
            settle_amounts(rows, inner_, std::move(lacking));
        }
        for (const auto figure : {&window_scope::calls, &window_scope::total_ns}) {
            std::vector<std::int64_t*> rows;
            for (window_scope& scope : scopes_)
                rows.push_back(&(scope.*figure));
            settle_amounts(rows, scope_classes_, std::vector<std::int64_t>(class_count_));
        }
    }

    /// Some timed scope had passes before and in the window: see session_between.
    bool has_bounds() const {
        for (std::size_t i = 0; i < scopes_.size(); ++i)
            if (later_.scopes[i].timed && scopes_[i].calls > 0 && scopes_[i].had_calls)
                return true;
        return false;
    }

    /// The window begins `edge_ns` after the run. No nodes if nothing happened.
    thread_tree take(std::int64_t edge_ns) const {
        const std::vector<bool> kept = nodes_to_keep(edge_ns);
        thread_tree result;
        result.name = later_.name;
        result.tid = later_.tid;
        std::vector<std::uint32_t> places(nodes_.size(), no_index);
        std::vector<bool> used(scopes_.size());
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            if (!kept[i])
                continue;
            places[i] = static_cast<std::uint32_t>(result.nodes.size());
            call_node node = later_.nodes[i];
            node.parent = i == 0 ? no_index : places[node.parent];
            node.wall_ns = nodes_[i].wall_ns;
            node.cpu_ns = nodes_[i].cpu_ns;
            node.samples = static_cast<std::uint64_t>(nodes_[i].samples);
            if (node.scope != no_index)
                used[node.scope] = true;
            result.nodes.push_back(node);
            result.wall_ns += node.wall_ns;
            result.cpu_ns += node.cpu_ns;
        }
        take_scopes(used, result);
        for (const timeline_run& run : later_.timeline)
            if (lies_behind(run, edge_ns)) {
                const std::int64_t start = std::max(run.start_ns, edge_ns);
                result.timeline.push_back(
                    {places[run.node], start - edge_ns, run.start_ns + run.duration_ns - start});
            }
        return result;
    }

private:
    struct window_node {
        std::int64_t wall_ns = 0;
        std::int64_t cpu_ns = 0;
        std::int64_t samples = 0;
        bool is_new = true; ///< was not there at the earlier time
    };
    struct window_scope {
        std::int64_t calls;
        std::int64_t total_ns;
        bool is_new;
        bool had_calls; ///< at the earlier time
    };

    /// Numbers the classes of a thread's scopes: those of one frame in scopes of one class are one.
    /// Macros of one text are (in the instances of a template), and which of them is which an
    /// earlier tree does not tell for sure. Class 0: in no scope. Returns the class by scope;
    /// `inner` becomes that of the innermost scope by node.
    template <class FrameOf>
    std::vector<std::uint32_t> walk(const thread_tree& of, FrameOf&& frame_of,
                                    std::vector<std::uint32_t>& inner) {
        std::vector<std::uint32_t> classes(of.scopes.size(), 0);
        std::vector<bool> met(of.scopes.size());
        for (std::size_t i = 0; i < of.nodes.size(); ++i) {
            const call_node& node = of.nodes[i];
            inner[i] = i == 0 ? 0 : inner[node.parent];
            if (node.scope == no_index)
                continue;
            if (!met[node.scope]) {
                const std::uint64_t key = std::uint64_t{inner[i]} << 32 | frame_of(node.frame);
                const auto [entry, added] = classes_.emplace(key, class_count_);
                class_count_ += added ? 1 : 0;
                classes[node.scope] = entry->second;
                met[node.scope] = true;
            }
            inner[i] = classes[node.scope];
        }
        return classes;
    }

    std::uint32_t place_of(std::uint32_t parent, std::uint32_t frame) const {
        const auto found = children_.find(std::uint64_t{parent} << 32 | frame);
        return parent == no_index || found == children_.end() ? no_index : found->second;
    }

    /// A scope is the one that stands where it stood; else any other of its class.
    void take_away_scopes(const thread_tree& earlier, const std::vector<std::uint32_t>& classes,
                          const std::vector<std::uint32_t>& places) {
        std::vector<std::uint32_t> partners(earlier.scopes.size(), no_index);
        std::vector<bool> taken(scopes_.size());
        for (std::size_t i = 0; i < earlier.nodes.size(); ++i) {
            const std::uint32_t scope = earlier.nodes[i].scope;
            if (scope == no_index || partners[scope] != no_index || places[i] == no_index)
                continue;
            const std::uint32_t partner = later_.nodes[places[i]].scope;
            if (partner != no_index && !taken[partner]) {
                partners[scope] = partner;
                taken[partner] = true;
            }
        }
        std::unordered_map<std::uint32_t, std::size_t> tried; // of a class, so many from the first
        for (std::size_t i = 0; i < earlier.scopes.size(); ++i) {
            const auto found = members_.find(classes[i]);
            if (partners[i] == no_index && found == members_.end())
                continue;
            if (partners[i] == no_index) {
                const std::vector<std::uint32_t>& members = found->second;
                std::size_t& at = tried[classes[i]];
                while (at + 1 < members.size() && taken[members[at]])
                    ++at;
                partners[i] = members[at];
                taken[partners[i]] = true;
            }
            window_scope& from = scopes_[partners[i]];
            from.calls -= static_cast<std::int64_t>(earlier.scopes[i].calls);
            from.total_ns -= earlier.scopes[i].times.total_ns;
            from.had_calls = from.had_calls || earlier.scopes[i].calls > 0;
            from.is_new = false;
        }
    }

    static bool lies_behind(const timeline_run& run, std::int64_t edge_ns) {
        return run.start_ns >= edge_ns || run.start_ns + run.duration_ns > edge_ns;
    }

    /// Those with figures, runs or children, and one for each scope with passes.
    std::vector<bool> nodes_to_keep(std::int64_t edge_ns) const {
        std::vector<bool> kept(nodes_.size());
        std::vector<bool> seen(scopes_.size());
        for (std::size_t i = 0; i < nodes_.size(); ++i)
            kept[i] = nodes_[i].is_new || nodes_[i].wall_ns != 0 || nodes_[i].cpu_ns != 0 ||
                      nodes_[i].samples != 0;
        for (const timeline_run& run : later_.timeline)
            kept[run.node] = kept[run.node] || lies_behind(run, edge_ns);
        keep_parents(kept);
        for (std::size_t i = 0; i < nodes_.size(); ++i)
            if (kept[i] && later_.nodes[i].scope != no_index)
                seen[later_.nodes[i].scope] = true;
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            const std::uint32_t scope = later_.nodes[i].scope;
            if (scope == no_index || seen[scope] || scopes_[scope].calls == 0)
                continue;
            kept[i] = seen[scope] = true;
        }
        keep_parents(kept);
        return kept;
    }

    void keep_parents(std::vector<bool>& kept) const {
        for (std::size_t i = kept.size(); i-- > 1;)
            if (kept[i])
                kept[later_.nodes[i].parent] = true;
    }

    void take_scopes(const std::vector<bool>& used, thread_tree& into) const {
        std::vector<std::uint32_t> places(scopes_.size(), no_index);
        for (std::size_t i = 0; i < scopes_.size(); ++i) {
            if (!used[i] && !scopes_[i].is_new)
                continue;
            places[i] = static_cast<std::uint32_t>(into.scopes.size());
            scope_figures figures = later_.scopes[i];
            figures.calls = static_cast<std::uint64_t>(scopes_[i].calls);
            if (figures.calls == 0 && !scopes_[i].is_new)
                figures.times = {};
            figures.times.total_ns = scopes_[i].total_ns;
            into.scopes.push_back(figures);
        }
        for (call_node& node : into.nodes)
            if (node.scope != no_index)
                node.scope = places[node.scope];
    }

    const thread_tree& later_;
    std::vector<window_node> nodes_;                            ///< as in `later_`
    std::vector<window_scope> scopes_;                          ///< as in `later_`
    std::unordered_map<std::uint64_t, std::uint32_t> children_; ///< by parent and frame
    std::uint32_t class_count_ = 1;
    std::unordered_map<std::uint64_t, std::uint32_t> classes_;
    std::vector<std::uint32_t> inner_;         ///< by node: the class of its innermost scope
    std::vector<std::uint32_t> scope_classes_; ///< by scope
    std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> members_; ///< scopes by class
    std::unordered_map<std::uint32_t, window_node> lost_; ///< by class: what has no place any more
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
