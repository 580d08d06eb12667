/// What the live endpoint answers with: profiles in each format, and figures as JSON.
#ifndef SCOPETREE_SERVICE_ENDPOINT_REPORTS_HPP
#define SCOPETREE_SERVICE_ENDPOINT_REPORTS_HPP

#include <scopetree/model/service_profile.hpp>
#include <scopetree/process/frame_identity.hpp>
#include <scopetree/render/json_writer.hpp>
#include <scopetree/render/output.hpp>
#include <scopetree/render/service_html.hpp>
#include <scopetree/render/service_json.hpp>
#include <scopetree/render/service_text.hpp>
#include <scopetree/render/text_threads.hpp>
#include <scopetree/service/endpoint_request.hpp>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// How a format is asked for and sent.
struct endpoint_format {
    std::string_view word;
    output_format format;
    const char* content_type;
    const char* ending; ///< of the file that it is saved as; nullptr: shown, not saved
};

inline constexpr endpoint_format endpoint_formats[] = {
    {"html", output_format::html, "text/html; charset=utf-8", nullptr},
    {"text", output_format::text, "text/plain; charset=utf-8", nullptr},
    {"json", output_format::json, "application/json", nullptr},
    {"speedscope", output_format::speedscope, "application/json", ".speedscope.json"},
    {"folded", output_format::folded, "text/plain; charset=utf-8", ".folded"},
    {"pprof", output_format::pprof, "application/octet-stream", ".pb.gz"},
    {"trace", output_format::trace_events, "application/json", ".trace.json"},
};

inline std::vector<std::string_view> format_words() {
    std::vector<std::string_view> words;
    for (const endpoint_format& each : endpoint_formats)
        words.push_back(each.word);
    return words;
}

/// A file's name without what could be misread in a header or a folder.
inline std::string safe_file_name(std::string_view wanted) {
    std::string name;
    for (const char c : wanted.substr(0, 60)) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        name += plain ? c : '_';
    }
    return name;
}

inline text_options text_of(report_clock clock) {
    text_options options;
    options.clock = clock;
    options.color = toggle::off;
    options.unicode = toggle::on;
    return options;
}

/// The session as a response in the chosen format; `name` is that of a file, without its ending.
inline endpoint_response report(const session& source, const endpoint_format& chosen,
                                report_clock clock, std::string_view name) {
    std::ostringstream stream;
    writer_of(chosen.format)(stream, source, text_of(clock));
    endpoint_response response;
    response.headers.emplace_back("Content-Type", chosen.content_type);
    if (chosen.ending != nullptr)
        response.headers.emplace_back("Content-Disposition", "attachment; filename=\"" +
                                                                 safe_file_name(name) +
                                                                 chosen.ending + "\"");
    response.body = std::move(stream).str();
    return response;
}

/// The tree at `index` of service_profile::trees as a session of its own.
inline session session_of_tree(const service_profile& source, std::size_t index,
                               std::string_view name) {
    const session& all = source.trees;
    thread_tree tree = all.threads.at(index);
    tree.name = name;
    session result = run_of(all);
    result.duration_ns = tree.wall_ns;
    result.cpu_ns = tree.cpu_ns;
    result.figures = {};
    for (const call_node& node : tree.nodes)
        result.figures.samples += node.samples;
    result.frames = all.frames;
    result.modules = all.modules;
    result.threads.push_back(std::move(tree));
    return result;
}

/// All routes with their trees and slowest requests, as text, JSON or HTML.
inline endpoint_response report(const service_profile& source, const endpoint_format& chosen,
                                report_clock clock) {
    const text_options options = text_of(clock);
    html_options page;
    static_cast<tree_options&>(page) = options;
    std::ostringstream stream;
    if (chosen.format == output_format::html)
        write_html(stream, source, page);
    else if (chosen.format == output_format::json)
        write_json(stream, source, options);
    else
        write_text(stream, source, options);
    endpoint_response response;
    response.headers.emplace_back("Content-Type", chosen.content_type);
    response.body = std::move(stream).str();
    return response;
}

inline endpoint_response json_response(std::string body) {
    endpoint_response response;
    response.headers.emplace_back("Content-Type", "application/json");
    response.body = std::move(body);
    return response;
}

/// `{"duration_ns": …, "routes": […]}`: the members of route_figures, most time first, when
/// profiling had taken so long.
inline endpoint_response routes_report(const service_profile& source) {
    std::ostringstream stream;
    json_writer out(stream);
    out.open_object();
    out.member("duration_ns", source.trees.duration_ns);
    out.key("routes");
    out.open_array();
    for (const route_figures& route : source.routes) {
        out.open_object();
        write_json_members(out, route);
        out.close_object();
    }
    out.close_array();
    out.close_object();
    out.finish();
    return json_response(std::move(stream).str());
}

/// `{"requests": […]}`: the members of request_figures, slowest first, with their route's names.
inline endpoint_response slowest_report(const service_profile& source) {
    std::ostringstream stream;
    json_writer out(stream);
    out.open_object();
    out.key("requests");
    out.open_array();
    for (const request_figures& request : source.requests) {
        out.open_object();
        write_json_members(out, request, source.routes.at(request.route));
        out.close_object();
    }
    out.close_array();
    out.close_object();
    out.finish();
    return json_response(std::move(stream).str());
}

/// The function or scope in which the thread itself spent most time, and how much; no_index if it
/// spent none. `identities` as frame_identities has it.
inline std::pair<std::uint32_t, std::int64_t>
top_function(const thread_tree& thread, const std::vector<std::uint32_t>& identities) {
    std::vector<std::int64_t> own(identities.size());
    std::pair<std::uint32_t, std::int64_t> top{no_index, 0};
    for (std::size_t i = 1; i < thread.nodes.size(); ++i) { // the root is the thread
        const call_node& node = thread.nodes[i];
        std::int64_t& sum = own.at(identities.at(node.frame));
        sum += node.wall_ns;
        if (sum > top.second)
            top = {node.frame, sum};
    }
    return top;
}

/// `{"threads": […]}` in the order of other reports; times since profiling began.
inline endpoint_response threads_report(const session& source) {
    const std::vector<std::uint32_t> identities = frame_identities(source);
    std::ostringstream stream;
    json_writer out(stream);
    out.open_object();
    out.member("program", source.program);
    out.member("pid", source.pid);
    out.member("duration_ns", source.duration_ns);
    out.member("interval_ns", source.interval_ns);
    out.key("threads");
    out.open_array();
    for (const thread_tree* thread : ordered_threads(source)) {
        const auto [frame, own_ns] = top_function(*thread, identities);
        out.open_object();
        out.member("name", name_of_thread(*thread));
        out.member("tid", thread->tid);
        out.member("wall_ns", thread->wall_ns);
        out.member("cpu_ns", thread->cpu_ns);
        out.member("top", frame == no_index ? std::string() : source.frames[frame].name);
        out.member("top_is_scope",
                   frame != no_index && (source.frames[frame].kind == frame_kind::scope ||
                                         source.frames[frame].kind == frame_kind::timed_scope));
        out.member("top_ns", own_ns);
        out.close_object();
    }
    out.close_array();
    out.close_object();
    out.finish();
    return json_response(std::move(stream).str());
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
