/// Several sessions as one: session::combine.
#ifndef SCOPETREE_MODEL_SESSION_COMBINE_HPP
#define SCOPETREE_MODEL_SESSION_COMBINE_HPP

#include <scopetree/model/session_check.hpp>
#include <scopetree/model/thread_merger.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A vector of rows that are all different, by what `Less` looks at.
template <class Row, class Less>
class distinct_rows {
public:
    distinct_rows()
        : order_([this](std::uint32_t a, std::uint32_t b) { return Less()(rows_[a], rows_[b]); }) {}
    distinct_rows(const distinct_rows&) = delete;
    distinct_rows& operator=(const distinct_rows&) = delete;

    /// The index of the row that is like this one, which is added if there is none.
    std::uint32_t index_of(Row row) {
        rows_.push_back(std::move(row));
        const auto [entry, added] = order_.insert(static_cast<std::uint32_t>(rows_.size() - 1));
        if (!added)
            rows_.pop_back();
        return *entry;
    }

    std::vector<Row> take() { return std::move(rows_); }

private:
    std::vector<Row> rows_;
    std::set<std::uint32_t, std::function<bool(std::uint32_t, std::uint32_t)>> order_;
};

struct module_less {
    /// Where it was mapped differs from process to process.
    bool operator()(const module_info& a, const module_info& b) const {
        return std::tie(a.path, a.build_id) < std::tie(b.path, b.build_id);
    }
};

struct frame_less {
    bool operator()(const frame& a, const frame& b) const {
        return std::tie(a.name, a.full_name, a.file, a.line, a.module, a.kind, a.inlined,
                        a.application) < std::tie(b.name, b.full_name, b.file, b.line, b.module,
                                                  b.kind, b.inlined, b.application);
    }
};

/// The longest folder that both paths lie in; what is not known does not count.
inline std::string common_root(const std::string& a, const std::string& b) {
    if (a.empty() || b.empty() || a == b)
        return a.empty() ? b : a;
    const auto ends_at = [](const std::string& path, std::size_t size) {
        return size == path.size() || path[size] == '/';
    };
    const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    auto size = static_cast<std::size_t>(differ.first - a.begin());
    while (size > 0 && !(ends_at(a, size) && ends_at(b, size)))
        --size;
    return a.substr(0, size);
}

/// Different texts, each once, in the order in which they came.
class text_list {
public:
    void add(const std::string& text) {
        if (!text.empty() && known_.insert(text).second)
            texts_.push_back(text);
    }

    std::string joined(std::string_view separator) const {
        constexpr std::size_t most = 8;
        std::string text;
        for (std::size_t i = 0; i < texts_.size() && i < most; ++i)
            text.append(i == 0 ? "" : separator).append(texts_[i]);
        if (texts_.size() > most)
            text.append(separator).append(std::to_string(texts_.size() - most)).append(" more");
        return text;
    }

    const std::vector<std::string>& texts() const { return texts_; }

private:
    std::set<std::string> known_;
    std::vector<std::string> texts_;
};

class session_combiner {
public:
    explicit session_combiner(combined_threads threads) : threads_(threads) {}

    void add(const session& part, std::int64_t earliest_ns) {
        add_run(part);
        std::vector<std::uint32_t> modules;
        for (const module_info& module : part.modules)
            modules.push_back(modules_.index_of(module));
        std::vector<std::uint32_t> frames;
        for (frame f : part.frames) {
            if (f.module != no_index)
                f.module = modules[f.module];
            frames.push_back(frames_.index_of(std::move(f)));
        }
        const std::int64_t later_ns = part.recorded_unix_ns - earliest_ns;
        for (const thread_tree& thread : part.threads) {
            if (threads_ == combined_threads::side_by_side)
                append(thread, frames, later_ns);
            else
                merge(thread, frames, later_ns);
        }
    }

    session take(std::int64_t earliest_ns) {
        sum_.recorded_unix_ns = earliest_ns;
        sum_.program = programs_.joined("; ");
        sum_.version = versions_.joined(", ");
        if (std::any_of(mergers_.begin(), mergers_.end(),
                        [](const thread_merger& m) { return m.has_bounds(); }))
            notes_.add("The percentiles of timed scopes are upper bounds: they were combined.");
        if (lost_timeline_)
            notes_.add("Merged threads have no timeline.");
        sum_.notes = notes_.texts();
        sum_.frames = frames_.take();
        sum_.modules = modules_.take();
        sum_.threads.assign(std::make_move_iterator(trees_.begin()),
                            std::make_move_iterator(trees_.end()));
        return std::move(sum_);
    }

private:
    void add_run(const session& part) {
        programs_.add(part.program);
        versions_.add(part.version);
        for (const std::string& note : part.notes)
            notes_.add(note);
        sum_.source_root = common_root(sum_.source_root, part.source_root);
        sum_.interval_ns = std::max(sum_.interval_ns, part.interval_ns);
        sum_.pid = sum_.pid == 0 ? part.pid : sum_.pid;
        add_figure(sum_.duration_ns, part.duration_ns);
        add_figure(sum_.cpu_ns, part.cpu_ns);
        for_each_figure([&](const char*, auto figure) {
            add_figure(sum_.figures.*figure, part.figures.*figure);
        });
    }

    void append(const thread_tree& thread, const std::vector<std::uint32_t>& frames,
                std::int64_t later_ns) {
        thread_tree& added = trees_.emplace_back(thread);
        for (call_node& node : added.nodes)
            node.frame = frames[node.frame];
        for (timeline_run& run : added.timeline)
            run.start_ns += later_ns;
    }

    void merge(const thread_tree& thread, const std::vector<std::uint32_t>& frames,
               std::int64_t later_ns) {
        const auto [entry, first] = by_name_.emplace(thread.name, trees_.size());
        if (first) {
            thread_tree& made = trees_.emplace_back();
            made.name = thread.name;
            made.tid = thread.tid;
            mergers_.emplace_back(made);
        }
        const std::vector<std::uint32_t> nodes =
            mergers_[entry->second].add(thread, [&](std::uint32_t frame) { return frames[frame]; });
        thread_tree& sum = trees_[entry->second];
        if (first) {
            for (const timeline_run& run : thread.timeline)
                sum.timeline.push_back({nodes[run.node], run.start_ns + later_ns, run.duration_ns});
        } else { // two runs at one time have no place in a tree's timeline
            lost_timeline_ = lost_timeline_ || !thread.timeline.empty() || !sum.timeline.empty();
            sum.timeline.clear();
        }
    }

    combined_threads threads_;
    session sum_;
    text_list programs_, versions_, notes_;
    distinct_rows<frame, frame_less> frames_;
    distinct_rows<module_info, module_less> modules_;
    std::deque<thread_tree> trees_; // mergers refer to them
    std::deque<thread_merger> mergers_;
    std::map<std::string, std::size_t> by_name_;
    bool lost_timeline_ = false;
};

} // namespace detail

/// Frames and modules are the same if all that is known of them is, but for where a module was
/// mapped. Figures add up, `duration_ns` too: it is the time that was profiled, since the clocks of
/// several hosts need not agree and runs may lie days apart; what is shown as a share of it stays
/// right. `recorded_unix_ns` is the earliest, `interval_ns` the longest, `pid` the first;
/// `source_root` is what the roots have in common, `program` and `version` list the different
/// ones. Merged, percentiles of timed scopes become upper bounds, and timelines are left out; both
/// is noted.
///
/// Throws session_error if there is nothing to combine, if a part is inconsistent, or if figures
/// add up to more than a session can hold. Linear, but for looking up frames.
inline session session::combine(const std::vector<session>& parts, combined_threads threads) {
    if (parts.empty())
        throw session_error("scopetree: there are no sessions to combine");
    std::int64_t earliest_ns = parts.front().recorded_unix_ns;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        detail::check_session(parts[i], "session " + std::to_string(i + 1) + " of " +
                                            std::to_string(parts.size()));
        earliest_ns = std::min(earliest_ns, parts[i].recorded_unix_ns);
    }
    detail::session_combiner combiner(threads);
    for (const session& part : parts)
        combiner.add(part, earliest_ns);
    session result = combiner.take(earliest_ns);
    detail::check_session(result, "the combined session");
    return result;
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
