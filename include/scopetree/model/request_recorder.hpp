/// From the accounts of requests to a recording of them, as recorder does it for threads.
#ifndef SCOPETREE_MODEL_REQUEST_RECORDER_HPP
#define SCOPETREE_MODEL_REQUEST_RECORDER_HPP

#include <scopetree/model/recorder.hpp>
#include <scopetree/model/request_store.hpp>

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

/// Calls malloc: not under the registry's lock.
class request_recorder : recorder {
public:
    /// `started_unix_ns`: when `started_ns` was.
    request_recorder(const request_accounts& accounts, const location_table& locations,
                     double ns_per_tick, std::int64_t started_ns, std::int64_t started_unix_ns)
        : recorder(locations, ns_per_tick, started_ns), accounts_(accounts),
          since_1970_ns_(started_unix_ns - started_ns) {}

    /// Routes with no request are left out; those that took most time come first.
    raw_requests record() {
        find_routes();
        add_routes();
        add_requests();
        result_.trees = take();
        return std::move(result_);
    }

private:
    static const request_route*
    route_of(const scope_node* node,
             const std::unordered_map<const scope_record*, const request_route*>& routes) {
        while (node->parent->parent != nullptr)
            node = node->parent;
        return routes.at(node->record);
    }

    void find_routes() {
        std::unordered_map<const scope_record*, const request_route*> routes;
        for (const request_route* const route : accounts_.routes)
            routes.emplace(&route->record, route);
        for (std::uint32_t i = 0; i < accounts_.leaves.size(); ++i) {
            const call_tree::leaf& leaf = accounts_.leaves[i];
            leaves_[route_of(leaf.scope, routes)].push_back(
                {i, leaf.wall_ns, leaf.cpu_ns, leaf.samples});
        }
        for (const scope_usage::count& count : accounts_.usage.counts())
            counts_[route_of(count.node, routes)].push_back(&count);
    }

    void add_routes() {
        std::vector<std::pair<route_figures, const request_route*>> found;
        for (const request_route* const route : accounts_.routes)
            if (route->latencies.count() != 0)
                found.emplace_back(figures_of(*route), route);
        std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
            return std::make_tuple(-a.first.latency_ns, a.second->index) <
                   std::make_tuple(-b.first.latency_ns, b.second->index);
        });
        for (auto& [figures, route] : found) {
            raw_thread& thread = add_thread(route->record.name);
            figures.samples = add_credits(thread, leaves_[route]);
            for (const scope_usage::count* const count : counts_[route]) {
                raw_scope& scope = thread.scopes[scope_of(count->node, thread)];
                set_figures(scope.figures, *count, accounts_.usage);
                scope.awaited_ns = static_cast<std::int64_t>(count->awaited_ns);
            }
            places_[route] = static_cast<std::uint32_t>(result_.routes.size());
            result_.routes.push_back(std::move(figures));
        }
    }

    void add_requests() {
        std::vector<const ended_request*> slowest;
        for (const ended_request& each : accounts_.requests)
            if (places_.count(each.route) != 0)
                slowest.push_back(&each);
        std::sort(slowest.begin(), slowest.end(), [](const auto* a, const auto* b) {
            return std::make_tuple(-a->latency_ns, a->id) < std::make_tuple(-b->latency_ns, b->id);
        });
        for (const ended_request* const each : slowest)
            add_request(*each);
    }

    void add_request(const ended_request& from) {
        raw_thread& thread = add_thread(from.route->record.name);
        std::vector<request_credit> credits;
        for (std::uint32_t at = from.credits; at != hash_index::none;
             at = accounts_.credits.next(at))
            credits.push_back(accounts_.credits[at]);
        for (std::uint32_t at = from.calls; at != hash_index::none; at = accounts_.calls.next(at)) {
            const request_calls& calls = accounts_.calls[at];
            raw_scope& scope = thread.scopes[scope_of(calls.node, thread)];
            scope.figures.calls += calls.calls;
            scope.awaited_ns += static_cast<std::int64_t>(calls.awaited_ns);
        }
        request_figures figures;
        figures.route = places_[from.route];
        figures.id = from.id;
        figures.status = from.status;
        figures.started_unix_ns = from.begun_ns + since_1970_ns_;
        figures.latency_ns = from.latency_ns;
        figures.active_ns = from.served_ns;
        figures.samples = add_credits(thread, credits);
        result_.requests.push_back(figures);
    }

    static route_figures figures_of(const request_route& route) {
        route_figures figures;
        figures.method = route.method;
        figures.route = route.path;
        figures.requests = route.latencies.count();
        figures.errors = route.errors.load(std::memory_order_relaxed);
        figures.latency_ns = route.latency_ns.load(std::memory_order_relaxed);
        figures.active_ns = route.served_ns.load(std::memory_order_relaxed);
        figures.max_ns = route.max_ns.load(std::memory_order_relaxed);
        figures.p50_ns = std::min(route.latencies.quantile(0.5), figures.max_ns);
        figures.p95_ns = std::min(route.latencies.quantile(0.95), figures.max_ns);
        figures.p99_ns = std::min(route.latencies.quantile(0.99), figures.max_ns);
        return figures;
    }

    /// Returns the number of samples.
    std::uint64_t add_credits(raw_thread& thread, const std::vector<request_credit>& credits) {
        paths_.clear();
        thread.paths.emplace_back(); // the root
        std::uint64_t samples = 0;
        for (const request_credit& credit : credits) {
            const call_tree::leaf& leaf = accounts_.leaves[credit.leaf];
            thread.leaves.push_back({path_of(leaf.path, thread), scope_of(leaf.scope, thread),
                                     leaf.extent, credit.wall_ns, credit.cpu_ns, credit.samples});
            thread.wall_ns += credit.wall_ns;
            thread.cpu_ns += credit.cpu_ns;
            samples += credit.samples;
        }
        return samples;
    }

    /// The index in the thread of a path of the accounts, which is added if need be.
    std::uint32_t path_of(std::uint32_t path, raw_thread& thread) {
        std::vector<std::uint32_t> missing;
        while (path != 0 && paths_.count(path) == 0) {
            missing.push_back(path);
            path = accounts_.paths[path].parent;
        }
        std::uint32_t index = path == 0 ? 0 : paths_[path];
        for (; !missing.empty(); missing.pop_back()) {
            const std::uint32_t parent = index;
            index = static_cast<std::uint32_t>(thread.paths.size());
            thread.paths.push_back({parent, accounts_.paths[missing.back()].location});
            paths_[missing.back()] = index;
        }
        return index;
    }

    const request_accounts& accounts_;
    std::int64_t since_1970_ns_;
    raw_requests result_;
    std::unordered_map<const request_route*, std::vector<request_credit>> leaves_;
    std::unordered_map<const request_route*, std::vector<const scope_usage::count*>> counts_;
    std::unordered_map<const request_route*, std::uint32_t> places_; ///< in result_.routes
    std::unordered_map<std::uint32_t, std::uint32_t> paths_;         ///< of the thread being added
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
