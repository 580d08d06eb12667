/// One snapshot of a thread, and the ring that carries snapshots out of the signal handler.
#ifndef SCOPETREE_CAPTURE_SAMPLE_HPP
#define SCOPETREE_CAPTURE_SAMPLE_HPP

#include <scopetree/capture/mapped_memory.hpp>
#include <scopetree/scope.hpp>

#include <atomic>
#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// How much of a stack a sample holds.
enum class stack_extent : std::uint8_t {
    complete,
    truncated, ///< the outer frames are missing
    unwinding, ///< taken inside the unwinder: the program counter only
    none       ///< no stack could be taken: the scopes, and the program counter at most
};

namespace detail {

using namespace scopes;

struct request_context;

/// Which request a thread serves, and how far it has come in it.
struct request_place {
    request_context* context = nullptr; ///< null: none, and the rest means nothing
    std::uint32_t generation = 0;       ///< tells it from others in the same context
    const scope_node* scope = nullptr;  ///< in the context's own tree
    const void* pc = nullptr;           ///< in the function that said which request it is
};

/// A snapshot as the handler takes it. In a ring the program counters follow it.
struct sample {
    std::int64_t time_ns = 0;          ///< monotonic, when the handler began
    std::int64_t cpu_ns = -1;          ///< the thread's CPU clock when the handler ended, or -1
    std::int64_t handler_ns = 0;       ///< what the handler took
    const scope_node* scope = nullptr; ///< outside of the request, if there is one
    request_place request;
    const std::uintptr_t* pcs = nullptr; ///< innermost first; the first is the interrupted one
    std::uint32_t count = 0;
    stack_extent extent = stack_extent::complete;
    bool in_kernel = false;   ///< interrupted at a system call
    bool interrupted = false; ///< which was waiting, or about to
};

/// A ring of samples of varying length: one producer, the signal handler on the thread itself; one
/// consumer, whoever holds the registry's lock. Never blocks, never allocates once opened.
class sample_ring {
public:
    static constexpr std::uint32_t word_count = 8192;
    static constexpr std::uint32_t header_words = sizeof(sample) / sizeof(std::uintptr_t);

    /// Room for so many always fits into an empty ring, wherever in it the next sample begins.
    static constexpr std::uint32_t max_pcs = word_count / 2 - 1 - header_words;

    /// False when the kernel has no memory for it. Not signal-safe.
    bool open() noexcept {
        if (words_ == nullptr)
            words_ = static_cast<std::uintptr_t*>(map_pages(word_count * sizeof(std::uintptr_t)));
        return words_ != nullptr;
    }

    /// Room for a sample of up to `pc_count` program counters: where to write those, or null when
    /// the ring is full. Signal-safe.
    std::uintptr_t* reserve(std::uint32_t pc_count) noexcept {
        const std::uint32_t needed = 1 + header_words + pc_count;
        const std::uint32_t head = head_.load(std::memory_order_relaxed);
        const std::uint32_t used = head - tail_.load(std::memory_order_acquire);
        const std::uint32_t at = head % word_count;
        // A sample is contiguous: what is left at the end is skipped when it is too short.
        const std::uint32_t skipped = word_count - at < needed ? word_count - at : 0;
        if (used + skipped + needed > word_count) {
            dropped_.fetch_add(1, std::memory_order_relaxed);
            return nullptr;
        }
        if (skipped != 0)
            words_[at] = 0;
        reserved_ = head + skipped;
        return words_ + reserved_ % word_count + 1 + header_words;
    }

    /// Makes the reserved sample, with `taken.count` program counters, visible. Signal-safe.
    void commit(const sample& taken) noexcept {
        std::uintptr_t* const at = words_ + reserved_ % word_count;
        at[0] = 1 + header_words + taken.count;
        __builtin_memcpy(at + 1, &taken, sizeof taken);
        head_.store(reserved_ + static_cast<std::uint32_t>(at[0]), std::memory_order_release);
    }

    /// Hands every committed sample to `take(const sample&)` and frees its room.
    template <class Take>
    void drain(Take&& take) {
        std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        const std::uint32_t head = head_.load(std::memory_order_acquire);
        while (tail != head) {
            const std::uintptr_t* const at = words_ + tail % word_count;
            if (at[0] == 0) {
                tail += word_count - tail % word_count;
                continue;
            }
            sample taken;
            __builtin_memcpy(static_cast<void*>(&taken), at + 1, sizeof taken);
            taken.pcs = at + 1 + header_words;
            take(static_cast<const sample&>(taken));
            tail += static_cast<std::uint32_t>(at[0]);
            tail_.store(tail, std::memory_order_release);
        }
        tail_.store(tail, std::memory_order_release);
    }

    /// Samples lost since the last call, because the ring was full.
    std::uint64_t take_dropped() noexcept {
        return dropped_.exchange(0, std::memory_order_relaxed);
    }

private:
    static_assert(sizeof(sample) % sizeof(std::uintptr_t) == 0);

    std::uintptr_t* words_ = nullptr;
    std::atomic<std::uint32_t> head_{0};
    std::atomic<std::uint32_t> tail_{0};
    std::atomic<std::uint32_t> dropped_{0};
    std::uint32_t reserved_ = 0; ///< the producer's own
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
