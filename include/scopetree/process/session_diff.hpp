/// Two sessions side by side in one tree: what has become slower, and what faster.
#ifndef SCOPETREE_PROCESS_SESSION_DIFF_HPP
#define SCOPETREE_PROCESS_SESSION_DIFF_HPP

#include <scopetree/model/session_check.hpp>
#include <scopetree/process/frame_identity.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// What one of the sessions knows of a place. Nanoseconds; all 0 if it was never there.
struct diff_figures {
    std::int64_t wall_ns = 0; ///< with everything below
    std::int64_t cpu_ns = 0;
    std::int64_t self_wall_ns = 0; ///< without what is below
    std::int64_t self_cpu_ns = 0;
    std::uint64_t calls = 0; ///< of a scope
};

/// A place in the program that both sessions, or one of them, know.
struct diff_node {
    std::uint32_t parent = no_index; ///< in session_diff::nodes; smaller than the own index
    std::uint32_t frame = no_index;  ///< index into session_diff::frames
    diff_figures before;
    diff_figures after;

    std::int64_t wall_delta_ns() const { return after.wall_ns - before.wall_ns; }
    std::int64_t cpu_delta_ns() const { return after.cpu_ns - before.cpu_ns; }
    std::int64_t calls_delta() const {
        return static_cast<std::int64_t>(after.calls) - static_cast<std::int64_t>(before.calls);
    }
};

/// nodes[0] is the root, a synthetic frame; below it there is one for each thread's name, and below
/// those are the threads' trees. Plain data.
struct session_diff {
    session before; ///< what it says of the run; without its frames, modules, and threads
    session after;
    std::vector<frame> frames; ///< lines and modules are those of `before`, if it has the frame
    std::vector<module_info> modules; ///< of both
    std::vector<diff_node> nodes;
};

namespace detail {

class diff_builder {
public:
    session_diff build(const session& before, const session& after) {
        add_node(no_index, add_synthetic("all threads"));
        add(before, &diff_node::before);
        add(after, &diff_node::after);
        sum_up();
        result_.before = run_of(before);
        result_.after = run_of(after);
        return std::move(result_);
    }

private:
    using side = diff_figures diff_node::*;

    /// A scope's entry that was met at a node, by thread.
    struct met_scope {
        std::uint32_t node;
        const scope_figures* entry;
    };

    std::uint32_t add_synthetic(std::string name) {
        frame f;
        f.name = f.full_name = std::move(name);
        f.kind = frame_kind::synthetic;
        result_.frames.push_back(std::move(f));
        return static_cast<std::uint32_t>(result_.frames.size() - 1);
    }

    std::uint32_t add_node(std::uint32_t parent, std::uint32_t frame) {
        diff_node made;
        made.parent = parent;
        made.frame = frame;
        result_.nodes.push_back(made);
        return static_cast<std::uint32_t>(result_.nodes.size() - 1);
    }

    std::uint32_t node_of_thread(const std::string& name) {
        const auto next = static_cast<std::uint32_t>(result_.nodes.size());
        const auto [entry, added] = threads_.emplace(name, next);
        if (added)
            add_node(0, add_synthetic(name));
        return entry->second;
    }

    std::uint32_t child(std::uint32_t parent, std::uint32_t frame) {
        const auto next = static_cast<std::uint32_t>(result_.nodes.size());
        const auto [entry, added] = children_.emplace(std::uint64_t{parent} << 32 | frame, next);
        if (added)
            add_node(parent, frame);
        return entry->second;
    }

    /// By frame of the session: its index in the result. Frames that are the same share one.
    std::vector<std::uint32_t> add_frames(const session& from) {
        const auto first_module = static_cast<std::uint32_t>(result_.modules.size());
        result_.modules.insert(result_.modules.end(), from.modules.begin(), from.modules.end());
        std::vector<std::uint32_t> places;
        for (const frame& f : from.frames) {
            const frame_key key{f.full_name.empty() ? f.name : f.full_name, f.file, f.kind};
            const auto next = static_cast<std::uint32_t>(result_.frames.size());
            const auto [entry, added] = frames_.emplace(key, next);
            places.push_back(entry->second);
            if (!added)
                continue;
            result_.frames.push_back(f);
            if (f.module != no_index)
                result_.frames.back().module += first_module;
        }
        return places;
    }

    void add(const session& from, side which) {
        const std::vector<std::uint32_t> frames = add_frames(from);
        scopes_.clear();
        std::vector<std::uint32_t> nodes;
        for (const thread_tree& thread : from.threads) {
            nodes.assign(thread.nodes.size(), 0);
            for (std::size_t i = 0; i < thread.nodes.size(); ++i) {
                const call_node& node = thread.nodes[i];
                nodes[i] = i == 0 ? node_of_thread(thread.name)
                                  : child(nodes[node.parent], frames[node.frame]);
                diff_figures& figures = result_.nodes[nodes[i]].*which;
                figures.self_wall_ns += node.wall_ns;
                figures.self_cpu_ns += node.cpu_ns;
                if (node.scope != no_index)
                    scopes_.push_back({nodes[i], &thread.scopes[node.scope]});
            }
        }
        count_calls(which);
    }

    /// A node may have met an entry through several siblings that are the same here.
    void count_calls(side which) {
        const auto order = [](const met_scope& met) {
            return std::make_tuple(met.node, reinterpret_cast<std::uintptr_t>(met.entry));
        };
        std::sort(scopes_.begin(), scopes_.end(),
                  [&](const met_scope& a, const met_scope& b) { return order(a) < order(b); });
        const auto last = std::unique(
            scopes_.begin(), scopes_.end(),
            [&](const met_scope& a, const met_scope& b) { return order(a) == order(b); });
        for (auto met = scopes_.begin(); met != last; ++met)
            (result_.nodes[met->node].*which).calls += met->entry->calls;
    }

    void sum_up() {
        for (std::size_t i = result_.nodes.size(); i-- > 0;) {
            for (const side which : {&diff_node::before, &diff_node::after}) {
                diff_figures& figures = result_.nodes[i].*which;
                figures.wall_ns += figures.self_wall_ns;
                figures.cpu_ns += figures.self_cpu_ns;
                if (i == 0)
                    continue;
                diff_figures& above = result_.nodes[result_.nodes[i].parent].*which;
                above.wall_ns += figures.wall_ns;
                above.cpu_ns += figures.cpu_ns;
            }
        }
    }

    session_diff result_;
    std::unordered_map<frame_key, std::uint32_t, frame_key_hash> frames_; // refers to the sessions
    std::unordered_map<std::string, std::uint32_t> threads_;
    std::unordered_map<std::uint64_t, std::uint32_t> children_;
    std::vector<met_scope> scopes_;
};

} // namespace detail

/// Pairs threads by name (those of one name in a session add up), and places in them by the way
/// that leads there: function, file, and kind of every frame, whatever its line.
///
/// Throws session_error if one of the sessions is inconsistent. Linear, but for n log n in the
/// number of scopes.
inline session_diff diff(const session& before, const session& after) {
    detail::check_session(before, "the session before");
    detail::check_session(after, "the session after");
    return detail::diff_builder().build(before, after);
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
