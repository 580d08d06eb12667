/// A hash table from a pair of numbers to a number, in mapped memory.
#ifndef SCOPETREE_MODEL_HASH_INDEX_HPP
#define SCOPETREE_MODEL_HASH_INDEX_HPP

#include <scopetree/capture/mapped_memory.hpp>

#include <cstddef>
#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Open addressing with linear probing, at most half full. std::unordered_map would call malloc,
/// which the sampler must not do while it holds the registry's lock.
class hash_index {
public:
    static constexpr std::uint32_t none = 0xffff'ffffu;

    /// The value for a key, or `none`. O(1).
    std::uint32_t find(std::uint64_t a, std::uint64_t b) const noexcept {
        if (slots_.empty())
            return none;
        return slots_[slot_of(a, b)].value;
    }

    /// Sets the value of a key; `value` is not `none`. Amortised O(1).
    void set(std::uint64_t a, std::uint64_t b, std::uint32_t value) {
        if (2 * (count_ + 1) > slots_.size())
            grow();
        slot& at = slots_[slot_of(a, b)];
        count_ += at.value == none ? 1u : 0u;
        at = {a, b, value};
    }

    /// Drops every key for whose value `drop(value)` holds. O(n).
    template <class Drop>
    void erase_if(Drop&& drop) {
        mapped_vector<slot> old(slots_.size());
        old.swap(slots_);
        count_ = 0;
        for (const slot& entry : old)
            if (entry.value != none && !drop(entry.value))
                set(entry.a, entry.b, entry.value);
    }

private:
    struct slot {
        std::uint64_t a = 0;
        std::uint64_t b = 0;
        std::uint32_t value = none;
    };

    std::size_t slot_of(std::uint64_t a, std::uint64_t b) const noexcept {
        std::uint64_t hash = (a ^ (b << 32 | b >> 32)) * 0x9e3779b97f4a7c15u;
        hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93u;
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = (hash ^ (hash >> 32)) & mask;
        while (slots_[at].value != none && (slots_[at].a != a || slots_[at].b != b))
            at = (at + 1) & mask;
        return at;
    }

    void grow() {
        mapped_vector<slot> old(slots_.empty() ? 256 : 2 * slots_.size());
        old.swap(slots_);
        for (const slot& entry : old)
            if (entry.value != none)
                slots_[slot_of(entry.a, entry.b)] = entry;
    }

    std::size_t count_ = 0;
    mapped_vector<slot> slots_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
