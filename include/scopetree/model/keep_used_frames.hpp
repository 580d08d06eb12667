/// Leaves out the frames that no node refers to.
#ifndef SCOPETREE_MODEL_KEEP_USED_FRAMES_HPP
#define SCOPETREE_MODEL_KEEP_USED_FRAMES_HPP

#include <scopetree/model/session.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The others keep their order. The session's indices must be valid. Linear.
inline void keep_used_frames(session& of) {
    std::vector<std::uint32_t> places(of.frames.size(), no_index);
    for (const thread_tree& thread : of.threads)
        for (const call_node& node : thread.nodes)
            places[node.frame] = 0;
    std::vector<frame> used;
    for (std::size_t i = 0; i < of.frames.size(); ++i)
        if (places[i] != no_index) {
            places[i] = static_cast<std::uint32_t>(used.size());
            used.push_back(std::move(of.frames[i]));
        }
    of.frames = std::move(used);
    for (thread_tree& thread : of.threads)
        for (call_node& node : thread.nodes)
            node.frame = places[node.frame];
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
