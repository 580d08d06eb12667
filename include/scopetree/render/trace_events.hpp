/// A session as trace events, for https://ui.perfetto.dev and chrome://tracing.
#ifndef SCOPETREE_RENDER_TRACE_EVENTS_HPP
#define SCOPETREE_RENDER_TRACE_EVENTS_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/options.hpp>
#include <scopetree/render/call_order.hpp>
#include <scopetree/render/call_spans.hpp>
#include <scopetree/render/json_writer.hpp>
#include <scopetree/render/text_numbers.hpp>
#include <scopetree/render/text_threads.hpp>

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

struct trace_events_options {
    report_clock clock = report_clock::wall; ///< `both` counts as wall: an event has one duration
};

namespace detail {

class trace_event_writer {
public:
    trace_event_writer(std::ostream& stream, const session& source,
                       const trace_events_options& chosen)
        : out_(stream), source_(source), chosen_(chosen) {
        for (const frame& f : source.frames)
            names_.push_back(json_text(f.name));
    }

    void write() {
        out_.open_object();
        out_.key("otherData");
        out_.open_object();
        out_.member("program", source_.program);
        out_.member("version", "scopetree " + source_.version);
        out_.close_object();
        out_.end_line();
        out_.key("traceEvents");
        out_.open_array();
        write_metadata("process_name", 0, "name", source_.program);
        std::size_t position = 0;
        for (const thread_tree* thread : ordered_threads(source_)) {
            const std::int64_t tid = own_tid(*thread);
            write_metadata("thread_name", tid, "name", name_of_thread(*thread));
            write_metadata("thread_sort_index", tid, "sort_index", position++);
            write_thread(*thread, tid);
        }
        out_.end_line();
        out_.close_array();
        out_.close_object();
        out_.finish();
    }

private:
    /// In a session of several processes two threads may have the same number; in one row they
    /// would overlap.
    std::int64_t own_tid(const thread_tree& thread) {
        std::int64_t tid = thread.tid;
        while (!used_.insert(tid).second)
            ++tid;
        return tid;
    }

    template <class Value>
    void write_metadata(const char* name, std::int64_t tid, const char* what, const Value& value) {
        open_event("M", tid);
        out_.member("name", name);
        out_.key("args");
        out_.open_object();
        out_.member(what, value);
        out_.close_object();
        out_.close_object();
    }

    void open_event(const char* phase, std::int64_t tid) {
        out_.end_line();
        out_.open_object();
        out_.member("ph", phase);
        out_.member("pid", source_.pid);
        out_.member("tid", tid);
    }

    void write_thread(const thread_tree& thread, std::int64_t tid) {
        const bool in_time = chosen_.clock != report_clock::cpu && !thread.timeline.empty();
        const std::vector<call_span> spans =
            in_time ? spans_in_time(source_, thread)
                    : spans_by_weight(call_order(source_, thread, chosen_.clock));
        for (const call_span& span : spans) {
            const std::uint32_t frame = thread.nodes[span.node].frame;
            open_event("X", tid);
            out_.key("ts");
            out_.json(microseconds(span.start_ns));
            out_.key("dur");
            out_.json(microseconds(span.duration_ns));
            out_.member("cat", category_of(source_.frames[frame].kind));
            out_.key("name");
            out_.json(names_[frame]);
            out_.close_object();
        }
    }

    /// Exact: a child's end that was rounded could stick out of its parent.
    static std::string microseconds(std::int64_t ns) {
        return fixed_point(static_cast<std::uint64_t>(ns), 3);
    }

    static std::string_view category_of(frame_kind kind) {
        switch (kind) {
        case frame_kind::scope:
        case frame_kind::timed_scope:
            return "scope";
        case frame_kind::synthetic:
            return "marker";
        case frame_kind::function:
            break;
        }
        return "function";
    }

    json_writer out_;
    const session& source_;
    const trace_events_options& chosen_;
    std::vector<std::string> names_; // by frame
    std::set<std::int64_t> used_;    // as numbers of threads
};

} // namespace detail

/// Writes the session in the Trace Event Format: a row for every thread, an event for every call.
///
/// A thread with a timeline is shown in time, since the session began. Any other, and all of them
/// with the CPU clock, which has no timeline, is shown as one flame graph: calls are as long as all
/// their time, those with most of it stand first, and where they stand tells nothing about when
/// they happened. All frames are there; processors do not apply. Times are microseconds with three
/// decimals, and no event sticks out of the one around it. Bytes that are not UTF-8 become U+FFFD.
/// Throws std::invalid_argument if the session is inconsistent. Linear, but for sorting. Any
/// threads may write the same session at once.
inline void write_trace_events(std::ostream& stream, const session& source,
                               const trace_events_options& chosen = {}) {
    detail::trace_event_writer(stream, source, chosen).write();
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
