/// From a recording of requests to a service's profile.
#ifndef SCOPETREE_SYMBOL_RESOLVE_REQUESTS_HPP
#define SCOPETREE_SYMBOL_RESOLVE_REQUESTS_HPP

#include <scopetree/model/keep_used_frames.hpp>
#include <scopetree/model/service_profile.hpp>
#include <scopetree/model/thread_merger.hpp>
#include <scopetree/symbol/resolve.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Makes a request's scope the root of its tree: what called the server's handler is nobody's time,
/// and a request that was served in several places has one tree. O(n log n).
class request_tree {
public:
    /// `scopes`: those of the recording that `from` was resolved from.
    request_tree(const thread_tree& from, const std::vector<raw_scope>& scopes)
        : from_(from), scopes_(scopes), tree_(from.nodes[0].frame),
          places_(from.nodes.size(), no_index) {
        find_paths(scopes);
        find_sampled();
    }

    /// A scope that no sample saw is put where samples saw it, if they did elsewhere.
    thread_tree build() {
        for (const bool sampled : {true, false})
            for (std::uint32_t i = 0; i < from_.nodes.size(); ++i)
                if (sampled_[i] == sampled)
                    move(i);
        for (std::size_t i = 1; i < scopes_.size(); ++i)
            if (const std::uint32_t place = path_places_[paths_[i]];
                scopes_[i].awaited_ns > 0 && place != no_index)
                waits_[place] += scopes_[i].awaited_ns;
        result_.name = from_.name;
        result_.nodes = std::move(tree_.nodes());
        return std::move(result_);
    }

    /// What the request waited to be resumed, by the node of the scope that was open meanwhile.
    const std::map<std::uint32_t, std::int64_t>& waits() const { return waits_; }

private:
    static constexpr std::uint32_t request = 0; ///< the path that is the request itself

    /// Equal scopes within a request have one path and one entry in the result, whatever the
    /// request lies in.
    void find_paths(const std::vector<raw_scope>& scopes) {
        std::map<std::tuple<std::uint32_t, std::string, std::string, std::uint32_t>, std::uint32_t>
            known;
        paths_.assign(scopes.size(), request);
        for (std::size_t i = 1; i < scopes.size(); ++i) {
            const raw_scope& scope = scopes[i];
            if (scope.request)
                continue;
            const auto next = static_cast<std::uint32_t>(known.size() + 1);
            const auto [at, added] =
                known.emplace(std::make_tuple(paths_[scope.parent], scope.name + scope.function,
                                              scope.file, scope.line),
                              next);
            paths_[i] = at->second;
            if (added)
                result_.scopes.push_back(from_.scopes[i - 1]);
            else
                add_passes(result_.scopes[at->second - 1], from_.scopes[i - 1]);
        }
        path_places_.assign(known.size() + 1, no_index);
    }

    void find_sampled() {
        sampled_.resize(from_.nodes.size());
        for (std::size_t i = from_.nodes.size(); i-- > 0;) {
            const call_node& node = from_.nodes[i];
            if (node.wall_ns != 0 || node.cpu_ns != 0 || node.samples != 0)
                sampled_[i] = true;
            if (sampled_[i] && i != 0)
                sampled_[node.parent] = true;
        }
    }

    void move(std::uint32_t index) {
        const call_node& node = from_.nodes[index];
        const std::uint32_t path = node.scope == no_index ? no_index : paths_[node.scope + 1];
        std::uint32_t& place = places_[index];
        if (path == request)
            place = 0;
        else if (path != no_index && !sampled_[index])
            place = path_places_[path];
        if (place == no_index && index != 0 && places_[node.parent] != no_index)
            place = tree_.child(places_[node.parent], node.frame);
        if (place == no_index)
            return;
        call_node& to = tree_.nodes()[place];
        to.wall_ns += node.wall_ns;
        to.cpu_ns += node.cpu_ns;
        to.samples += node.samples;
        if (path == no_index || path == request)
            return;
        to.scope = path - 1;
        if (path_places_[path] == no_index)
            path_places_[path] = place;
    }

    const thread_tree& from_;
    const std::vector<raw_scope>& scopes_;
    tree_builder tree_;
    std::vector<std::uint32_t> paths_;       ///< by scope of the recording
    std::vector<std::uint32_t> path_places_; ///< by path: the first node of the result there
    std::vector<std::uint32_t> places_;      ///< by node of `from`: the node of the result
    std::vector<bool> sampled_;              ///< by node of `from`: it, or what is below it
    std::map<std::uint32_t, std::int64_t> waits_;
    thread_tree result_;
};

/// Makes figures that add up to `from` add up to `to`.
inline void scale(thread_tree& tree, std::int64_t call_node::*figure, std::int64_t from,
                  std::int64_t to) {
    if (from == 0 || from == to)
        return;
    const double factor = static_cast<double>(to) / static_cast<double>(from);
    std::int64_t before = 0, given = 0;
    for (call_node& node : tree.nodes) {
        before += node.*figure;
        const std::int64_t until =
            before == from ? to : std::llround(static_cast<double>(before) * factor);
        node.*figure = until - given;
        given = until;
    }
}

/// Samples tell shares, the clock tells how long it took: makes the tree's sum `wall_ns`, all of it
/// the root's own if there was no sample. CPU time is what samples tell, but never more than they
/// tell of time. Rounding errors do not add up.
inline void scale(thread_tree& tree, std::int64_t wall_ns) {
    std::int64_t sampled_wall = 0, sampled_cpu = 0;
    for (const call_node& node : tree.nodes) {
        sampled_wall += node.wall_ns;
        sampled_cpu += node.cpu_ns;
    }
    if (sampled_wall == 0)
        tree.nodes[0].wall_ns = sampled_wall = wall_ns;
    tree.cpu_ns = std::min(sampled_cpu, sampled_wall);
    scale(tree, &call_node::wall_ns, sampled_wall, wall_ns);
    scale(tree, &call_node::cpu_ns, sampled_cpu, tree.cpu_ns);
}

/// Puts `waits`, but no more than `await_ns` together, below the scopes they belong to, and the
/// rest of that below the root. Requests that go on may have waited already, which is not to be
/// seen yet.
inline void add_waits(thread_tree& tree, const std::map<std::uint32_t, std::int64_t>& waits,
                      std::int64_t await_ns, std::uint32_t await_frame) {
    thread_tree added;
    const auto add = [&](std::uint32_t parent, std::int64_t wall_ns) {
        call_node await;
        await.parent = parent;
        await.frame = await_frame;
        await.wall_ns = wall_ns;
        added.nodes.push_back(await);
    };
    std::int64_t sum = 0;
    for (const auto& [parent, wall_ns] : waits) {
        add(parent, wall_ns);
        sum += wall_ns;
    }
    if (sum > await_ns)
        scale(added, &call_node::wall_ns, sum, await_ns);
    else
        add(0, await_ns - sum);
    for (const call_node& each : added.nodes)
        if (each.wall_ns != 0)
            tree.nodes.push_back(each);
}

/// What a tree is to add up to.
template <class Figures>
thread_tree finish_request_tree(const thread_tree& from, const std::vector<raw_scope>& scopes,
                                Figures& figures, std::uint32_t await_frame) {
    request_tree building(from, scopes);
    thread_tree tree = building.build();
    scale(tree, figures.active_ns);
    figures.cpu_ns = tree.cpu_ns;
    tree.wall_ns = figures.latency_ns;
    add_waits(tree, building.waits(), figures.latency_ns - figures.active_ns, await_frame);
    return tree;
}

inline std::uint32_t add_await_frame(session& to) {
    frame value;
    value.name = value.full_name = "[await]";
    value.kind = frame_kind::synthetic;
    to.frames.push_back(value);
    return static_cast<std::uint32_t>(to.frames.size() - 1);
}

} // namespace detail

/// Builds the profile of a service from what resolve() made of `source.trees`: one tree for each
/// route and for each request kept, whose sum is the latency.
inline service_profile finish_requests(const raw_requests& source, session trees) {
    service_profile result;
    result.routes = source.routes;
    result.requests = source.requests;
    const std::uint32_t await_frame = detail::add_await_frame(trees);
    for (std::size_t i = 0; i < trees.threads.size(); ++i) {
        const std::vector<raw_scope>& scopes = source.trees.threads[i].scopes;
        thread_tree& tree = trees.threads[i];
        const std::size_t request = i - result.routes.size();
        tree =
            i < result.routes.size()
                ? detail::finish_request_tree(tree, scopes, result.routes[i], await_frame)
                : detail::finish_request_tree(tree, scopes, result.requests[request], await_frame);
    }
    for (const route_figures& route : result.routes)
        trees.cpu_ns += route.cpu_ns;
    detail::keep_used_frames(trees);
    result.trees = std::move(trees);
    return result;
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
