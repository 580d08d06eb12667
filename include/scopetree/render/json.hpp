/// A session as JSON, for programs: the trees that the text report shows.
#ifndef SCOPETREE_RENDER_JSON_HPP
#define SCOPETREE_RENDER_JSON_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/options.hpp>
#include <scopetree/process/build_timeline_view.hpp>
#include <scopetree/process/processors.hpp>
#include <scopetree/render/json_writer.hpp>
#include <scopetree/render/text_line.hpp>
#include <scopetree/render/text_numbers.hpp>
#include <scopetree/render/text_threads.hpp>
#include <scopetree/render/text_tree.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Writes the nodes of one processed tree.
class json_tree_writer {
public:
    json_tree_writer(json_writer& out, const view_tree& tree, report_clock clock,
                     std::string_view root_name)
        : out_(out), tree_(tree), both_(clock == report_clock::both), root_name_(root_name) {}

    void write(std::uint32_t start) {
        open_node(start);
        while (!open_.empty()) {
            const std::uint32_t next = open_.back();
            if (next == no_index) {
                out_.close_array();
                out_.close_object();
                open_.pop_back();
            } else {
                open_.back() = tree_.nodes[next].next_sibling;
                if (tree_.nodes[next].kind != view_kind::self)
                    open_node(next);
            }
        }
    }

private:
    void open_node(std::uint32_t index) {
        const view_node& node = tree_.nodes[index];
        const frame& f = tree_.frame_of(node);
        const bool is_thread = index == 0;
        out_.end_line();
        out_.open_object();
        out_.member("name", is_thread ? root_name_ : f.name);
        out_.member("kind", is_thread ? "thread" : kind_of(f.kind));
        if (!is_thread)
            write_frame(f);
        write_times(index);
        write_scope(node);
        if (!node.shown)
            out_.member("hidden", true);
        out_.key("children");
        out_.open_array();
        open_.push_back(node.first_child);
    }

    static std::string_view kind_of(frame_kind kind) {
        switch (kind) {
        case frame_kind::scope:
            return "scope";
        case frame_kind::timed_scope:
            return "timed_scope";
        case frame_kind::synthetic:
            return "marker";
        case frame_kind::function:
            break;
        }
        return "function";
    }

    void write_frame(const frame& f) {
        out_.member("full_name", f.full_name);
        if (!f.file.empty())
            out_.member("file", f.file);
        if (f.line != 0)
            out_.member("line", f.line);
        if (f.inlined)
            out_.member("inlined", true);
        if (!f.application)
            out_.member("library", true);
    }

    void write_times(std::uint32_t index) {
        const view_node& node = tree_.nodes[index];
        const view_node& root = tree_.root();
        std::int64_t left_out = node.time - node.own;
        std::int64_t second_left_out = node.second_time - node.second_own;
        for (std::uint32_t c = node.first_child; c != no_index; c = tree_.nodes[c].next_sibling) {
            if (tree_.nodes[c].kind == view_kind::self)
                continue;
            left_out -= tree_.nodes[c].time;
            second_left_out -= tree_.nodes[c].second_time;
        }
        out_.member("time_ns", node.time);
        out_.member("self_ns", node.own);
        if (left_out != 0)
            out_.member("left_out_ns", left_out);
        out_.key("share");
        out_.json(share(node.time, root.time));
        if (!both_)
            return;
        out_.member("cpu_time_ns", node.second_time);
        out_.member("cpu_self_ns", node.second_own);
        if (second_left_out != 0)
            out_.member("cpu_left_out_ns", second_left_out);
        out_.key("cpu_share");
        out_.json(share(node.second_time, root.second_time));
    }

    /// With six decimals.
    static std::string share(std::int64_t part, std::int64_t whole) {
        const double share =
            whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
        return fixed_point(static_cast<std::uint64_t>(std::llround(share * 1e6)), 6);
    }

    void write_scope(const view_node& node) {
        if (node.first_scope == no_index)
            return;
        std::vector<std::uint32_t> entries;
        append_scopes(tree_, node, entries);
        const scope_summary sum = summarize_scopes(tree_, std::move(entries));
        out_.member("calls", sum.calls);
        if (!sum.timed)
            return;
        out_.key("timed");
        out_.open_object();
        out_.member("total_ns", sum.time);
        out_.member("min_ns", sum.times.min_ns);
        out_.member(sum.merged ? "p99_at_most_ns" : "p99_ns", sum.times.p99_ns);
        out_.member("max_ns", sum.times.max_ns);
        out_.close_object();
    }

    json_writer& out_;
    const view_tree& tree_;
    bool both_;
    std::string_view root_name_;
    std::vector<std::uint32_t> open_; // by level: the next child
};

/// What a report says of the run, as members of the object that is open.
inline void write_json_run(json_writer& out, const session& source, report_clock clock) {
    out.member("scopetree", source.version);
    out.member("program", source.program);
    out.member("pid", source.pid);
    out.member("source_root", source.source_root);
    out.member("recorded_unix_ns", source.recorded_unix_ns);
    out.member("duration_ns", source.duration_ns);
    out.member("cpu_ns", source.cpu_ns);
    out.member("interval_ns", source.interval_ns);
    out.member("clock", clock == report_clock::wall  ? "wall"
                        : clock == report_clock::cpu ? "cpu"
                                                     : "both");
    out.end_line();
    out.key("figures");
    out.open_object();
    for_each_figure(
        [&](const char* name, auto figure) { out.member(name, source.figures.*figure); });
    out.close_object();
    out.end_line();
    out.key("notes");
    out.open_array();
    for (const std::string& note : source.notes)
        out.value(note);
    out.close_array();
    out.end_line();
}

/// Writes the trees of a session's threads as members `tree`.
class json_trees {
public:
    json_trees(json_writer& out, const session& source, const tree_options& chosen)
        : out_(out), source_(source), chosen_(chosen),
          hidden_(hidden_frames(source, shorten_paths(source), chosen)) {}

    void write(const thread_section& section) {
        out_.key("tree");
        view_tree tree = build_chosen_view(source_, section.threads, chosen_);
        if (tree.nodes.empty()) {
            out_.json("null");
            return;
        }
        drop_unmeasured(tree, section, chosen_.show_all);
        process(tree, chosen_, hidden_);
        json_tree_writer(out_, tree, chosen_.clock, section.name)
            .write(shown_root(tree, chosen_.clock));
    }

private:
    json_writer& out_;
    const session& source_;
    const tree_options& chosen_;
    std::vector<bool> hidden_; // by frame
};

class json_report_writer {
public:
    json_report_writer(std::ostream& stream, const session& source, const tree_options& chosen)
        : out_(stream), source_(source), chosen_(chosen), trees_(out_, source, chosen) {}

    void write() {
        out_.open_object();
        out_.member("format", "scopetree-report");
        out_.member("version", 1);
        write_json_run(out_, source_, chosen_.clock);
        out_.key("threads");
        out_.open_array();
        for (const thread_section& section : sections_of(source_, chosen_))
            write_section(section);
        out_.end_line();
        out_.close_array();
        out_.close_object();
        out_.finish();
    }

private:
    void write_section(const thread_section& section) {
        out_.end_line();
        out_.open_object();
        out_.member("name", section.name);
        out_.key("tids");
        out_.open_array();
        for (const thread_tree* thread : section.threads)
            out_.value(thread->tid);
        out_.close_array();
        out_.member("wall_ns", section.wall_ns);
        out_.member("cpu_ns", section.cpu_ns);
        trees_.write(section);
        out_.close_object();
    }

    json_writer out_;
    const session& source_;
    const tree_options& chosen_;
    json_trees trees_;
};

} // namespace detail

/// Writes the session's trees, processed as for text, as one JSON object. A `text_options` will do
/// for the choices.
///
/// The object has `format` ("scopetree-report"), `version` (1; a higher one may lack what is named
/// here), the run's `scopetree` (our version), `program`, `pid`, `source_root`, `recorded_unix_ns`,
/// `duration_ns`, `cpu_ns`, `interval_ns`, `clock` ("wall", "cpu" or "both"), `figures` (of type
/// run_figures), `notes`, and `threads`: objects with `name`, `tids`, `wall_ns`, `cpu_ns` and
/// `tree`, a node, or null where nothing was recorded (with `timeline`: no order). A node has
/// - `name` and `kind` (function, scope, timed_scope, marker or thread); all but a thread
///   `full_name`, and where they are known `file` (as the compiler wrote it) and `line` (of the
///   definition); `inlined` and `library` (not the program's own code) where they are true;
/// - `time_ns`, `self_ns` (of the node itself) and `left_out_ns` (of what is below and was left
/// out;
///   not there if nothing was): `time_ns` is the sum of both and of the children's `time_ns`;
///   `share` of the thread's time, from 0 to 1. With the clock "both" these are of the wall clock,
///   and the same with `cpu_` before their names of the CPU's;
/// - as a scope `calls`; as one with timed calls `timed`: `total_ns`, `min_ns`, `max_ns` and
/// `p99_ns`,
///   which is called `p99_at_most_ns` where several scopes were merged. All of them count the scope
///   wherever it appears in the thread, not only here;
/// - `hidden`, true where the text report has it in its `[N frames hidden]`;
/// - `children`, those with most time first; with `timeline` in the order of their calls.
///
/// Times are integers, in nanoseconds. Trees may be as deep as the stacks were: a reader that
/// recurses needs room. Bytes that are not UTF-8 become U+FFFD. Throws std::invalid_argument if the
/// session is inconsistent or if `timeline` asks for an order that there is not. Linear, but
/// for sorting. Any threads may write the same session at once.
inline void write_json(std::ostream& stream, const session& source,
                       const tree_options& chosen = {}) {
    detail::check_timeline_options(source, chosen);
    detail::json_report_writer(stream, source, chosen).write();
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
