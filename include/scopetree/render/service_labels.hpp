/// What all reports of a service call its routes and requests, and which of them they show.
#ifndef SCOPETREE_RENDER_SERVICE_LABELS_HPP
#define SCOPETREE_RENDER_SERVICE_LABELS_HPP

#include <scopetree/model/service_profile.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Throws std::invalid_argument unless every figure has its tree and every request its route.
inline void check_service_profile(const service_profile& source) {
    if (source.trees.threads.size() != source.routes.size() + source.requests.size())
        throw std::invalid_argument("scopetree: a service's profile needs one tree for each route "
                                    "and for each request");
    for (const request_figures& request : source.requests)
        if (request.route >= source.routes.size())
            throw std::invalid_argument("scopetree: request " + std::to_string(request.id) +
                                        " of a service's profile has a route that does not exist");
}

/// `GET /orders/{id}`; not sanitized.
inline std::string label_of(const route_figures& route) {
    return route.method.empty() ? route.route : route.method + " " + route.route;
}

/// `GET /orders/{id}, request 17`; not sanitized.
inline std::string label_of(const service_profile& source, const request_figures& request) {
    return label_of(source.routes[request.route]) + ", request " + std::to_string(request.id);
}

/// Figures over all routes.
struct service_totals {
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;
    std::int64_t latency_ns = 0;
};

inline service_totals totals_of(const service_profile& source) {
    service_totals sum;
    for (const route_figures& route : source.routes) {
        sum.requests += route.requests;
        sum.errors += route.errors;
        sum.latency_ns += route.latency_ns;
    }
    return sum;
}

/// The slowest requests as indices, slowest first: `most` of them, but of a route no more than
/// `most_of_route`, so that a route that is always slow does not hide one that is so at times.
inline std::vector<std::size_t> slowest_requests(const service_profile& source, std::size_t most,
                                                 std::size_t most_of_route) {
    std::vector<std::size_t> taken(source.routes.size(), 0);
    std::vector<std::size_t> slowest;
    for (std::size_t i = 0; i < source.requests.size() && slowest.size() < most; ++i)
        if (++taken[source.requests[i].route] <= most_of_route)
            slowest.push_back(i);
    return slowest;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
