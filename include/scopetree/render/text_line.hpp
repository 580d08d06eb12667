/// One line of a tree or a list: times, name, location, and the exact figures of a scope.
#ifndef SCOPETREE_RENDER_TEXT_LINE_HPP
#define SCOPETREE_RENDER_TEXT_LINE_HPP

#include <scopetree/options.hpp>
#include <scopetree/process/source_path.hpp>
#include <scopetree/process/view_tree.hpp>
#include <scopetree/render/text_numbers.hpp>
#include <scopetree/render/text_style.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// What is the same for all trees of a report.
struct report_context {
    const session& source;
    const text_options& chosen;
    std::vector<source_path> paths; ///< per frame
    std::vector<bool> hidden;       ///< per frame
    int decimals = 3;               ///< of seconds
};

/// A scope's figures, added up over the entries that a line stands for.
struct scope_summary {
    std::uint64_t calls = 0;
    std::int64_t time = 0; ///< sampled, over all places where the entries appear; exact when timed
    bool timed = false;
    bool merged = false; ///< of several timed entries: `times.p99_ns` is an upper bound
    timed_figures times;
};

inline scope_summary summarize_scopes(const view_tree& tree, std::vector<std::uint32_t> entries) {
    std::sort(entries.begin(), entries.end());
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
    scope_summary sum;
    for (const std::uint32_t entry : entries) {
        const scope_entry& e = tree.scopes[entry];
        const scope_figures& f = *e.figures;
        sum.calls += f.calls;
        sum.time += f.timed ? f.times.total_ns : e.time;
        if (!f.timed || f.calls == 0)
            continue;
        const timed_figures& t = f.times;
        sum.times.min_ns = sum.timed ? std::min(sum.times.min_ns, t.min_ns) : t.min_ns;
        sum.times.max_ns = std::max(sum.times.max_ns, t.max_ns);
        sum.times.p99_ns = std::max(sum.times.p99_ns, t.p99_ns);
        sum.merged = sum.timed;
        sum.timed = true;
    }
    return sum;
}

inline void append_scopes(const view_tree& tree, const view_node& node,
                          std::vector<std::uint32_t>& entries) {
    for (std::uint32_t i = node.first_scope; i != no_index; i = tree.scope_links[i].next)
        entries.push_back(tree.scope_links[i].entry);
}

/// `x1,204,331  336 ns each  min 120 ns  p99 1.20 us  max 4.31 ms`; what one call makes evident is
/// left out.
inline std::string format_scope(const scope_summary& sum, bool unicode) {
    if (sum.calls == 0)
        return {};
    std::string text = (unicode ? "×" : "x") + format_count(sum.calls);
    const auto duration = [&](std::int64_t ns) {
        return format_duration(static_cast<double>(ns), unicode);
    };
    if (sum.calls == 1)
        return sum.timed ? text + "  " + duration(sum.time) : text;
    if (sum.time > 0) {
        const double each = static_cast<double>(sum.time) / static_cast<double>(sum.calls);
        text += "  " + format_duration(each, unicode) + " each";
    }
    if (sum.timed) {
        const std::string_view at_most = !sum.merged ? "  p99 "
                                         : unicode   ? "  p99 ≤ "
                                                     : "  p99 <= ";
        text += "  min " + duration(sum.times.min_ns);
        text.append(at_most).append(duration(sum.times.p99_ns));
        text += "  max " + duration(sum.times.max_ns);
    }
    return text;
}

/// The parts of a line, to be filled in; the texts are sanitized.
struct text_line {
    std::int64_t time = 0;
    std::int64_t second_time = 0;
    std::string name;
    std::string location;
    std::string figures;
    ink name_ink = ink::plain;
    bool is_scope = false;
};

inline std::string location_of(const frame& f, const source_path& path, bool with_line,
                               bool unicode) {
    std::string location = sanitize(path.shown, unicode);
    if (with_line && f.line != 0 && !f.file.empty())
        location += ":" + std::to_string(f.line);
    return location;
}

/// The line of a frame, without times and a scope's figures.
inline text_line line_of_frame(const report_context& context, std::uint32_t index, bool unicode) {
    const frame& f = context.source.frames[index];
    text_line line;
    line.is_scope = f.kind == frame_kind::scope || f.kind == frame_kind::timed_scope;
    line.name = sanitize(f.name, unicode);
    line.location = location_of(f, context.paths[index], true, unicode);
    line.name_ink = line.is_scope ? ink::scope : context.hidden[index] ? ink::faint : ink::plain;
    return line;
}

/// The line of a node, likewise.
inline text_line line_of_node(const report_context& context, const view_tree& tree,
                              const view_node& node, bool unicode) {
    if (node.kind != view_kind::self)
        return line_of_frame(context, node.frame, unicode);
    const view_node& parent = tree.nodes[node.parent];
    text_line line;
    line.name = "[self]";
    line.name_ink = ink::faint;
    line.location = location_of(tree.frame_of(parent), context.paths[parent.frame], false, unicode);
    return line;
}

/// Elides the name, then the location, as far as needed to fit into `width` columns.
inline void fit_line(text_line& line, std::size_t others, std::size_t width, bool unicode) {
    constexpr std::size_t least = 24;
    const auto shorten = [&](std::string& text, std::size_t rest) {
        const std::size_t room = width > rest ? width - rest : 0;
        text = elide_middle(text, std::max(room, least), unicode);
    };
    shorten(line.name, others + display_width(line.location) + display_width(line.figures));
    shorten(line.location, others + display_width(line.name) + display_width(line.figures));
}

class line_writer {
public:
    line_writer(text_writer& out, const report_context& context, const view_node& root)
        : out_(out), context_(context), root_(root) {}

    /// Writes the line behind `indent` (both parts of it).
    void write(std::string_view indent, std::string_view glyph, text_line line) {
        const std::string first = format_time(line.time, root_.time);
        const bool both = context_.chosen.clock == report_clock::both;
        const std::string second = both ? format_time(line.second_time, root_.second_time) : "";
        const std::string_view marker = line.is_scope ? out_.glyphs().scope : std::string_view();
        if (const int width = out_.properties().width; width > 0) {
            const std::size_t others = display_width(indent) + display_width(glyph) + first.size() +
                                       (both ? second.size() + 1 : 0) + 1 + display_width(marker) +
                                       (line.location.empty() ? 0 : 2) +
                                       (line.figures.empty() ? 0 : 2);
            fit_line(line, others, static_cast<std::size_t>(width), out_.unicode());
        }
        out_ << indent << glyph;
        out_.paint(ink_of(line.time, root_.time), first);
        if (both) {
            out_ << "/";
            out_.paint(ink_of(line.second_time, root_.second_time), second);
        }
        out_ << " ";
        out_.paint(line.name_ink, std::string(marker) + line.name);
        write_part(ink::faint, line.location);
        write_part(ink::plain, line.figures);
        out_.end_line();
    }

private:
    std::string format_time(std::int64_t time, std::int64_t root_time) const {
        return context_.chosen.time == time_display::percent_of_total
                   ? format_percent(time, root_time)
                   : format_seconds(time, context_.decimals);
    }

    static ink ink_of(std::int64_t time, std::int64_t root_time) {
        return ink_of_share(
            root_time == 0 ? 0 : static_cast<double>(time) / static_cast<double>(root_time));
    }

    void write_part(ink color, std::string_view text) {
        if (text.empty())
            return;
        out_ << "  ";
        out_.paint(color, text);
    }

    text_writer& out_;
    const report_context& context_;
    const view_node& root_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
