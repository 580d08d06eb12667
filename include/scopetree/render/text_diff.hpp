/// The differences between two sessions as text.
#ifndef SCOPETREE_RENDER_TEXT_DIFF_HPP
#define SCOPETREE_RENDER_TEXT_DIFF_HPP

#include <scopetree/process/aggregate_repeated_calls.hpp>
#include <scopetree/process/build_view.hpp>
#include <scopetree/process/collapse_runtime.hpp>
#include <scopetree/process/group_library_frames.hpp>
#include <scopetree/process/remove_unnecessary_self.hpp>
#include <scopetree/process/session_diff.hpp>
#include <scopetree/render/text_header.hpp>
#include <scopetree/render/text_tree.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
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

inline std::int64_t delta_of(const view_node& node) {
    return node.time - node.second_time;
}

/// The differences as a view: the time is that after, the second time that before. The figures of a
/// scope are those of the diff_node with the number of its entry.
inline view_tree view_of_diff(const session& tables, const session_diff& source, bool cpu,
                              bool merge_threads) {
    view_tree tree;
    tree.source = &tables;
    tree.nodes.resize(source.nodes.size());
    tree.scopes.resize(source.nodes.size());
    for (std::size_t i = 0; i < source.nodes.size(); ++i) {
        const diff_node& from = source.nodes[i];
        const bool is_thread = from.parent == 0;
        const std::size_t into = is_thread && merge_threads ? 0 : i;
        view_node& node = tree.nodes[into];
        node.own += cpu ? from.after.self_cpu_ns : from.after.self_wall_ns;
        node.second_own += cpu ? from.before.self_cpu_ns : from.before.self_wall_ns;
        node.time = node.own;
        node.second_time = node.second_own;
        if (into != i) {
            tree.nodes[i].parent = 0; // it has nothing to add there
            continue;
        }
        node.frame = from.frame;
        if (from.before.calls + from.after.calls != 0) {
            node.first_scope = node.last_scope =
                static_cast<std::uint32_t>(tree.scope_links.size());
            tree.scope_links.push_back({static_cast<std::uint32_t>(i), no_index});
        }
        if (i == 0)
            continue;
        const bool below_thread = merge_threads && source.nodes[from.parent].parent == 0;
        tree.append_child(below_thread ? 0 : from.parent, static_cast<std::uint32_t>(i));
    }
    add_self_leaves(tree, true);
    sum_up(tree);
    return tree;
}

/// Takes out every child in which, and below which, nothing has changed by `least` or more. Linear.
inline void remove_unchanged(view_tree& tree, double least) {
    std::vector<std::uint32_t> order;
    visit_preorder(tree, [&](std::uint32_t node) { order.push_back(node); });
    std::vector<bool> changed(tree.nodes.size(), false);
    for (std::size_t i = order.size(); i-- > 1;) {
        const view_node& node = tree.nodes[order[i]];
        const auto delta = static_cast<double>(std::abs(delta_of(node)));
        changed[order[i]] = changed[order[i]] || (delta > 0 && delta >= least);
        changed[node.parent] = changed[node.parent] || changed[order[i]];
    }
    std::vector<std::uint32_t> kept;
    for (const std::uint32_t node : order) {
        kept.clear();
        for (const std::uint32_t child : tree.children_of(node)) {
            if (changed[child])
                kept.push_back(child);
            else
                tree.absorb(node, child);
        }
        tree.set_children(node, kept);
    }
}

/// Replaces library frames that have not changed by themselves by what they call. Linear, if few
/// children are library frames.
inline void skip_unchanged_libraries(view_tree& tree, const std::vector<bool>& hidden,
                                     double least) {
    std::vector<std::uint32_t> pending;
    std::vector<std::uint32_t> kept;
    visit_preorder(tree, [&](std::uint32_t node) {
        kept.clear();
        pending = tree.children_of(node);
        std::reverse(pending.begin(), pending.end());
        while (!pending.empty()) {
            const std::uint32_t child = pending.back();
            pending.pop_back();
            const view_node& c = tree.nodes[child];
            const auto own = static_cast<double>(std::abs(c.own - c.second_own));
            const bool is_library = c.kind == view_kind::frame && hidden[c.frame] &&
                                    tree.frame_of(c).kind == frame_kind::function;
            if (!is_library || c.first_child == no_index || own >= least) {
                kept.push_back(child);
                continue;
            }
            tree.nodes[node].absorbed += c.absorbed;
            tree.nodes[node].second_absorbed += c.second_absorbed;
            const auto first = static_cast<std::ptrdiff_t>(pending.size());
            tree.append_children_of(child, pending);
            std::reverse(pending.begin() + first, pending.end());
        }
        tree.set_children(node, kept);
    });
}

/// What has changed most comes first, whichever way it went.
inline void sort_by_change(view_tree& tree) {
    visit_preorder(tree, [&](std::uint32_t node) {
        std::vector<std::uint32_t> children = tree.children_of(node);
        std::stable_sort(children.begin(), children.end(), [&](std::uint32_t a, std::uint32_t b) {
            return std::abs(delta_of(tree.nodes[a])) > std::abs(delta_of(tree.nodes[b]));
        });
        tree.set_children(node, children);
    });
}

/// Where the shown tree starts: `all threads` and a thread's root say nothing if all is in one
/// child.
inline std::uint32_t shown_root_of_diff(const view_tree& tree) {
    std::uint32_t start = 0;
    for (int level = 0; level < 2; ++level) {
        const view_node& node = tree.nodes[start];
        if (node.first_child == no_index || node.first_child != node.last_child ||
            tree.frame_of(node).kind != frame_kind::synthetic)
            break;
        const view_node& child = tree.nodes[node.first_child];
        if (child.time != node.time || child.second_time != node.second_time)
            break;
        start = node.first_child;
    }
    return start;
}

/// The lines of a tree of differences: delta, name, location, the times before and after, and the
/// calls of a scope.
class diff_lines {
public:
    diff_lines(text_writer& out, const report_context& context, const view_tree& tree,
               const session_diff& source)
        : out_(out), context_(context), tree_(tree), source_(source) {}

    void write(std::string_view indent, std::string_view glyph, std::uint32_t index) {
        const view_node& node = tree_.nodes[index];
        text_line line = line_of_node(context_, tree_, node, out_.unicode());
        line.figures = figures_of(node);
        const std::string delta = format_delta(delta_of(node));
        const std::string_view marker = line.is_scope ? out_.glyphs().scope : std::string_view();
        if (const int width = out_.properties().width; width > 0) {
            const std::size_t others = display_width(indent) + display_width(glyph) + delta.size() +
                                       1 + display_width(marker) + (line.location.empty() ? 0 : 2) +
                                       2;
            fit_line(line, others, static_cast<std::size_t>(width), out_.unicode());
        }
        out_ << indent << glyph;
        out_.paint(ink_of(delta_of(node)), delta);
        out_ << " ";
        out_.paint(line.name_ink, std::string(marker) + line.name);
        if (!line.location.empty()) {
            out_ << "  ";
            out_.paint(ink::faint, line.location);
        }
        out_ << "  " << line.figures;
        out_.end_line();
    }

private:
    std::string format_time(std::int64_t time) const {
        return context_.chosen.time == time_display::percent_of_total
                   ? format_percent(time, tree_.root().second_time)
                   : format_seconds(time, context_.decimals);
    }

    std::string format_delta(std::int64_t delta) const {
        return (delta > 0 ? "+" : "") + format_time(delta);
    }

    std::string figures_of(const view_node& node) const {
        const std::string_view arrow = out_.unicode() ? " → " : " -> ";
        const std::string_view times = out_.unicode() ? "×" : "x";
        std::string text =
            format_time(node.second_time).append(arrow).append(format_time(node.time));
        std::vector<std::uint32_t> entries;
        append_scopes(tree_, node, entries);
        std::uint64_t before = 0;
        std::uint64_t after = 0;
        for (const std::uint32_t entry : entries) {
            before += source_.nodes[entry].before.calls;
            after += source_.nodes[entry].after.calls;
        }
        if (before + after == 0)
            return text;
        text.append("  ").append(times).append(format_count(before));
        if (before != after)
            text.append(arrow).append(times).append(format_count(after));
        return text;
    }

    static ink ink_of(std::int64_t delta) {
        return delta > 0 ? ink::red : delta < 0 ? ink::green : ink::faint;
    }

    text_writer& out_;
    const report_context& context_;
    const view_tree& tree_;
    const session_diff& source_;
};

class diff_writer {
public:
    diff_writer(text_writer& out, const session_diff& source, const text_options& chosen)
        : out_(out), source_(source), chosen_(chosen) {
        tables_.frames = source.frames;
        tables_.modules = source.modules;
        tables_.source_root = source.before.source_root;
        tables_.interval_ns = std::max(source.before.interval_ns, source.after.interval_ns);
    }

    void write() {
        report_context context{tables_, chosen_, shorten_paths(tables_), {}, 0};
        context.hidden = hidden_frames(tables_, context.paths, chosen_);
        context.decimals = decimals_for(tables_.interval_ns);
        if (!chosen_.short_mode)
            write_header(context.decimals);
        view_tree tree = view_of_diff(tables_, source_, chosen_.clock == report_clock::cpu,
                                      chosen_.threads == thread_display::merged);
        process(tree, context.hidden);
        tree_writer(out_, context, tree, diff_lines(out_, context, tree, source_))
            .write({}, shown_root_of_diff(tree));
        if (tree.root().first_child == no_index && !chosen_.show_all)
            write_no_change();
        out_.end_line();
        out_.flush();
    }

private:
    void process(view_tree& tree, const std::vector<bool>& hidden) const {
        // 0.07 * 100 is a little more than 7, which must not take out exactly 7 %.
        const auto whole = static_cast<double>(std::max(tree.root().time, tree.root().second_time));
        const double least = chosen_.show_all ? 0 : whole * chosen_.filter_threshold * (1 - 1e-12);
        if (!chosen_.show_all)
            collapse_runtime(tree);
        aggregate_repeated_calls(tree);
        if (!chosen_.show_all) {
            remove_unchanged(tree, least);
            skip_unchanged_libraries(tree, hidden, least);
            aggregate_repeated_calls(tree); // what stood below different library frames
        }
        remove_unnecessary_self(tree);
        sort_by_change(tree);
    }

    void write_header(int decimals) {
        out_.end_line();
        out_.paint(ink::bold, sanitize("scopetree " + source_.after.version, out_.unicode()));
        out_.end_line();
        out_.end_line();
        write_run("Before:    ", source_.before, decimals);
        write_run("After:     ", source_.after, decimals);
        if (const std::string times = describe_times(chosen_); !times.empty()) {
            out_ << "  ";
            out_.paint(ink::faint, "Times:     ");
            out_ << times;
            out_.end_line();
        }
        out_.end_line();
    }

    void write_run(std::string_view label, const session& run, int decimals) {
        out_ << "  ";
        out_.paint(ink::faint, label);
        out_ << sanitize(run.program, out_.unicode());
        out_.end_line();
        out_ << "             " << format_moment(run.recorded_unix_ns) << ", "
             << format_seconds(run.duration_ns, decimals) << " s, CPU time "
             << format_seconds(run.cpu_ns, decimals) << " s, "
             << plural(run.figures.samples, "sample");
        out_.end_line();
    }

    void write_no_change() {
        constexpr double whole = 1e6;
        const auto part = static_cast<std::int64_t>(whole * chosen_.filter_threshold);
        out_ << "Nothing has changed by " << format_percent(part, static_cast<std::int64_t>(whole))
             << " of the total or more.";
        out_.end_line();
    }

    text_writer& out_;
    const session_diff& source_;
    const text_options& chosen_;
    session tables_;
};

/// Throws where the options ask for something that differences do not have.
inline void check_diff_options(const text_options& chosen) {
    if (chosen.flat || chosen.timeline)
        throw std::invalid_argument("scopetree: differences are shown as a tree: flat and timeline "
                                    "must be off");
    if (chosen.clock == report_clock::both)
        throw std::invalid_argument("scopetree: differences are shown of one clock: wall or cpu");
}

} // namespace detail

/// Writes a tree of what has changed: `delta name  location  before → after`, and the calls of
/// scopes. What has changed most comes first.
///
/// Of `chosen`, `filter_threshold` is the share of the longer run's total by which something must
/// have changed to be shown; library frames without a change of their own are left out. Throws
/// std::invalid_argument for options that make no sense here (flat, timeline, both clocks). Time
/// and memory as write_text for sessions.
inline void write_text(std::ostream& stream, const session_diff& source, const text_options& chosen,
                       const terminal& properties) {
    detail::check_diff_options(chosen);
    detail::text_writer out(stream, properties);
    detail::diff_writer(out, source, chosen).write();
}

/// The same for a stream: no colours unless `chosen.color` is on, Unicode unless it is off.
inline void write_text(std::ostream& stream, const session_diff& source,
                       const text_options& chosen = {}) {
    write_text(stream, source, chosen, terminal_of_stream(chosen));
}

inline std::string to_text(const session_diff& source, const text_options& chosen = {}) {
    std::ostringstream stream;
    write_text(stream, source, chosen);
    return stream.str();
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
