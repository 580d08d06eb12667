/// Whether something that is used again and again is still in that use.
#ifndef SCOPETREE_CAPTURE_USE_COUNT_HPP
#define SCOPETREE_CAPTURE_USE_COUNT_HPP

#include <scopetree/config.hpp>

#include <atomic>
#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Counts the uses of a thing, and who holds it in the present one. Thread-safe, lock-free,
/// signal-safe, O(1).
///
/// Both in one word, so that nobody can take hold of a use that is over. 2^32 uses later a number
/// comes again.
class use_count {
public:
    /// Begins the next use, held once. Nobody else may do so meanwhile.
    void begin() noexcept { word_.store(first_hold_of_next(word_), std::memory_order_release); }

    /// Begins the next use, held once, unless somebody holds it.
    bool begin_if_free() noexcept {
        std::uint64_t seen = word_.load(std::memory_order_relaxed);
        return holders_in(seen) == 0 &&
               word_.compare_exchange_strong(seen, first_hold_of_next(seen),
                                             std::memory_order_acq_rel, std::memory_order_relaxed);
    }

    /// Keeps that use from being over. False: it is.
    bool hold(std::uint32_t use) noexcept {
        std::uint64_t seen = word_.load(std::memory_order_acquire);
        do {
            if (number_in(seen) != use || holders_in(seen) == 0)
                return false;
        } while (!word_.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel,
                                              std::memory_order_acquire));
        return true;
    }

    /// The end of a hold. True: it was the last, the use is over.
    bool release() noexcept {
        return holders_in(word_.fetch_sub(1, std::memory_order_acq_rel)) == 1;
    }

    /// Ends the use for those who will never release it, as after a longjmp over what holds it.
    void forget_holders() noexcept {
        word_.fetch_and(~std::uint64_t{0xffff'ffff}, std::memory_order_acq_rel);
    }

    bool is_held(std::uint32_t use) const noexcept {
        const std::uint64_t seen = word_.load(std::memory_order_acquire);
        return number_in(seen) == use && holders_in(seen) != 0;
    }

    /// The number of the present use, or of the last one.
    std::uint32_t number() const noexcept {
        return number_in(word_.load(std::memory_order_acquire));
    }

private:
    static std::uint32_t number_in(std::uint64_t word) noexcept {
        return static_cast<std::uint32_t>(word >> 32);
    }
    static std::uint32_t holders_in(std::uint64_t word) noexcept {
        return static_cast<std::uint32_t>(word);
    }
    static std::uint64_t first_hold_of_next(std::uint64_t word) noexcept {
        return (std::uint64_t{number_in(word)} + 1) << 32 | 1;
    }

    std::atomic<std::uint64_t> word_{0}; ///< the number (upper half), and how many hold it
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
