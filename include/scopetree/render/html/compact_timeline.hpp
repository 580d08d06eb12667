/// A thread's timeline as the page holds it.
#ifndef SCOPETREE_RENDER_HTML_COMPACT_TIMELINE_HPP
#define SCOPETREE_RENDER_HTML_COMPACT_TIMELINE_HPP

#include <scopetree/render/html/compact_tree.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

inline void append_run(std::vector<timeline_run>& runs, std::uint32_t node, std::int64_t start_ns,
                       std::int64_t duration_ns) {
    if (!runs.empty() && runs.back().node == node &&
        runs.back().start_ns + runs.back().duration_ns == start_ns)
        runs.back().duration_ns += duration_ns;
    else
        runs.push_back({node, start_ns, duration_ns});
}

/// The thread's runs at the nodes of `tree`; neighbours at one node are one run.
inline std::vector<timeline_run> compact_timeline(const compact_tree& tree) {
    std::vector<timeline_run> runs;
    for (const timeline_run& run : tree.thread->timeline) {
        if (run.node < tree.place.size() && run.duration_ns > 0)
            append_run(runs, tree.place[run.node], run.start_ns, run.duration_ns);
    }
    return runs;
}

/// At most about `most` runs: those that are met in the middle of as many equal stretches of time,
/// each of which it then takes whole. No place is favoured, whatever the length of its runs.
/// Linear.
inline std::vector<timeline_run> thin_out(const std::vector<timeline_run>& runs, std::size_t most) {
    if (runs.size() <= most)
        return runs;
    const std::int64_t begin = runs.front().start_ns;
    const std::int64_t end = runs.back().start_ns + runs.back().duration_ns;
    const std::int64_t step = std::max<std::int64_t>(
        1, (end - begin) / static_cast<std::int64_t>(std::max<std::size_t>(most, 1)) + 1);
    std::vector<timeline_run> kept;
    auto run = runs.begin();
    for (std::int64_t start = begin; start < end; start += step) {
        const std::int64_t middle = start + step / 2;
        while (run != runs.end() && run->start_ns + run->duration_ns <= middle)
            ++run;
        if (run != runs.end() && run->start_ns <= middle)
            append_run(kept, run->node, start, std::min(step, end - start));
    }
    return kept;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
