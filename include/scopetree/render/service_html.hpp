/// The requests of a service as one HTML page that needs nothing else: the page of a session, with
/// the routes and their slowest requests in front.
#ifndef SCOPETREE_RENDER_SERVICE_HTML_HPP
#define SCOPETREE_RENDER_SERVICE_HTML_HPP

#include <scopetree/model/service_profile.hpp>
#include <scopetree/render/html.hpp>
#include <scopetree/render/service_labels.hpp>

#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The trees of routes and requests in their order, under their labels.
inline html_subject subject_of(const service_profile& source) {
    html_subject subject;
    const auto add = [&](std::string name) {
        thread_section section;
        section.name = std::move(name);
        section.add(source.trees.threads[subject.sections.size()]);
        subject.sections.push_back(std::move(section));
    };
    for (const route_figures& route : source.routes)
        add(label_of(route));
    for (const request_figures& request : source.requests)
        add(label_of(source, request));
    subject.wholes = source.routes.size();
    subject.parts = "routes";
    if (source.routes.empty())
        subject.nothing = "No request has ended.";
    const service_totals totals = totals_of(source);
    subject.facts = run_facts(source.trees);
    subject.facts.back() = {"Routes", format_count(source.routes.size()), {}}; // for "Threads"
    subject.facts.push_back({"Requests", format_count(totals.requests), {}});
    subject.facts.push_back(
        {"Errors", format_count(totals.errors), "answers with status 500 or above"});
    return subject;
}

/// The member `service`: an array of figures for each route and each request.
inline void write_service_figures(json_writer& out, const service_profile& source) {
    const auto text = [&](std::string_view value) { out.json(html_json_text(value)); };
    out.key("service");
    out.open_object();
    out.key("routes");
    out.open_array();
    for (const route_figures& r : source.routes) {
        out.open_array();
        text(r.method);
        text(r.route);
        out.value(r.requests);
        out.value(r.errors);
        for (const std::int64_t ns :
             {r.p50_ns, r.p95_ns, r.p99_ns, r.max_ns, r.cpu_ns, r.latency_ns})
            out.value(ns);
        out.close_array();
    }
    out.close_array();
    out.key("requests");
    out.open_array();
    for (const request_figures& r : source.requests) {
        out.open_array();
        out.value(r.route);
        out.value(r.id);
        out.value(r.status);
        text(format_moment(r.started_unix_ns));
        out.value(r.latency_ns);
        out.value(r.cpu_ns);
        out.close_array();
    }
    out.close_array();
    out.close_object();
}

} // namespace detail

/// Writes the routes and their slowest requests as an HTML page, as safe as that of a session: see
/// write_html there. Throws std::invalid_argument also if the profile is inconsistent.
inline void write_html(std::ostream& stream, const service_profile& source,
                       const html_options& chosen = {}) {
    detail::check_service_profile(source);
    detail::html_data_writer data(stream, source.trees, chosen, chosen.most_nodes,
                                  detail::subject_of(source));
    const detail::html_page page = detail::make_html_page(true);
    stream << page.before;
    data.write([&](detail::json_writer& out) { detail::write_service_figures(out, source); });
    stream << page.behind;
    stream.flush();
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
