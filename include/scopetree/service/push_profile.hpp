/// A window of a run as the server takes it.
#ifndef SCOPETREE_SERVICE_PUSH_PROFILE_HPP
#define SCOPETREE_SERVICE_PUSH_PROFILE_HPP

#include <scopetree/model/keep_used_frames.hpp>
#include <scopetree/render/pprof.hpp>
#include <scopetree/render/text_numbers.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// What a server takes at most: the limits that Grafana Pyroscope has unless told otherwise.
struct push_limits {
    std::size_t samples = 16'000;
    std::size_t bytes = 4 * 1024 * 1024; ///< before compression
};

/// A profile on its way.
struct push_profile {
    std::string body; ///< gzipped pprof
    std::int64_t from_unix_ns = 0;
    std::int64_t until_unix_ns = 0;
    std::int64_t interval_ns = 0;
    bool thinned = false; ///< short places were added to their callers

    std::size_t size() const { return sizeof *this + body.size(); }
};

/// Adds every subtree that took less than `shortest_ns` (by both clocks) to the place above it.
inline void fold_short_places(thread_tree& thread, std::int64_t shortest_ns) {
    std::vector<call_node>& nodes = thread.nodes;
    std::vector<std::int64_t> wall(nodes.size()), cpu(nodes.size());
    for (std::size_t i = nodes.size(); i-- > 0;) {
        wall[i] += nodes[i].wall_ns;
        cpu[i] += nodes[i].cpu_ns;
        if (i != 0) {
            wall[nodes[i].parent] += wall[i];
            cpu[nodes[i].parent] += cpu[i];
        }
    }
    std::vector<std::uint32_t> places(nodes.size());
    std::vector<call_node> kept;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        call_node node = nodes[i];
        if (i != 0)
            node.parent = places[node.parent];
        if (i == 0 || wall[i] >= shortest_ns || cpu[i] >= shortest_ns) {
            places[i] = static_cast<std::uint32_t>(kept.size());
            kept.push_back(node);
            continue;
        }
        places[i] = node.parent;
        call_node& above = kept[node.parent];
        above.wall_ns += node.wall_ns;
        above.cpu_ns += node.cpu_ns;
        above.samples += node.samples;
    }
    nodes = std::move(kept);
    thread.timeline.clear();
}

/// The samples that pprof would write.
inline std::size_t count_samples(const session& of) {
    std::size_t count = 0;
    for (const thread_tree& thread : of.threads)
        count += static_cast<std::size_t>(
            std::count_if(thread.nodes.begin(), thread.nodes.end(), [](const call_node& node) {
                return node.wall_ns != 0 || node.cpu_ns != 0 || node.samples != 0;
            }));
    return count;
}

/// What the end of a gzip file says (modulo 2^32).
inline std::size_t unpacked_size(const std::string& gzipped) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i)
        size = size << 8 | static_cast<unsigned char>(gzipped[gzipped.size() - 1 - i]);
    return size;
}

inline std::string packed_pprof(const session& window) {
    std::ostringstream stream;
    write_pprof(stream, window);
    return stream.str();
}

/// A window that is too much for the server loses its shortest places, whose time their callers
/// get; a comment in the profile says so. Linear, times the logarithm of how much it is too much.
inline push_profile make_push_profile(const session& window, const push_limits& limits = {}) {
    push_profile result;
    result.from_unix_ns = window.recorded_unix_ns;
    result.until_unix_ns = window.recorded_unix_ns + window.duration_ns;
    result.interval_ns = window.interval_ns;
    const auto fits = [&](const session& tried) {
        if (count_samples(tried) > limits.samples)
            return false;
        result.body = packed_pprof(tried);
        return unpacked_size(result.body) <= limits.bytes;
    };
    if (fits(window))
        return result;
    result.thinned = true;
    std::int64_t longest = 0;
    for (const thread_tree& thread : window.threads)
        longest = std::max({longest, thread.wall_ns, thread.cpu_ns});
    std::int64_t shortest = longest / 65'536 + 1;
    for (;; shortest *= 2) {
        session thinner = window;
        for (thread_tree& thread : thinner.threads)
            fold_short_places(thread, shortest);
        thinner.notes.push_back("Too much for one push: places that took less than " +
                                format_round_duration(static_cast<double>(shortest), false) +
                                " were added to their callers.");
        keep_used_frames(thinner);
        if (fits(thinner))
            return result;
        if (shortest > longest) { // nothing but threads: whether they are too many is the server's
            result.body = packed_pprof(thinner);
            return result;
        }
    }
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
