/// A thread's calls with all that they took, in the order in which viewers like to see them.
#ifndef SCOPETREE_RENDER_CALL_ORDER_HPP
#define SCOPETREE_RENDER_CALL_ORDER_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/options.hpp>
#include <scopetree/process/build_view.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The nodes of a thread's tree, untouched by processors. `both` clocks count as wall. n log n.
class call_order {
public:
    /// Throws std::invalid_argument if an index of a node is wrong.
    call_order(const session& source, const thread_tree& thread, report_clock clock) {
        check_thread(source, thread);
        const std::vector<call_node>& nodes = thread.nodes;
        own_.reserve(nodes.size());
        for (const call_node& node : nodes)
            own_.push_back(clock == report_clock::cpu ? node.cpu_ns : node.wall_ns);
        total_ = own_;
        first_.assign(nodes.size() + 1, 0);
        for (std::size_t i = nodes.size(); i-- > 1;) {
            total_[nodes[i].parent] += total_[i];
            ++first_[nodes[i].parent + 1];
        }
        for (std::size_t i = 1; i < first_.size(); ++i)
            first_[i] += first_[i - 1];
        children_.resize(nodes.empty() ? 0 : nodes.size() - 1);
        std::vector<std::uint32_t> next(first_);
        for (std::uint32_t i = 1; i < nodes.size(); ++i)
            children_[next[nodes[i].parent]++] = i;
        for (std::size_t i = 0; i < nodes.size(); ++i)
            std::stable_sort(
                children_.begin() + first_[i], children_.begin() + first_[i + 1],
                [&](std::uint32_t a, std::uint32_t b) { return total_[a] > total_[b]; });
    }

    /// The node's own time, in nanoseconds.
    std::int64_t own(std::uint32_t node) const { return own_[node]; }
    /// That of the whole subtree.
    std::int64_t total(std::uint32_t node) const { return total_[node]; }

    /// Calls `enter(node)` before and `leave(node)` behind the node's children, those with most
    /// time first. Nodes without time, of their own or below them, are passed over.
    template <class Enter, class Leave>
    void visit(Enter&& enter, Leave&& leave) const {
        struct level {
            std::uint32_t node;
            std::uint32_t next; // in children_
        };
        std::vector<level> open;
        const auto go_to = [&](std::uint32_t node) {
            if (total_[node] <= 0)
                return;
            enter(node);
            open.push_back({node, first_[node]});
        };
        if (!own_.empty())
            go_to(0);
        while (!open.empty()) {
            level& current = open.back();
            if (current.next != first_[current.node + 1]) {
                go_to(children_[current.next++]);
            } else {
                leave(current.node);
                open.pop_back();
            }
        }
    }

private:
    std::vector<std::int64_t> own_;
    std::vector<std::int64_t> total_;
    std::vector<std::uint32_t> first_; // by node, and one more: where its children begin
    std::vector<std::uint32_t> children_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
