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
        out_.member("method", route.method);
        out_.member("route", route.route);
        out_.member("requests", route.requests);
        out_.member("errors", route.errors);
        out_.member("p50_ns", route.p50_ns);
        out_.member("p95_ns", route.p95_ns);
        out_.member("p99_ns", route.p99_ns);
        out_.member("max_ns", route.max_ns);
        write_times(route);
        write_tree(label_of(route), index);
        out_.close_object();
    }

    void write_request(const request_figures& request, std::size_t index) {
        const route_figures& route = source_.routes[request.route];
        out_.end_line();
        out_.open_object();
        out_.member("id", request.id);
        out_.member("method", route.method);
        out_.member("route", route.route);
        out_.member("status", request.status);
        out_.member("started_unix_ns", request.started_unix_ns);
        write_times(request);
        write_tree(label_of(source_, request), index);
        out_.close_object();
    }

    /// What both kinds of figures have.
    template <class Figures>
    void write_times(const Figures& figures) {
        out_.member("latency_ns", figures.latency_ns);
        out_.member("active_ns", figures.active_ns);
        out_.member("cpu_ns", figures.cpu_ns);
        out_.member("samples", figures.samples);
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
