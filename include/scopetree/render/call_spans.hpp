/// Calls as stretches of time that lie within each other.
#ifndef SCOPETREE_RENDER_CALL_SPANS_HPP
#define SCOPETREE_RENDER_CALL_SPANS_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/process/build_view.hpp>
#include <scopetree/render/call_order.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Spans stand in the order of their start, outer ones first; two of them are apart or one lies
/// within the other. None is of no length.
struct call_span {
    std::uint32_t node = no_index; ///< the thread's root only where there was no call at all
    std::int64_t start_ns = 0;
    std::int64_t duration_ns = 0;

    std::int64_t end_ns() const { return start_ns + duration_ns; }
};

/// Every node once: side by side, not when it happened. Those with most time come first, a node's
/// own time last. Linear.
inline std::vector<call_span> spans_by_weight(const call_order& order) {
    std::vector<call_span> spans;
    std::int64_t now = 0;
    order.visit(
        [&](std::uint32_t node) {
            if (node != 0)
                spans.push_back({node, now, order.total(node)});
        },
        [&](std::uint32_t node) {
            if (node == 0 && order.own(node) > 0)
                spans.push_back({node, now, order.own(node)});
            now += order.own(node);
        });
    return spans;
}

/// What a timeline tells: a call lasts as long as every run is at it or below it. See
/// spans_in_time.
class timeline_spans {
public:
    explicit timeline_spans(const thread_tree& thread) : nodes_(thread.nodes) {
        depths_.resize(nodes_.size());
        for (std::size_t i = 1; i < nodes_.size(); ++i)
            depths_[i] = depths_[nodes_[i].parent] + 1;
        std::int64_t end = 0;
        for (const timeline_run& run : thread.timeline) {
            if (run.duration_ns == 0)
                continue;
            if (run.start_ns != end)
                close(0, end);
            go_to(run.node, run.start_ns);
            end = run.start_ns + run.duration_ns;
        }
        close(0, end);
    }

    std::vector<call_span> spans;

private:
    /// A root is open only by itself; of all others, a node of depth d is the d-th.
    bool is_open(std::uint32_t node) const {
        const std::size_t depth = node == 0 ? 1 : depths_[node];
        return depth <= open_.size() && spans[open_[depth - 1]].node == node;
    }

    void go_to(std::uint32_t node, std::int64_t now) {
        path_.clear();
        while (!is_open(node)) {
            path_.push_back(node);
            if (node == 0 || nodes_[node].parent == 0)
                break;
            node = nodes_[node].parent;
        }
        close(is_open(node) ? (node == 0 ? 1 : depths_[node]) : 0, now);
        for (std::size_t i = path_.size(); i-- > 0;) {
            open_.push_back(spans.size());
            spans.push_back({path_[i], now, 0});
        }
    }

    void close(std::size_t depth, std::int64_t now) {
        for (; open_.size() > depth; open_.pop_back())
            spans[open_.back()].duration_ns = now - spans[open_.back()].start_ns;
    }

    const std::vector<call_node>& nodes_;
    std::vector<std::uint32_t> depths_; // by node
    std::vector<std::size_t> open_;     // spans, outermost first
    std::vector<std::uint32_t> path_;   // to be opened, innermost first
};

/// The calls of a thread's timeline, since the session began. Linear in the spans and the tree.
/// Throws std::invalid_argument if the thread is inconsistent.
inline std::vector<call_span> spans_in_time(const session& source, const thread_tree& thread) {
    check_thread(source, thread);
    check_timeline(thread);
    return std::move(timeline_spans(thread).spans);
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
