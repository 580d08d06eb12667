/// Where a thread was, one run after the other, in as much detail as memory allows.
#ifndef SCOPETREE_MODEL_THREAD_TIMELINE_HPP
#define SCOPETREE_MODEL_THREAD_TIMELINE_HPP

#include <scopetree/capture/mapped_memory.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// What the timelines of all threads share: their memory and how fine they are.
struct timeline_budget {
    std::size_t limit = 0;        ///< bytes
    std::size_t used = 0;         ///< bytes; may count what copies took until it is counted anew
    std::int64_t interval_ns = 0; ///< mean time between samples
    std::int64_t shortest_ns = 0; ///< runs shorter than this were merged; 0: none were
    bool full = false;            ///< a timeline found no room: all are to be thinned
    std::uint64_t dropped = 0;    ///< threads that have no timeline any more
    std::uint64_t random = 0x9e3779b97f4a7c15u;

    /// Twice as coarse as before.
    void double_shortest() noexcept { shortest_ns = 2 * std::max(shortest_ns, interval_ns); }
};

/// A run-length record without gaps: a run begins where the one before it ends. Plain data that can
/// be copied. Not thread-safe; never calls malloc, and costs one branch where it is off.
class thread_timeline {
public:
    /// Without padding: that would be a quarter of the memory.
    struct __attribute__((packed, aligned(4))) run {
        std::uint32_t leaf;
        std::int64_t duration_ns;
    };

    /// Starts recording. The budget must stay where it is.
    void begin(timeline_budget& budget) noexcept { budget_ = &budget; }

    bool is_recording() const noexcept { return budget_ != nullptr; }

    /// The thread spent the next `duration_ns` at a leaf. Amortised O(1).
    void add(std::uint32_t leaf, std::int64_t duration_ns) {
        if (budget_ == nullptr || duration_ns <= 0)
            return;
        const run next{leaf, duration_ns};
        if (merge(last_, next))
            return;
        if (make_room())
            blocks_.back().push_back(std::exchange(last_, next));
        else
            join(last_, next);
    }

    /// Merges what has become too short. In place and linear.
    void thin() {
        run kept{0, 0};
        std::size_t block = 0;
        std::size_t at = 0;
        const auto keep = [&](run next) {
            if (merge(kept, next))
                return;
            // Never ahead of what was read: at least one run was read for each that is written.
            blocks_[block][at] = std::exchange(kept, next);
            if (++at == blocks_[block].size()) {
                ++block;
                at = 0;
            }
        };
        for (const mapped_vector<run>& from : blocks_)
            for (const run& each : from)
                keep(each);
        keep(last_);
        last_ = kept;
        if (at > 0)
            blocks_[block++].resize(at);
        blocks_.resize(block);
    }

    /// What it takes of the budget.
    std::size_t bytes() const noexcept {
        return blocks_.empty() ? 0 : first_block_bytes + (blocks_.size() - 1) * block_bytes;
    }

    /// Calls `use(leaf, duration_ns)` for every run, in order.
    template <class Use>
    void for_each_run(Use&& use) const {
        for (const mapped_vector<run>& block : blocks_)
            for (const run each : block)
                use(each.leaf, each.duration_ns);
        if (last_.duration_ns != 0)
            use(last_.leaf, last_.duration_ns);
    }

private:
    /// Threads that only wait should take little.
    static constexpr std::size_t first_block_bytes = 4 * 1024;
    static constexpr std::size_t block_bytes = 16 * 1024;

    /// Makes one run of two if they are at the same leaf, or both too short to stand alone.
    bool merge(run& into, const run& next) noexcept {
        if (into.leaf == next.leaf || into.duration_ns == 0)
            into = {next.leaf, into.duration_ns + next.duration_ns};
        else if (into.duration_ns < budget_->shortest_ns && next.duration_ns < budget_->shortest_ns)
            join(into, next);
        else
            return false;
        return true;
    }

    /// Either leaf may get the time of both, as likely as its share of it is large. So the shares
    /// of what is always short stay what they are; if the longer one always won, nothing would
    /// be left of it.
    void join(run& into, const run& next) noexcept {
        std::uint64_t& random = budget_->random;
        random ^= random << 13; // xorshift64 (Marsaglia 2003)
        random ^= random >> 7;
        random ^= random << 17;
        const std::int64_t both = into.duration_ns + next.duration_ns;
        const auto point = static_cast<std::int64_t>(random % static_cast<std::uint64_t>(both));
        into = {point < next.duration_ns ? next.leaf : into.leaf, both};
    }

    bool make_room() {
        if (!blocks_.empty() && blocks_.back().size() < blocks_.back().capacity())
            return true;
        const std::size_t bytes = blocks_.empty() ? first_block_bytes : block_bytes;
        budget_->full = budget_->full || budget_->used + bytes > budget_->limit;
        if (budget_->full)
            return false;
        budget_->used += bytes;
        blocks_.emplace_back();
        blocks_.back().reserve(bytes / sizeof(run));
        return true;
    }

    timeline_budget* budget_ = nullptr;
    mapped_vector<mapped_vector<run>> blocks_; ///< all but the last are full
    run last_{0, 0};                           ///< still growing
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
