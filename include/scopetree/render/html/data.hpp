/// A session as the columns that the page's script reads.
#ifndef SCOPETREE_RENDER_HTML_DATA_HPP
#define SCOPETREE_RENDER_HTML_DATA_HPP

#include <scopetree/options.hpp>
#include <scopetree/process/frame_identity.hpp>
#include <scopetree/process/group_library_frames.hpp>
#include <scopetree/process/source_path.hpp>
#include <scopetree/render/html/compact_timeline.hpp>
#include <scopetree/render/html/compact_tree.hpp>
#include <scopetree/render/html/json.hpp>
#include <scopetree/render/json_writer.hpp>
#include <scopetree/render/text_header.hpp>
#include <scopetree/render/text_threads.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Every text once.
class html_text_table {
public:
    std::uint32_t number_of(const std::string& text) {
        const auto [entry, first] =
            numbers_.emplace(text, static_cast<std::uint32_t>(texts_.size()));
        if (first)
            texts_.push_back(text);
        return entry->second;
    }

    const std::vector<std::string>& texts() const { return texts_; }

private:
    std::unordered_map<std::string, std::uint32_t> numbers_;
    std::vector<std::string> texts_;
};

/// A figure of the page's head; hovering shows more.
struct html_fact {
    std::string_view name;
    std::string value;
    std::string more;
};

inline int html_decimals(const session& source) {
    return source.interval_ns > 0 ? decimals_for(source.interval_ns) : 3;
}

/// Those of a run's threads.
inline std::vector<html_fact> run_facts(const session& source) {
    const int decimals = html_decimals(source);
    return {{"Recorded", format_moment(source.recorded_unix_ns), {}},
            {"Duration", format_seconds(source.duration_ns, decimals) + " s", {}},
            {"CPU time", format_seconds(source.cpu_ns, decimals) + " s", {}},
            {"Samples", format_count(source.figures.samples), {}},
            {"Interval", format_round_duration(static_cast<double>(source.interval_ns), true), {}},
            {"Threads", format_count(source.threads.size()), {}}};
}

/// What a page is about.
struct html_subject {
    std::vector<thread_section> sections; ///< its threads; of each the first thread counts
    std::size_t wholes = 0;               ///< so many of them make up the whole
    std::string_view parts;               ///< what those are called
    std::string_view nothing;             ///< why there is nothing to see, if so
    std::vector<html_fact> facts;
};

class html_data_writer {
public:
    html_data_writer(std::ostream& stream, const session& source, const tree_options& chosen,
                     std::size_t most_nodes, html_subject subject)
        : json_(stream), source_(source), chosen_(chosen), subject_(std::move(subject)),
          decimals_(html_decimals(source)), functions_(frame_identities(source)) {
        const runtime_frames runtime(source);
        for (const thread_section& section : subject_.sections) {
            names_.push_back(section.name);
            trees_.push_back(compact(source, *section.threads.front(), functions_,
                                     chosen.show_all ? nullptr : &runtime));
        }
        left_out_ = tree_thinner(trees_, most_nodes).run();
        for (const compact_tree& tree : trees_)
            timelines_.push_back(compact_timeline(tree));
        thin_out_timelines(most_nodes * 3);
        number_frames();
    }

    /// `write_more(json_writer&)` adds members of its own.
    template <class Write>
    void write(Write&& write_more) {
        json_.open_object();
        write_run();
        write_more(json_);
        write_initial();
        write_frames();
        json_.key("threads");
        json_.open_array();
        for (std::size_t i = 0; i < trees_.size(); ++i)
            write_thread(names_[i], trees_[i], timelines_[i]);
        json_.close_array();
        json_.close_object();
        json_.finish();
    }

private:
    void text(std::string_view value) { json_.json(html_json_text(value)); }

    void text_member(std::string_view name, std::string_view value) {
        json_.key(name);
        text(value);
    }

    /// An array of the integers that `get` makes of all elements.
    template <class Elements, class Get>
    void column(std::string_view name, const Elements& elements, Get get) {
        json_.key(name);
        json_.open_array();
        for (const auto& element : elements)
            json_.value(get(element));
        json_.close_array();
    }

    void thin_out_timelines(std::size_t most) {
        for (const std::vector<timeline_run>& runs : timelines_)
            runs_ += runs.size();
        if (runs_ <= most)
            return;
        for (std::vector<timeline_run>& runs : timelines_) {
            const double share = static_cast<double>(runs.size()) / static_cast<double>(runs_);
            runs = thin_out(runs, static_cast<std::size_t>(share * static_cast<double>(most)));
        }
        timelines_thinned_ = true;
    }

    /// The page's frames are the functions that its nodes have, in the order of the session.
    void number_frames() {
        std::vector<bool> used(source_.frames.size(), false);
        for (const compact_tree& tree : trees_) {
            for (std::size_t i = 1; i < tree.nodes.size(); ++i) {
                if (tree.nodes[i].function != no_index)
                    used[tree.nodes[i].function] = true;
            }
        }
        numbers_.assign(source_.frames.size(), no_index);
        for (std::size_t i = 0; i < functions_.size(); ++i) {
            const std::uint32_t function = functions_[i];
            if (!used[function] || numbers_[function] != no_index)
                continue;
            numbers_[function] = static_cast<std::uint32_t>(frames_.size());
            frames_.push_back(i);
        }
    }

    void write_run() {
        text_member("program", source_.program);
        text_member("version", source_.version);
        json_.member("decimals", decimals_);
        json_.member("duration", duration());
        json_.member("wholes", subject_.wholes);
        text_member("parts", subject_.parts);
        text_member("nothing", subject_.nothing);
        json_.key("facts");
        json_.open_array();
        for (const html_fact& each : subject_.facts)
            fact(each.name, each.value, each.more);
        if (const std::string overhead = describe_overhead(source_, true); !overhead.empty())
            fact("Overhead", overhead.substr(0, overhead.find(' ')), overhead);
        json_.close_array();
        json_.key("notes");
        json_.open_array();
        for (const run_warning& warning : run_warnings(source_))
            text(std::string(warning.label) + ": " + warning.text);
        for (const std::string& note : source_.notes)
            text(note);
        if (left_out_ != 0)
            text("Thinned out: this page leaves out the " + plural(left_out_, "node") +
                 " with the least time; their time stands as [thinned out].");
        if (timelines_thinned_)
            text("Thinned out: of the timeline's " + format_count(runs_) +
                 " stretches this page shows a sample.");
        json_.close_array();
    }

    void fact(std::string_view name, const std::string& value, std::string_view more = {}) {
        json_.open_array();
        text(name);
        text(value);
        if (!more.empty())
            text(more);
        json_.close_array();
    }

    /// What the timelines are drawn over: all of them.
    std::int64_t duration() const {
        std::int64_t longest = source_.duration_ns;
        for (const std::vector<timeline_run>& runs : timelines_) {
            if (!runs.empty())
                longest = std::max(longest, runs.back().start_ns + runs.back().duration_ns);
        }
        return longest;
    }

    /// What the page shows first.
    void write_initial() {
        json_.key("initial");
        json_.open_object();
        text_member("clock", chosen_.clock == report_clock::cpu ? "cpu" : "wall");
        text_member("threads", chosen_.threads == thread_display::merged ? "merged" : "apart");
        const double threshold = chosen_.show_all ? 0 : chosen_.filter_threshold;
        json_.key("threshold");
        json_.json(fixed_point(static_cast<std::uint64_t>(threshold * 1e6), 6));
        json_.member("fold", !chosen_.show_all);
        text_member("order", chosen_.timeline ? "time" : "heavy");
        json_.close_object();
    }

    void write_frames() {
        html_text_table texts;
        const std::vector<source_path> paths = shorten_paths(source_);
        const std::vector<bool> hidden = hidden_frames(source_, paths, chosen_);
        const auto number = [&](const std::string& text) { return texts.number_of(text); };
        json_.key("frames");
        json_.open_object();
        column("name", frames_, [&](std::size_t i) { return number(source_.frames[i].name); });
        column("full", frames_, [&](std::size_t i) {
            const frame& f = source_.frames[i];
            return number(f.full_name.empty() ? f.name : f.full_name);
        });
        column("path", frames_, [&](std::size_t i) { return number(paths[i].shown); });
        column("library", frames_, [&](std::size_t i) { return number(paths[i].library); });
        column("line", frames_, [&](std::size_t i) {
            return source_.frames[i].file.empty() ? 0 : source_.frames[i].line;
        });
        column("flags", frames_, [&](std::size_t i) {
            const frame& f = source_.frames[i];
            const bool scope = f.kind == frame_kind::scope || f.kind == frame_kind::timed_scope;
            return (scope ? 1 : 0) + (f.inlined ? 2 : 0) + (hidden[i] ? 4 : 0);
        });
        json_.close_object();
        json_.key("strings");
        json_.open_array();
        for (const std::string& each : texts.texts())
            text(each);
        json_.close_array();
    }

    void write_thread(const std::string& name, const compact_tree& tree,
                      const std::vector<timeline_run>& runs) {
        const thread_tree& thread = *tree.thread;
        json_.open_object();
        text_member("name", name);
        json_.member("wall", thread.wall_ns);
        json_.member("cpu", thread.cpu_ns);
        json_.key("nodes");
        json_.open_object();
        column("parent", tree.nodes, [](const compact_node& n) {
            return n.parent == no_index ? -1 : std::int64_t{n.parent};
        });
        // The root has the thread's own frame, a remainder the one behind all others.
        column("frame", tree.nodes, [&](const compact_node& n) {
            return n.function == no_index ? frames_.size() : numbers_[n.function];
        });
        column("wall", tree.nodes, [](const compact_node& n) { return n.wall_ns; });
        column("cpu", tree.nodes, [](const compact_node& n) { return n.cpu_ns; });
        json_.close_object();
        json_.key("links");
        json_.open_object();
        column("node", tree.scopes, [](const compact_scope& s) { return s.node; });
        column("scope", tree.scopes, [](const compact_scope& s) { return s.entry; });
        json_.close_object();
        write_scopes(tree);
        json_.key("timeline");
        json_.open_object();
        column("node", runs, [](const timeline_run& r) { return r.node; });
        column("start", runs, [](const timeline_run& r) { return r.start_ns; });
        column("duration", runs, [](const timeline_run& r) { return r.duration_ns; });
        json_.close_object();
        json_.close_object();
    }

    void write_scopes(const compact_tree& tree) {
        const std::vector<scope_figures>& scopes = tree.thread->scopes;
        json_.key("scopes");
        json_.open_object();
        column("calls", scopes, [](const scope_figures& s) { return s.calls; });
        column("wall", tree.entry_times, [](const entry_time& t) { return t.wall_ns; });
        column("cpu", tree.entry_times, [](const entry_time& t) { return t.cpu_ns; });
        json_.key("timed");
        json_.open_array();
        for (const scope_figures& s : scopes) {
            if (!s.timed) {
                json_.value(0);
                continue;
            }
            const timed_figures& t = s.times;
            json_.open_array();
            for (const std::int64_t time : {t.total_ns, t.min_ns, t.max_ns, t.p50_ns, t.p99_ns})
                json_.value(time);
            json_.close_array();
        }
        json_.close_array();
        json_.close_object();
    }

    json_writer json_;
    const session& source_;
    const tree_options& chosen_;
    html_subject subject_;
    int decimals_;
    std::vector<std::uint32_t> functions_; ///< by frame of the session
    std::vector<std::string> names_;       ///< by tree
    std::vector<compact_tree> trees_;
    std::vector<std::vector<timeline_run>> timelines_; ///< by tree
    std::vector<std::size_t> frames_;                  ///< of the page: frames of the session
    std::vector<std::uint32_t> numbers_;               ///< by function: index into frames_
    std::size_t left_out_ = 0;
    std::size_t runs_ = 0;
    bool timelines_thinned_ = false;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
