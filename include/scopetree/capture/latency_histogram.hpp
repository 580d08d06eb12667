/// How long requests took: a histogram of fixed size that any thread may add to.
#ifndef SCOPETREE_CAPTURE_LATENCY_HISTOGRAM_HPP
#define SCOPETREE_CAPTURE_LATENCY_HISTOGRAM_HPP

#include <scopetree/config.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Durations in nanoseconds, in buckets that are exact up to 32 and then 32 to an octave: their
/// middle is at most 1/64 off, 1.6 %. What took longer than 2.4 hours counts as that.
///
/// add() is lock-free and may be called by any number of threads; readers see what has been added
/// before, and may miss what is being added.
class latency_histogram {
public:
    void add(std::int64_t duration_ns) noexcept {
        buckets_[bucket_of(duration_ns)].fetch_add(1, std::memory_order_relaxed);
    }

    void clear() noexcept {
        for (auto& bucket : buckets_)
            bucket.store(0, std::memory_order_relaxed);
    }

    /// How many durations were added. O(buckets).
    std::uint64_t count() const noexcept {
        std::uint64_t total = 0;
        for (const auto& bucket : buckets_)
            total += bucket.load(std::memory_order_relaxed);
        return total;
    }

    /// The duration that a share (0 … 1) of all did not exceed, by nearest rank; 0 if there are
    /// none. O(buckets).
    std::int64_t quantile(double share) const noexcept {
        const std::uint64_t total = count();
        const auto rank = std::max<std::uint64_t>(
            static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total))), 1);
        std::uint64_t seen = 0;
        for (std::uint32_t i = 0; i < bucket_count; ++i) {
            seen += buckets_[i].load(std::memory_order_relaxed);
            if (seen >= rank)
                return middle_of(i);
        }
        return 0;
    }

    static constexpr std::int64_t longest_ns = (std::int64_t{1} << 43) - 1;

private:
    static constexpr std::uint32_t bucket_count = 32 * 39;

    /// A duration's leading six bits.
    static std::uint32_t bucket_of(std::int64_t duration_ns) noexcept {
        const auto value =
            static_cast<std::uint64_t>(std::clamp<std::int64_t>(duration_ns, 0, longest_ns));
        if (value < 32)
            return static_cast<std::uint32_t>(value);
        const auto octave = static_cast<std::uint32_t>(58 - __builtin_clzll(value));
        return 32 * octave + static_cast<std::uint32_t>(value >> octave);
    }

    static std::int64_t middle_of(std::uint32_t bucket) noexcept {
        const std::uint32_t octave = bucket < 64 ? 0 : bucket / 32 - 1;
        const std::uint64_t low = (std::uint64_t{bucket} - 32 * octave) << octave;
        return static_cast<std::int64_t>(low + ((std::uint64_t{1} << octave) >> 1));
    }

    std::atomic<std::uint32_t> buckets_[bucket_count] = {};
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
