/// A session as text: a header, then a tree of every thread.
#ifndef SCOPETREE_RENDER_TEXT_HPP
#define SCOPETREE_RENDER_TEXT_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/options.hpp>
#include <scopetree/process/build_timeline_view.hpp>
#include <scopetree/process/processors.hpp>
#include <scopetree/render/terminal.hpp>
#include <scopetree/render/text_flat.hpp>
#include <scopetree/render/text_header.hpp>
#include <scopetree/render/text_threads.hpp>
#include <scopetree/render/text_tree.hpp>

#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Throws where the options ask for something that cannot be shown.
inline void check_text_options(const session& source, const text_options& chosen) {
    if (chosen.flat && chosen.timeline)
        throw std::invalid_argument("scopetree: flat and timeline exclude each other: a flat list "
                                    "of functions has no order in time");
    check_timeline_options(source, chosen);
}

inline report_context context_of(const session& source, const text_options& chosen) {
    report_context context{source, chosen, shorten_paths(source), {}, 0};
    context.hidden = hidden_frames(source, context.paths, chosen);
    context.decimals = decimals_for(source.interval_ns);
    return context;
}

inline constexpr std::string_view no_samples = "No samples were recorded.";

inline void write_line(text_writer& out, std::string_view indent, std::string_view text) {
    out << indent << text;
    out.end_line();
}

/// The tree, or the list, of threads that share one.
inline void write_section(text_writer& out, const report_context& context,
                          const std::string& indent, const thread_section& section) {
    view_tree tree = build_chosen_view(context.source, section.threads, context.chosen);
    if (tree.nodes.empty()) {
        const bool unordered = context.chosen.timeline && section.wall_ns != 0;
        write_line(out, indent,
                   unordered ? "The order of this thread's calls was not kept." : no_samples);
        return;
    }
    drop_unmeasured(tree, section, context.chosen.show_all);
    if (context.chosen.flat) {
        if (!context.chosen.show_all)
            collapse_runtime(tree);
        write_flat(out, context, tree, indent, section.name);
        return;
    }
    process(tree, context.chosen, context.hidden);
    tree_writer(out, context, tree, frame_lines(out, context, tree, section.name))
        .write(indent, shown_root(tree, context.chosen.clock));
}

class report_writer {
public:
    report_writer(text_writer& out, const session& source, const text_options& chosen)
        : out_(out), context_(context_of(source, chosen)) {}

    void write() {
        const bool framed = context_.chosen.short_mode;
        indent_ = framed ? ".  " : "";
        if (framed)
            write_short_header();
        else
            header_writer(out_, context_).write(run_pairs(context_.source, context_.decimals));
        const std::vector<thread_section> sections = sections_of(context_.source, context_.chosen);
        bool first = true;
        for (const thread_section& section : sections) {
            if (sections.size() > 1)
                write_heading(section, first);
            write_section(out_, context_, indent_, section);
            first = false;
        }
        if (sections.empty())
            write_line(out_, indent_, no_samples);
        if (framed)
            out_ << std::string(short_width, '.');
        out_.end_line();
        if (framed)
            out_.end_line();
        out_.flush();
    }

private:
    static constexpr std::size_t short_width = 53;

    void write_short_header() {
        std::string title = "scopetree ";
        title.resize(short_width, '.');
        out_.end_line();
        out_ << title;
        out_.end_line();
        out_ << ".";
        out_.end_line();
        out_ << indent_ << sanitize(context_.source.program, out_.unicode());
        out_.end_line();
        if (const std::string times = describe_times(context_.chosen); !times.empty()) {
            out_ << indent_ << "Times: " << times;
            out_.end_line();
        }
        out_ << ".";
        out_.end_line();
    }

    void write_heading(const thread_section& section, bool first) {
        if (!first) {
            out_ << std::string_view(indent_).substr(0, 1);
            out_.end_line();
        }
        const std::string_view rule = out_.unicode() ? "──" : "--";
        const std::string_view dot = out_.unicode() ? " · " : ", ";
        out_ << indent_ << rule << " ";
        out_.paint(ink::bold, sanitize(section.name, out_.unicode()));
        out_ << " " << rule << " ";
        out_.paint(ink::faint, format_seconds(section.wall_ns, context_.decimals)
                                   .append(" s wall")
                                   .append(dot)
                                   .append(format_seconds(section.cpu_ns, context_.decimals))
                                   .append(" s CPU"));
        out_.end_line();
    }

    text_writer& out_;
    report_context context_;
    std::string indent_;
};

} // namespace detail

/// Writes the session as text for a place with the given properties, see terminal_for.
///
/// Colours are used if `properties` says so, whatever `chosen.color` is. Throws
/// std::invalid_argument if options exclude each other or ask for what the session does not have,
/// or if the session is inconsistent. Time and memory are linear in the number of nodes, but for
/// sorting. Any threads may render the same session at once.
inline void write_text(std::ostream& stream, const session& source, const text_options& chosen,
                       const terminal& properties) {
    detail::check_text_options(source, chosen);
    detail::text_writer out(stream, properties);
    detail::report_writer(out, source, chosen).write();
}

/// Writes the session as text. No colours unless `chosen.color` is on, Unicode unless
/// `chosen.unicode` is off; throws as above.
inline void write_text(std::ostream& stream, const session& source,
                       const text_options& chosen = {}) {
    write_text(stream, source, chosen, terminal_of_stream(chosen));
}

/// The same as a string.
inline std::string to_text(const session& source, const text_options& chosen = {}) {
    std::ostringstream stream;
    write_text(stream, source, chosen);
    return stream.str();
}

/// What stands below a report that was kept under the given name.
inline std::string show_again_hint(std::string_view id) {
    return "To view this report with different options, run:\n    scopetree show --prev " +
           detail::sanitize(id, false) + " [options]\n";
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
