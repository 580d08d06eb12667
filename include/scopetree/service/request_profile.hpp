/// Parts of a service's profile: one request of it, or its trees alone.
#ifndef SCOPETREE_SERVICE_REQUEST_PROFILE_HPP
#define SCOPETREE_SERVICE_REQUEST_PROFILE_HPP

#include <scopetree/model/service_profile.hpp>
#include <scopetree/render/service_labels.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Copies a tree, and the frames that it has and `to` does not have yet. `numbers`: of frames in
/// `to`, by that in `from`.
inline thread_tree take_tree(const session& from, std::size_t index, session& to,
                             std::vector<std::uint32_t>& numbers) {
    numbers.resize(from.frames.size(), no_index);
    thread_tree tree = from.threads[index];
    for (call_node& node : tree.nodes) {
        std::uint32_t& number = numbers.at(node.frame);
        if (number == no_index) {
            number = static_cast<std::uint32_t>(to.frames.size());
            to.frames.push_back(from.frames[node.frame]);
        }
        node.frame = number;
    }
    return tree;
}

/// One request alone, with its route's figures but not its route's tree. The run is the request's
/// time.
inline service_profile profile_of_request(const service_profile& source, std::size_t index) {
    const request_figures& request = source.requests[index];
    service_profile one;
    one.trees = run_of(source.trees);
    one.trees.modules = source.trees.modules;
    one.trees.recorded_unix_ns = request.started_unix_ns;
    one.trees.duration_ns = request.latency_ns;
    one.trees.cpu_ns = request.cpu_ns;
    one.trees.figures = {};
    one.trees.figures.samples = request.samples;
    one.routes.push_back(source.routes[request.route]);
    one.requests.push_back(request);
    one.requests.back().route = 0;
    std::vector<std::uint32_t> numbers;
    one.trees.threads.emplace_back();
    one.trees.threads.push_back(
        take_tree(source.trees, source.routes.size() + index, one.trees, numbers));
    return one;
}

/// The trees of the routes as the threads of a session, for formats that know no requests.
inline session session_of_routes(const service_profile& source) {
    session result = run_of(source.trees);
    result.modules = source.trees.modules;
    std::vector<std::uint32_t> numbers;
    for (std::size_t i = 0; i < source.routes.size(); ++i) {
        result.threads.push_back(take_tree(source.trees, i, result, numbers));
        result.threads.back().name = label_of(source.routes[i]);
    }
    return result;
}

/// The same of the only request of profile_of_request.
inline session session_of_request(const service_profile& one) {
    session result = one.trees;
    const std::string label = label_of(one, one.requests.front());
    result.threads.erase(result.threads.begin());
    result.threads.front().name = label;
    result.program += ": " + label;
    if (const int status = one.requests.front().status; status != 0)
        result.program += ", status " + std::to_string(status);
    return result;
}

/// Leaves the slowest `most` requests of each route.
inline void limit_requests(service_profile& profile, std::size_t most) {
    std::vector<std::size_t> seen(profile.routes.size(), 0);
    const std::size_t trees_before = profile.routes.size();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < profile.requests.size(); ++i) {
        if (++seen[profile.requests[i].route] > most)
            continue;
        if (kept != i) {
            profile.requests[kept] = profile.requests[i];
            profile.trees.threads[trees_before + kept] =
                std::move(profile.trees.threads[trees_before + i]);
        }
        ++kept;
    }
    profile.requests.resize(kept);
    profile.trees.threads.resize(trees_before + kept);
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
