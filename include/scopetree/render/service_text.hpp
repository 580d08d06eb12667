/// The requests of a service as text: a table of the routes, their trees, and the trees of the
/// slowest requests.
#ifndef SCOPETREE_RENDER_SERVICE_TEXT_HPP
#define SCOPETREE_RENDER_SERVICE_TEXT_HPP

#include <scopetree/model/service_profile.hpp>
#include <scopetree/options.hpp>
#include <scopetree/render/service_labels.hpp>
#include <scopetree/render/terminal.hpp>
#include <scopetree/render/text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Columns with their headings; the first `left` of them are aligned to the left.
class aligned_table {
public:
    static constexpr std::size_t columns = 10;
    using row = std::array<std::string, columns>; // sanitized

    explicit aligned_table(row headings) : rows_{std::move(headings)} {}

    void add(row cells) { rows_.push_back(std::move(cells)); }

    void write(text_writer& out, std::size_t left) const {
        constexpr std::size_t widest = 48; // what is longer pushes the rest of its line
        std::array<std::size_t, columns> widths{};
        for (const row& cells : rows_)
            for (std::size_t i = 0; i < columns; ++i)
                widths[i] = std::max(widths[i], std::min(display_width(cells[i]), widest));
        for (const row& cells : rows_) {
            std::string line;
            for (std::size_t i = 0; i < columns; ++i) {
                const std::size_t width = display_width(cells[i]);
                const std::string blanks(width < widths[i] ? widths[i] - width : 0, ' ');
                line += i < left ? "  " + cells[i] + blanks : "  " + blanks + cells[i];
            }
            out.paint(&cells == &rows_.front() ? ink::faint : ink::plain, line);
            out.end_line();
        }
    }

private:
    std::vector<row> rows_;
};

class service_report_writer {
public:
    service_report_writer(text_writer& out, const service_profile& source,
                          const text_options& chosen)
        : out_(out), source_(source), context_(context_of(source.trees, chosen)),
          totals_(totals_of(source)), dot_(out.unicode() ? " · " : ", ") {}

    void write() {
        if (!context_.chosen.short_mode)
            header_writer(out_, context_).write(pairs());
        if (source_.routes.empty())
            write_line(out_, {}, "No request has ended.");
        else
            write_routes();
        write_trees();
        write_slowest();
        out_.end_line();
        out_.flush();
    }

    void write_only(std::size_t request) {
        write_request({}, request);
        out_.flush();
    }

private:
    static constexpr std::size_t most_routes = 20;
    static constexpr std::size_t most_requests = 10;
    static constexpr std::size_t most_of_route = 3;

    std::string duration(std::int64_t ns) const {
        return format_duration(static_cast<double>(ns), out_.unicode());
    }

    std::string safe(std::string_view text) const { return sanitize(text, out_.unicode()); }

    std::vector<header_pair> pairs() const {
        const session& run = source_.trees;
        const auto seconds = [&](std::int64_t ns) {
            return format_seconds(ns, context_.decimals) + " s";
        };
        std::string errors = format_count(totals_.errors);
        if (totals_.errors != 0)
            errors += " (" + percent(totals_.errors, totals_.requests) + ")";
        return {{"Recorded:", format_moment(run.recorded_unix_ns), //
                 "Requests:", format_count(totals_.requests)},
                {"Duration:", seconds(run.duration_ns), "Errors:", errors},
                {"CPU time:", seconds(run.cpu_ns), "Routes:", format_count(source_.routes.size())},
                {"Interval:", format_round_duration(static_cast<double>(run.interval_ns), false),
                 "Samples:", format_count(run.figures.samples)}};
    }

    static std::string percent(std::uint64_t part, std::uint64_t whole) {
        return format_percent(static_cast<std::int64_t>(part), static_cast<std::int64_t>(whole));
    }

    void write_routes() {
        aligned_table table(
            {"Method", "Route", "Requests", "Errors", "p50", "p95", "p99", "max", "CPU", "Time"});
        const int width = out_.properties().width;
        for (const route_figures& r : source_.routes) {
            std::string name = safe(r.route);
            if (constexpr int others = 84, least = 16; width > 0)
                name = elide_middle(name, static_cast<std::size_t>(std::max(width - others, least)),
                                    out_.unicode());
            table.add({safe(r.method), std::move(name), format_count(r.requests),
                       format_count(r.errors), duration(r.p50_ns), duration(r.p95_ns),
                       duration(r.p99_ns), duration(r.max_ns), duration(r.cpu_ns),
                       format_percent(r.latency_ns, totals_.latency_ns)});
        }
        table.write(out_, 2);
    }

    void write_trees() {
        const std::size_t shown = std::min(most_routes, source_.routes.size());
        for (std::size_t i = 0; i < shown; ++i) {
            const route_figures& route = source_.routes[i];
            std::string facts = plural(route.requests, "request");
            if (route.errors != 0)
                facts.append(dot_).append(plural(route.errors, "error"));
            if (route.requests != 0)
                facts.append(dot_)
                    .append(duration(route.latency_ns / static_cast<std::int64_t>(route.requests)))
                    .append(" each");
            facts.append(dot_).append(format_percent(route.latency_ns, totals_.latency_ns));
            write_tree(label_of(route), facts.append(" of the time"), i);
        }
        if (shown < source_.routes.size()) {
            out_.end_line();
            write_line(out_, {},
                       "The trees of " + plural(source_.routes.size() - shown, "more route") +
                           " are in the report as HTML and as JSON.");
        }
    }

    void write_slowest() {
        const std::vector<std::size_t> slowest =
            slowest_requests(source_, most_requests, most_of_route);
        for (const std::size_t i : slowest) {
            const request_figures& request = source_.requests[i];
            std::string facts = duration(request.latency_ns);
            facts.append(dot_).append(duration(request.cpu_ns)).append(" CPU").append(dot_);
            facts += request.status == 0 ? "no status" : "status " + std::to_string(request.status);
            facts.append(dot_).append(format_moment(request.started_unix_ns));
            write_tree("slow: " + label_of(source_, request), facts, source_.routes.size() + i);
        }
        if (slowest.size() < source_.requests.size()) {
            out_.end_line();
            write_line(out_, {},
                       plural(source_.requests.size() - slowest.size(), "more slow request") +
                           ": in the report as HTML and as JSON.");
        }
    }

    void write_request(const std::string& what, std::size_t index) {
        const request_figures& request = source_.requests[index];
        std::string facts = duration(request.latency_ns);
        facts.append(dot_).append(duration(request.cpu_ns)).append(" CPU").append(dot_);
        facts += request.status == 0 ? "no status" : "status " + std::to_string(request.status);
        facts.append(dot_).append(format_moment(request.started_unix_ns));
        write_tree(what + label_of(source_, request), facts, source_.routes.size() + index);
    }

    void write_tree(const std::string& label, const std::string& facts, std::size_t index) {
        const std::string_view rule = out_.unicode() ? "──" : "--";
        out_.end_line();
        out_ << rule << " ";
        out_.paint(ink::bold, safe(label));
        out_ << " " << rule << " ";
        out_.paint(ink::faint, facts);
        out_.end_line();
        thread_section section;
        section.name = index < source_.routes.size()
                           ? label_of(source_.routes[index])
                           : label_of(source_, source_.requests[index - source_.routes.size()]);
        section.add(source_.trees.threads[index]);
        write_section(out_, context_, {}, section);
    }

    text_writer& out_;
    const service_profile& source_;
    report_context context_;
    service_totals totals_;
    std::string_view dot_;
};

} // namespace detail

/// Writes the figures of all routes, the trees of those with most time, and the trees of the
/// slowest requests, for a place with the given properties.
///
/// A route's tree is of all its requests together: its root is the sum of their latencies.
/// `chosen.threads` means nothing here. Throws std::invalid_argument as write_text(session) does,
/// or if the profile is inconsistent. Any threads may render the same profile at once.
inline void write_text(std::ostream& stream, const service_profile& source,
                       const text_options& chosen, const terminal& properties) {
    detail::check_text_options(source.trees, chosen);
    detail::check_service_profile(source);
    detail::text_writer out(stream, properties);
    detail::service_report_writer(out, source, chosen).write();
}

/// The same for a stream of which nothing is known.
inline void write_text(std::ostream& stream, const service_profile& source,
                       const text_options& chosen = {}) {
    write_text(stream, source, chosen, terminal_of_stream(chosen));
}

/// Writes one of the profile's requests alone, by its index: what it was, what it took, its tree.
inline void write_request_text(std::ostream& stream, const service_profile& source,
                               std::size_t request, const text_options& chosen,
                               const terminal& properties) {
    detail::check_text_options(source.trees, chosen);
    detail::check_service_profile(source);
    detail::text_writer out(stream, properties);
    detail::service_report_writer(out, source, chosen).write_only(request);
}

/// A whole report as a string.
inline std::string to_text(const service_profile& source, const text_options& chosen = {}) {
    std::ostringstream stream;
    write_text(stream, source, chosen);
    return stream.str();
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
