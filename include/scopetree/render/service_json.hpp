/// The requests of a service as JSON, for programs.
#ifndef SCOPETREE_RENDER_SERVICE_JSON_HPP
#define SCOPETREE_RENDER_SERVICE_JSON_HPP

#include <scopetree/model/service_profile.hpp>
#include <scopetree/options.hpp>
#include <scopetree/render/json.hpp>
#include <scopetree/render/service_labels.hpp>

#include <cstddef>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// What both kinds of figures have.
template <class Figures>
void write_json_times(json_writer& out, const Figures& figures) {
    out.member("latency_ns", figures.latency_ns);
    out.member("active_ns", figures.active_ns);
    out.member("cpu_ns", figures.cpu_ns);
    out.member("samples", figures.samples);
}

/// Into the object that is open.
inline void write_json_members(json_writer& out, const route_figures& route) {
    out.member("method", route.method);
    out.member("route", route.route);
    out.member("requests", route.requests);
    out.member("errors", route.errors);
    out.member("p50_ns", route.p50_ns);
    out.member("p95_ns", route.p95_ns);
    out.member("p99_ns", route.p99_ns);
    out.member("max_ns", route.max_ns);
    write_json_times(out, route);
}

/// Into the object that is open; `route` is the request's.
inline void write_json_members(json_writer& out, const request_figures& request,
                               const route_figures& route) {
    out.member("id", request.id);
    out.member("method", route.method);
    out.member("route", route.route);
    out.member("status", request.status);
    out.member("started_unix_ns", request.started_unix_ns);
    write_json_times(out, request);
}

class service_json_writer {
public:
    service_json_writer(std::ostream& stream, const service_profile& source,
                        const tree_options& chosen)
        : out_(stream), source_(source), chosen_(chosen), trees_(out_, source.trees, chosen) {}

    void write() {
        out_.open_object();
        out_.member("format", "scopetree-service");
        out_.member("version", 1);
        write_json_run(out_, source_.trees, chosen_.clock);
        out_.key("routes");
        out_.open_array();
        for (std::size_t i = 0; i < source_.routes.size(); ++i)
            write_route(source_.routes[i], i);
        out_.end_line();
        out_.close_array();
        out_.end_line();
        out_.key("requests");
        out_.open_array();
        for (std::size_t i = 0; i < source_.requests.size(); ++i)
            write_request(source_.requests[i], source_.routes.size() + i);
        out_.end_line();
        out_.close_array();
        out_.close_object();
        out_.finish();
    }

private:
    void write_route(const route_figures& route, std::size_t index) {
        out_.end_line();
        out_.open_object();
        write_json_members(out_, route);
        write_tree(label_of(route), index);
        out_.close_object();
    }

    void write_request(const request_figures& request, std::size_t index) {
        out_.end_line();
        out_.open_object();
        write_json_members(out_, request, source_.routes[request.route]);
        write_tree(label_of(source_, request), index);
        out_.close_object();
    }

    void write_tree(std::string name, std::size_t index) {
        thread_section section;
        section.name = std::move(name);
        section.add(source_.trees.threads[index]);
        trees_.write(section);
    }

    json_writer out_;
    const service_profile& source_;
    const tree_options& chosen_;
    json_trees trees_;
};

} // namespace detail

/// Writes the routes of a service and the requests that were kept as one JSON object.
///
/// The object has `format` ("scopetree-service"), `version` (1), what write_json says of a
/// session's run, and
/// - `routes`, those with most time first: the members of route_figures, and `tree`;
/// - `requests`, the slowest first: the members of request_figures, with the route's `method` and
///   `route` as text, and `tree`.
///
/// A tree is a node as write_json describes it, null where nothing was sampled. Times are integers,
/// in nanoseconds. Throws std::invalid_argument as that does, or if the profile is inconsistent.
/// Any threads may write the same profile at once.
inline void write_json(std::ostream& stream, const service_profile& source,
                       const tree_options& chosen = {}) {
    detail::check_timeline_options(source.trees, chosen);
    detail::check_service_profile(source);
    detail::service_json_writer(stream, source, chosen).write();
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
