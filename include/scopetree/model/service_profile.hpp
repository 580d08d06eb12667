/// What the requests of a service took, by route, and its slowest requests: plain data.
#ifndef SCOPETREE_MODEL_SERVICE_PROFILE_HPP
#define SCOPETREE_MODEL_SERVICE_PROFILE_HPP

#include <scopetree/model/session.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// The requests of one route. Times in nanoseconds.
struct route_figures {
    std::string method; ///< empty for "(other routes)"
    std::string route;
    std::uint64_t requests = 0; ///< that have ended
    std::uint64_t errors = 0;   ///< status 500 and above
    std::uint64_t samples = 0;
    std::int64_t latency_ns = 0; ///< sum over the requests, from begin to end
    std::int64_t active_ns = 0; ///< of that, when some thread was serving them; the rest is [await]
    std::int64_t cpu_ns = 0;    ///< as far as samples tell
    std::int64_t p50_ns = 0;    ///< quantiles of the latency, to within 2 %
    std::int64_t p95_ns = 0;
    std::int64_t p99_ns = 0;
    std::int64_t max_ns = 0; ///< exact
};

/// One request that was kept. Times in nanoseconds.
struct request_figures {
    std::uint32_t route = no_index; ///< index into service_profile::routes
    std::uint64_t id = 0;           ///< counts the requests of the process from 1 on
    int status = 0;                 ///< 0: none was told
    std::int64_t started_unix_ns = 0;
    std::int64_t latency_ns = 0;
    std::int64_t active_ns = 0;
    std::int64_t cpu_ns = 0;
    std::uint64_t samples = 0;
};

/// Requests by route, and some requests of their own.
///
/// `trees.threads` holds the tree of routes[i] at i, and behind those of all routes the tree of
/// requests[i] at routes.size() + i. The sum over a tree is the latency; what a request spent
/// waiting to be resumed is `[await]` below the scope in which it waited, or below the root.
struct service_profile {
    session trees;
    std::vector<route_figures> routes;     ///< most time first
    std::vector<request_figures> requests; ///< the slowest of each route, slowest first
};

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
