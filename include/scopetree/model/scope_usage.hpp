/// How often the scopes of a thread were entered during a run.
#ifndef SCOPETREE_MODEL_SCOPE_USAGE_HPP
#define SCOPETREE_MODEL_SCOPE_USAGE_HPP

#include <scopetree/capture/scope_table.hpp>
#include <scopetree/model/hash_index.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The next node in depth-first order below `root`, or null.
inline scope_node* next_node(const scope_node& root, scope_node* at) noexcept {
    if (scope_node* const child = __atomic_load_n(&at->first_child, __ATOMIC_ACQUIRE))
        return child;
    while (at != &root && at->next_sibling == nullptr)
        at = at->parent;
    return at == &root ? nullptr : at->next_sibling;
}

/// Exact counts and durations by scope node. Never calls malloc.
class scope_usage {
public:
    struct count {
        const scope_node* node;
        std::uint64_t calls;
        std::uint32_t timing; ///< index into timings(), or -1
        std::uint64_t awaited_ns;
    };

    /// From now on counts start at zero for the thread whose scopes are under `root`.
    static void begin(scope_node& root) noexcept {
        for (scope_node* node = &root; node != nullptr; node = next_node(root, node))
            node->calls_before = __atomic_load_n(&node->calls, __ATOMIC_RELAXED);
    }

    /// Adds what was counted under `root` since `begin`; durations of this `epoch`. The thread may
    /// go on entering scopes meanwhile.
    void add(scope_node& root, std::uint64_t epoch) {
        for (scope_node* node = &root; node != nullptr; node = next_node(root, node)) {
            const std::uint64_t calls =
                __atomic_load_n(&node->calls, __ATOMIC_RELAXED) - node->calls_before;
            if (calls == 0)
                continue;
            const scope_timing* const timing = node->timing;
            const bool timed =
                timing != nullptr && __atomic_load_n(&timing->epoch, __ATOMIC_ACQUIRE) == epoch;
            add(node, calls, timed ? timing : nullptr);
        }
    }

    void merge(const scope_usage& other) {
        for (const count& from : other.counts_)
            add(from.node, from.calls,
                from.timing == hash_index::none ? nullptr : &other.timings_[from.timing],
                from.awaited_ns);
    }

    const mapped_vector<count>& counts() const noexcept { return counts_; }
    const mapped_vector<scope_timing>& timings() const noexcept { return timings_; }

    /// Adds to a node; `timing` may be null. Requests waited so long in it.
    void add(const scope_node* node, std::uint64_t calls, const scope_timing* timing,
             std::uint64_t awaited_ns = 0) {
        const auto key = reinterpret_cast<std::uintptr_t>(node);
        std::uint32_t at = index_.find(key, 0);
        if (at == hash_index::none) {
            at = static_cast<std::uint32_t>(counts_.size());
            counts_.push_back({node, 0, hash_index::none, 0});
            index_.set(key, 0, at);
        }
        counts_[at].calls += calls;
        counts_[at].awaited_ns += awaited_ns;
        if (timing == nullptr)
            return;
        if (counts_[at].timing == hash_index::none) {
            counts_[at].timing = static_cast<std::uint32_t>(timings_.size());
            timings_.push_back({0, 0, UINT64_MAX, 0, scope_timing::bucket_count, {}});
        }
        add(timings_[counts_[at].timing], *timing);
    }

private:
    static void add(scope_timing& to, const scope_timing& from) noexcept {
        to.total += __atomic_load_n(&from.total, __ATOMIC_RELAXED);
        to.min = std::min(to.min, __atomic_load_n(&from.min, __ATOMIC_RELAXED));
        to.max = std::max(to.max, __atomic_load_n(&from.max, __ATOMIC_RELAXED));
        for (std::uint32_t i = 0; i < scope_timing::bucket_count; ++i)
            to.buckets[i] += from.count_in(i);
    }

    mapped_vector<count> counts_;
    mapped_vector<scope_timing> timings_;
    hash_index index_;
};

/// The duration in ticks that a share (0 … 1) of a timed scope's passes did not exceed, to within
/// half a bucket (3 %). 0 if there were none.
inline std::uint64_t timing_quantile(const scope_timing& timing, double share) noexcept {
    std::uint64_t total = 0;
    for (std::uint32_t i = 0; i < scope_timing::bucket_count; ++i)
        total += timing.count_in(i);
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total));
    std::uint64_t seen = 0;
    for (std::uint32_t i = 0; i < scope_timing::bucket_count; ++i) {
        seen += timing.count_in(i);
        if (seen <= wanted)
            continue;
        const std::uint32_t octave = i < 32 ? 0 : i / 16 - 1;
        const std::uint64_t low = (std::uint64_t{i} - 16 * octave) << octave;
        const std::uint64_t middle = low + ((std::uint64_t{1} << octave) >> 1);
        return std::clamp(middle, timing.min, std::max(timing.min, timing.max));
    }
    return timing.max;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
