/// Profiles the requests of a Boost.Beast server. Includes no header of it.
#ifndef SCOPETREE_SERVICE_BEAST_HPP
#define SCOPETREE_SERVICE_BEAST_HPP

#include <scopetree/service/middleware.hpp>
#include <scopetree/service/request.hpp>
#include <scopetree/service/route_templates.hpp>

#include <string_view>
#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// Begins the profile of a Beast request (a http::message or http::header), whose route its target
/// tells. For servers that keep it until the answer has been sent:
///
///     profiled_ = begin_request(middleware, request_, routes);
///     {
///         const resume_request here(profiled_.handle());
///         response_ = handle(request_);
///     }
///     profiled_.status(response_.result_int());
///     http::async_write(…, [this](…) { profiled_.finish(); });
template <class Request>
profiled_request begin_request(profiler_middleware& middleware, const Request& request,
                               const route_templates& routes) {
    const auto method = request.method_string();
    const auto target = request.target();
    return middleware.begin(std::string_view(method.data(), method.size()),
                            routes.of(std::string_view(target.data(), target.size())));
}

/// A handler, `response handle(request, …)`, that profiles its requests and else does what `handle`
/// does. The request ends when the handler returns. An exception passes, and counts as a 500.
template <class Handler>
auto profiled_handler(profiler_middleware& middleware, route_templates routes, Handler handle) {
    return [&middleware, routes = std::move(routes),
            handle = std::move(handle)](auto&& request, auto&&... others) mutable {
        profiled_request profiled = begin_request(middleware, request, routes);
        const resume_request here(profiled.handle());
        auto response = handle(std::forward<decltype(request)>(request),
                               std::forward<decltype(others)>(others)...);
        profiled.status(static_cast<int>(response.result_int()));
        return response;
    };
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
