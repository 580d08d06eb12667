/// From a thread's timeline to a view tree: its calls in the order in which they happened.
#ifndef SCOPETREE_PROCESS_BUILD_TIMELINE_VIEW_HPP
#define SCOPETREE_PROCESS_BUILD_TIMELINE_VIEW_HPP

#include <scopetree/options.hpp>
#include <scopetree/process/build_view.hpp>
#include <scopetree/process/collapse_runtime.hpp>
#include <scopetree/process/frame_identity.hpp>
#include <scopetree/process/remove_irrelevant.hpp>
#include <scopetree/process/view_tree.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Throws std::invalid_argument where a timeline is asked for and cannot be shown.
inline void check_timeline_options(const session& source, const tree_options& chosen) {
    if (!chosen.timeline)
        return;
    if (chosen.threads == thread_display::merged)
        throw std::invalid_argument("scopetree: timeline and merged threads exclude each other: "
                                    "what threads do at the same time has no order");
    const auto& threads = source.threads;
    const bool any_time = std::any_of(threads.begin(), threads.end(),
                                      [](const thread_tree& t) { return t.wall_ns != 0; });
    const bool any_timeline = std::any_of(threads.begin(), threads.end(),
                                          [](const thread_tree& t) { return !t.timeline.empty(); });
    if (any_time && !any_timeline)
        throw std::invalid_argument("scopetree: this session has no timeline: the order in time of "
                                    "its samples was not recorded (options::timeline, "
                                    "SCOPETREE_TIMELINE=on)");
}

/// A thread's functions by path. Nodes that are the same function under the same path share one.
class function_paths {
public:
    struct path {
        std::uint32_t parent = no_index; ///< smaller than the own index
        std::uint32_t frame = no_index;
        std::uint32_t depth = 0;
    };

    /// With `collapse`, frames of start-up have the path of what is around them.
    function_paths(const session& source, const thread_tree& thread, bool collapse) {
        view_tree tree = build_view(source, {&thread}, report_clock::wall);
        if (collapse)
            collapse_runtime(tree);
        std::vector<bool> kept(thread.nodes.size()); // a node has the same number in the tree
        visit_preorder(tree, [&](std::uint32_t node) {
            if (node < kept.size())
                kept[node] = true;
        });
        const std::vector<std::uint32_t> identities = frame_identities(source);
        std::unordered_map<std::uint64_t, std::uint32_t> known;
        all_.push_back({no_index, thread.nodes.front().frame, 0});
        of_node_.push_back(0);
        for (std::size_t i = 1; i < thread.nodes.size(); ++i) {
            const std::uint32_t parent = of_node_[thread.nodes[i].parent];
            const std::uint32_t frame = thread.nodes[i].frame;
            const auto made = static_cast<std::uint32_t>(all_.size());
            const std::uint64_t key = std::uint64_t{parent} << 32 | identities[frame];
            of_node_.push_back(kept[i] ? known.emplace(key, made).first->second : parent);
            if (of_node_.back() == made)
                all_.push_back({parent, frame, all_[parent].depth + 1});
        }
    }

    /// [0] is the root's.
    const std::vector<path>& all() const { return all_; }
    std::uint32_t of(std::size_t node) const { return of_node_[node]; }

private:
    std::vector<path> all_;
    std::vector<std::uint32_t> of_node_;
};

/// Divides a node's CPU time among its runs, in proportion to their duration, without a rest.
class cpu_shares {
public:
    explicit cpu_shares(const thread_tree& thread) : thread_(thread), nodes_(thread.nodes.size()) {
        for (const timeline_run& run : thread.timeline)
            nodes_[run.node].duration_ns += run.duration_ns;
    }

    /// Of the next run.
    std::int64_t take(const timeline_run& run) {
        used& node = nodes_[run.node];
        node.elapsed_ns += run.duration_ns;
        const std::int64_t all = thread_.nodes[run.node].cpu_ns;
        const double part =
            static_cast<double>(node.elapsed_ns) / static_cast<double>(node.duration_ns);
        const std::int64_t until = node.elapsed_ns == node.duration_ns
                                       ? all
                                       : static_cast<std::int64_t>(static_cast<double>(all) * part);
        return until - std::exchange(node.given_ns, until);
    }

private:
    struct used {
        std::int64_t duration_ns = 0;
        std::int64_t elapsed_ns = 0;
        std::int64_t given_ns = 0;
    };
    const thread_tree& thread_;
    std::vector<used> nodes_;
};

/// Calls that end with less than the least time leave the tree at once, and one that goes on behind
/// them is the same call still: memory grows with what is shown, not with time.
class timeline_view_builder {
public:
    timeline_view_builder(const session& source, const thread_tree& thread,
                          const tree_options& chosen)
        : thread_(thread), chosen_(chosen), paths_(source, thread, !chosen.show_all) {
        tree_.source = &source;
    }

    view_tree build() {
        const view_node whole = whole_time();
        least_ = chosen_.show_all ? 0 : least_relevant_time(whole.time, chosen_.filter_threshold);
        open(0, 0);
        if (whole.time != 0 || chosen_.show_all)
            add_runs();
        close_to(1);
        view_node& root = tree_.nodes.front();
        root.absorbed += whole.time - root.time; // of nodes without a run
        root.second_absorbed += whole.second_time - root.second_time;
        root.time = whole.time;
        root.second_time = whole.second_time;
        add_scopes();
        return std::move(tree_);
    }

private:
    static constexpr std::uint32_t self_path = no_index;

    view_node whole_time() const {
        std::int64_t runs = 0, wall = 0, cpu = 0;
        for (const timeline_run& run : thread_.timeline)
            runs += run.duration_ns;
        for (const call_node& node : thread_.nodes) {
            wall += node.wall_ns;
            cpu += node.cpu_ns;
        }
        view_node whole;
        whole.time = std::max(runs, wall);
        whole.second_time = cpu;
        if (chosen_.clock == report_clock::cpu)
            std::swap(whole.time, whole.second_time);
        return whole;
    }

    void add_runs() {
        cpu_shares cpu(thread_);
        for (const timeline_run& run : thread_.timeline) {
            if (run.duration_ns == 0)
                continue;
            std::int64_t time = run.duration_ns;
            std::int64_t second_time = cpu.take(run);
            if (chosen_.clock == report_clock::cpu)
                std::swap(time, second_time);
            add(paths_.of(run.node), time, second_time);
        }
    }

    void add(std::uint32_t path, std::int64_t time, std::int64_t second_time) {
        go_to(path);
        view_node& node = tree_.nodes[open_[paths_.all()[path].depth]];
        node.own += time;
        node.second_own += second_time;
        if (time == 0 && (second_time == 0 || chosen_.clock != report_clock::both)) {
            node.second_time += second_time;
            node.second_absorbed += second_time;
            return;
        }
        if (view_paths_[open_.back()] != self_path)
            open(self_path, node.frame);
        view_node& self = tree_.nodes[open_.back()];
        self.time = self.own += time;
        self.second_time = self.second_own += second_time;
    }

    /// Closes what does not lead to a path and opens what is missing. A `[self]` stays open only
    /// at its own path.
    void go_to(std::uint32_t path) {
        missing_.clear();
        std::uint32_t at = path;
        for (; !is_open(at); at = paths_.all()[at].parent)
            missing_.push_back(at);
        const std::size_t depth = paths_.all()[at].depth + 1;
        const bool same =
            missing_.empty() && open_.size() == depth + 1 && view_paths_[open_.back()] == self_path;
        close_to(same ? depth + 1 : depth);
        for (; !missing_.empty(); missing_.pop_back())
            open(missing_.back(), paths_.all()[missing_.back()].frame);
    }

    bool is_open(std::uint32_t path) const {
        const std::size_t depth = paths_.all()[path].depth;
        return depth < open_.size() && view_paths_[open_[depth]] == path;
    }

    void open(std::uint32_t path, std::uint32_t frame) {
        if (!open_.empty()) {
            view_node& parent = tree_.nodes[open_.back()];
            const std::uint32_t last = parent.last_child;
            if (last != no_index && view_paths_[last] == path) {
                parent.time -= tree_.nodes[last].time; // comes back when it is closed
                parent.second_time -= tree_.nodes[last].second_time;
                open_.push_back(last);
                return;
            }
        }
        view_node made;
        made.frame = path == 0 ? thread_.nodes.front().frame : frame;
        made.kind = path == self_path ? view_kind::self : view_kind::frame;
        open_.push_back(static_cast<std::uint32_t>(tree_.nodes.size()));
        tree_.nodes.push_back(made);
        view_paths_.push_back(path);
    }

    /// What was opened last stands last, with all that is below it.
    void close_to(std::size_t depth) {
        for (; open_.size() > depth; open_.pop_back()) {
            const std::uint32_t closed = open_.back();
            const std::uint32_t above = open_[open_.size() - 2];
            const view_node& node = tree_.nodes[closed];
            view_node& parent = tree_.nodes[above];
            parent.time += node.time;
            parent.second_time += node.second_time;
            if (parent.last_child == closed)
                continue;
            if (static_cast<double>(node.time) >= least_) {
                tree_.append_child(above, closed);
                continue;
            }
            tree_.absorb(above, closed);
            tree_.nodes.resize(closed);
            view_paths_.resize(closed);
        }
    }

    /// Exact counts cannot be divided by time: they stand where all the time of a scope is.
    void add_scopes() {
        for (const scope_figures& figures : thread_.scopes)
            tree_.scopes.push_back({&figures, 0});
        std::vector<std::int64_t> totals(thread_.nodes.size());
        std::vector<std::vector<std::uint32_t>> entries(paths_.all().size());
        for (std::size_t i = thread_.nodes.size(); i-- > 1;) {
            const call_node& node = thread_.nodes[i];
            totals[i] += chosen_.clock == report_clock::cpu ? node.cpu_ns : node.wall_ns;
            totals[node.parent] += totals[i];
            if (node.scope == no_index)
                continue;
            tree_.scopes[node.scope].time += totals[i];
            std::vector<std::uint32_t>& here = entries[paths_.of(i)];
            if (std::find(here.begin(), here.end(), node.scope) == here.end())
                here.push_back(node.scope);
        }
        for (std::size_t i = 1; i < tree_.nodes.size(); ++i)
            if (view_paths_[i] != self_path)
                link_scopes(tree_.nodes[i], entries[view_paths_[i]]);
    }

    void link_scopes(view_node& node, const std::vector<std::uint32_t>& entries) {
        std::int64_t time = 0;
        for (const std::uint32_t entry : entries)
            time += tree_.scopes[entry].time;
        if (node.time == 0 || node.time != time)
            return;
        for (const std::uint32_t entry : entries) {
            const auto link = static_cast<std::uint32_t>(tree_.scope_links.size());
            tree_.scope_links.push_back({entry, no_index});
            (node.first_scope == no_index ? node.first_scope
                                          : tree_.scope_links[node.last_scope].next) = link;
            node.last_scope = link;
        }
    }

    const thread_tree& thread_;
    const tree_options& chosen_;
    function_paths paths_;
    double least_ = 0;
    view_tree tree_;
    std::vector<std::uint32_t> view_paths_; // by node of the view
    std::vector<std::uint32_t> open_;       // nodes of the view, the root first
    std::vector<std::uint32_t> missing_;    // paths, innermost first
};

/// The view of a thread whose children stand in the order in which they were called; what follows
/// itself is one call. What processors would take out as runtime or as irrelevant is not there.
/// The CPU time of a node is divided among its runs by their duration. A scope has its exact
/// figures only where all its time is in one call.
///
/// The session must outlive the view. Linear in nodes and runs times the levels that change between
/// two runs. Throws std::invalid_argument if the thread is inconsistent.
inline view_tree build_timeline_view(const session& source, const thread_tree& thread,
                                     const tree_options& chosen) {
    check_thread(source, thread);
    check_timeline(thread);
    if (thread.nodes.empty())
        return {};
    return timeline_view_builder(source, thread, chosen).build();
}

/// The view of some threads that the options ask for; with `timeline`, of the first. No nodes where
/// nothing, or no order, was recorded of it.
inline view_tree build_chosen_view(const session& source,
                                   const std::vector<const thread_tree*>& threads,
                                   const tree_options& chosen) {
    if (!chosen.timeline)
        return build_view(source, threads, chosen.clock);
    const thread_tree& thread = *threads.front();
    return thread.timeline.empty() && thread.wall_ns != 0
               ? view_tree()
               : build_timeline_view(source, thread, chosen);
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
