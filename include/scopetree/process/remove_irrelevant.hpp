/// Takes out what took too little time to matter.
#ifndef SCOPETREE_PROCESS_REMOVE_IRRELEVANT_HPP
#define SCOPETREE_PROCESS_REMOVE_IRRELEVANT_HPP

#include <scopetree/process/view_tree.hpp>

#include <cstdint>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// What is shown has at least so much time, where `threshold` (0.01: 1 %) is a share of the root's.
inline double least_relevant_time(std::int64_t root_time, double threshold) {
    // 0.07 * 100 is a little more than 7, which must not take out exactly 7 %.
    return static_cast<double>(root_time) * threshold * (1 - 1e-12);
}

/// Takes out every child with less than `threshold` (0.01: 1 %) of the root's time, and what is
/// below it; exactly that much stays. The time becomes the parent's `absorbed`. Linear.
inline void remove_irrelevant(view_tree& tree, double threshold) {
    const double least = least_relevant_time(tree.root().time, threshold);
    std::vector<std::uint32_t> kept;
    visit_preorder(tree, [&](std::uint32_t node) {
        kept.clear();
        for (const std::uint32_t child : tree.children_of(node)) {
            if (static_cast<double>(tree.nodes[child].time) < least)
                tree.absorb(node, child);
            else
                kept.push_back(child);
        }
        tree.set_children(node, kept);
    });
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
