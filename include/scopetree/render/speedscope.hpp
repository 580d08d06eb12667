/// A session as a file that https://www.speedscope.app shows.
#ifndef SCOPETREE_RENDER_SPEEDSCOPE_HPP
#define SCOPETREE_RENDER_SPEEDSCOPE_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/options.hpp>
#include <scopetree/process/frame_identity.hpp>
#include <scopetree/render/call_order.hpp>
#include <scopetree/render/call_spans.hpp>
#include <scopetree/render/json_writer.hpp>
#include <scopetree/render/text_threads.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

struct speedscope_options {
    report_clock clock = report_clock::wall; ///< `both` counts as wall: a profile has one clock
    bool timeline = false; ///< calls in the order in which they happened; always of the wall clock
};

namespace detail {

class speedscope_writer {
public:
    speedscope_writer(std::ostream& stream, const session& source, const speedscope_options& chosen)
        : out_(stream), source_(source), chosen_(chosen) {}

    void write() {
        out_.open_object();
        out_.member("$schema", "https://www.speedscope.app/file-format-schema.json");
        out_.member("exporter", "scopetree " + source_.version);
        out_.member("name", source_.program);
        out_.member("activeProfileIndex", 0);
        out_.end_line();
        write_frames();
        out_.end_line();
        out_.key("profiles");
        out_.open_array();
        for (const thread_tree* thread : ordered_threads(source_)) {
            if (chosen_.timeline && !thread->timeline.empty())
                write_evented(*thread);
            else
                write_sampled(*thread);
        }
        if (source_.threads.empty()) // without any profile the page would only say that it failed
            write_empty();
        out_.end_line();
        out_.close_array();
        out_.close_object();
        out_.finish();
    }

private:
    /// Frames that are the same function or scope are one here.
    void write_frames() {
        const std::vector<std::uint32_t> identities = frame_identities(source_);
        std::vector<std::uint32_t> numbers(identities.size(), no_index);
        std::uint32_t count = 0;
        out_.key("shared");
        out_.open_object();
        out_.key("frames");
        out_.open_array();
        for (std::size_t i = 0; i < identities.size(); ++i) {
            std::uint32_t& number = numbers[identities[i]];
            if (number == no_index) {
                number = count++;
                write_frame(source_.frames[i]);
            }
            frame_numbers_.push_back(std::to_string(number));
        }
        out_.end_line();
        out_.close_array();
        out_.close_object();
    }

    void write_frame(const frame& f) {
        out_.end_line();
        out_.open_object();
        out_.member("name", f.name);
        if (!f.file.empty())
            out_.member("file", f.file);
        if (!f.file.empty() && f.line != 0)
            out_.member("line", f.line);
        out_.close_object();
    }

    void open_profile(const std::string& name, const char* type, std::int64_t end) {
        out_.end_line();
        out_.open_object();
        out_.member("type", type);
        out_.member("name", name);
        out_.member("unit", "nanoseconds");
        out_.member("startValue", 0);
        out_.member("endValue", end);
        out_.end_line();
    }

    /// A stack for every place with time of its own, side by side so that calls hang together. The
    /// thread itself is a frame only where there is no other.
    void write_sampled(const thread_tree& thread) {
        const call_order order(source_, thread, chosen_.clock);
        std::vector<std::int64_t> weights;
        std::vector<std::uint32_t> path;
        const std::int64_t total = thread.nodes.empty() ? 0 : order.total(0);
        open_profile(name_of_thread(thread), "sampled", total);
        out_.key("samples");
        out_.open_array();
        order.visit([&](std::uint32_t node) { path.push_back(thread.nodes[node].frame); },
                    [&](std::uint32_t node) {
                        if (order.own(node) > 0) {
                            write_stack(path);
                            weights.push_back(order.own(node));
                        }
                        path.pop_back();
                    });
        out_.close_array();
        out_.end_line();
        out_.key("weights");
        out_.open_array();
        for (const std::int64_t weight : weights)
            out_.value(weight);
        out_.close_array();
        out_.close_object();
    }

    void write_stack(const std::vector<std::uint32_t>& path) {
        out_.open_array();
        for (std::size_t i = path.size() == 1 ? 0 : 1; i < path.size(); ++i)
            out_.json(frame_numbers_[path[i]]);
        out_.close_array();
    }

    void write_empty() {
        open_profile("no threads", "sampled", 0);
        for (const char* const list : {"samples", "weights"}) {
            out_.key(list);
            out_.open_array();
            out_.close_array();
        }
        out_.close_object();
    }

    void write_evented(const thread_tree& thread) {
        const std::vector<call_span> spans = spans_in_time(source_, thread);
        const timeline_run& last = thread.timeline.back();
        open_profile(name_of_thread(thread), "evented",
                     std::max(source_.duration_ns, last.start_ns + last.duration_ns));
        out_.key("events");
        out_.open_array();
        std::vector<const call_span*> open;
        const auto close = [&] {
            write_event("C", thread.nodes[open.back()->node].frame, open.back()->end_ns());
            open.pop_back();
        };
        for (const call_span& span : spans) {
            while (!open.empty() && open.back()->end_ns() <= span.start_ns)
                close();
            write_event("O", thread.nodes[span.node].frame, span.start_ns);
            open.push_back(&span);
        }
        while (!open.empty())
            close();
        out_.close_array();
        out_.close_object();
    }

    void write_event(const char* type, std::uint32_t frame, std::int64_t at) {
        out_.open_object();
        out_.member("type", type);
        out_.key("frame");
        out_.json(frame_numbers_[frame]);
        out_.member("at", at);
        out_.close_object();
    }

    json_writer out_;
    const session& source_;
    const speedscope_options& chosen_;
    std::vector<std::string> frame_numbers_; // by frame: its index in the file
};

} // namespace detail

/// Writes the session as speedscope's JSON: a profile for every thread, times in nanoseconds.
///
/// All frames are there; processors do not apply. With `timeline`, threads that have one are
/// written as events, the others as sums; std::invalid_argument is thrown if none has one, or if
/// the session is inconsistent. Bytes that are not UTF-8 become U+FFFD. Linear in what is written,
/// which for sums are whole stacks, but for sorting. Any threads may write the same session at
/// once.
inline void write_speedscope(std::ostream& stream, const session& source,
                             const speedscope_options& chosen = {}) {
    const auto has_timeline = [](const thread_tree& thread) { return !thread.timeline.empty(); };
    if (chosen.timeline && std::none_of(source.threads.begin(), source.threads.end(), has_timeline))
        throw std::invalid_argument("scopetree: this session has no timeline: the order in time of "
                                    "its samples was not recorded");
    detail::speedscope_writer(stream, source, chosen).write();
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
