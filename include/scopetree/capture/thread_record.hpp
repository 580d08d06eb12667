/// What the profiler keeps for a thread, and the pool that such records come from.
#ifndef SCOPETREE_CAPTURE_THREAD_RECORD_HPP
#define SCOPETREE_CAPTURE_THREAD_RECORD_HPP

#include <scopetree/capture/clock.hpp>
#include <scopetree/capture/request_context.hpp>
#include <scopetree/capture/sample.hpp>
#include <scopetree/capture/scope_table.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include <sys/types.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The address that tells threads apart without a system call: the thread pointer. Signal-safe.
inline std::uintptr_t thread_pointer() noexcept {
    std::uintptr_t pointer;
#if defined(__x86_64__)
    __asm__("movq %%fs:0, %0" : "=r"(pointer));
#elif defined(__aarch64__)
    __asm__("mrs %0, tpidr_el0" : "=r"(pointer));
#else
#error "scopetree knows x86-64 and AArch64."
#endif
    return pointer;
}

/// One thread's scopes and its way to hand over samples. Comes from a pool, is never freed, and
/// serves another thread later: a signal that arrives late finds a record, if not its own.
struct thread_record {
    thread_scopes scopes; ///< first: this_thread points here
    scope_node root;

    // What the signal handler reads.
    std::atomic<std::uintptr_t> owner{0}; ///< thread pointer of the thread served; 0: none
    std::atomic<bool> pending{false};     ///< a signal is on its way
    std::atomic<bool> of_another{false};  ///< its thread has ended, another has the same id now
    std::atomic<std::uint64_t> kernel_name[2] = {}; ///< of a found thread, when last sampled
    sample_ring ring;
    std::atomic<std::uintptr_t> stack_begin{0}; ///< of the stack's mapping; 0: not known
    std::atomic<std::uintptr_t> stack_end{0};
    std::atomic<std::uintptr_t> last_stack_pointer{0};
    std::atomic<request_context*> request{nullptr}; ///< that the thread serves now
    std::atomic<const void*> request_pc{nullptr};   ///< in the function that said so

    std::atomic<bool> switching{false}; ///< the thread is at this_thread of all modules

    // Guarded by the registry's lock. What every tick reads lies together.
    void* track = nullptr; ///< the running profiler's own
    bool waiting = false;  ///< seen waiting when last visited; the running profiler's own
    bool found = false;    ///< found in /proc; has not met a macro
    pid_t tid = 0;
    clockid_t cpu_clock = 0;
    thread_record* next = nullptr; ///< in the pool
    char name[64] = {};            ///< given by PROFILE_THREAD

    // For whoever holds the registry's lock, while no thread uses the record.

    void set_tid(pid_t of) noexcept {
        tid = of;
        cpu_clock = thread_cpu_clock(of);
    }

    /// Forgets the samples, and the signal that may be on its way.
    void reset_signals() noexcept {
        pending.store(false, std::memory_order_relaxed);
        ring.drain([](const sample&) {});
        track = nullptr;
    }

    /// As if it had never served a thread.
    void reset() noexcept {
        reset_signals();
        owner.store(0, std::memory_order_relaxed);
        of_another.store(false, std::memory_order_relaxed);
        found = false;
        for (auto& word : kernel_name)
            word.store(0, std::memory_order_relaxed);
        scopes.current = &root;
        request.store(nullptr, std::memory_order_relaxed);
        switching.store(false, std::memory_order_relaxed);
        name[0] = '\0';
        stack_begin.store(0, std::memory_order_relaxed);
        stack_end.store(0, std::memory_order_relaxed);
        last_stack_pointer.store(0, std::memory_order_relaxed);
    }

    /// Which request of this run the thread serves now. Signal-safe on that thread; another sees
    /// some recent moment.
    request_place place() const noexcept {
        request_context* const part = request.load(std::memory_order_relaxed);
        if (part == nullptr || part->request().epoch.load(std::memory_order_relaxed) !=
                                   __atomic_load_n(&scopes.epoch, __ATOMIC_RELAXED))
            return {};
        return {part, part->request().generation(),
                __atomic_load_n(&part->scopes.current, __ATOMIC_RELAXED),
                request_pc.load(std::memory_order_relaxed)};
    }

    /// Whether the thread serves it now, in whatever part of it.
    bool serves(const request_context& wanted) const noexcept {
        const request_context* const part = request.load(std::memory_order_relaxed);
        return part != nullptr && &part->request() == &wanted;
    }

    /// What the thread's scopes are entered in now.
    thread_scopes& scopes_inside() noexcept {
        request_context* const served = request.load(std::memory_order_relaxed);
        return served != nullptr ? served->scopes : scopes;
    }
};

/// Hands out records and tells whether a pointer is one. Not thread-safe but for `contains`.
class record_pool {
public:
    /// A record that is not in use, or null when there is no memory or the pool is exhausted.
    thread_record* take() noexcept {
        if (free_ == nullptr && !grow())
            return nullptr;
        thread_record* const record = free_;
        free_ = record->next;
        return record;
    }

    void give_back(thread_record* record) noexcept {
        record->next = free_;
        free_ = record;
    }

    /// Whether `pointer` is a record of this pool. Signal-safe; at most 20 comparisons.
    bool contains(const void* pointer) const noexcept {
        const auto address = reinterpret_cast<std::uintptr_t>(pointer);
        for (const auto& piece : blocks_) {
            const auto begin =
                reinterpret_cast<std::uintptr_t>(piece.records.load(std::memory_order_acquire));
            if (begin == 0)
                return false;
            if (address >= begin && address < begin + piece.count * sizeof(thread_record))
                return (address - begin) % sizeof(thread_record) == 0;
        }
        return false;
    }

private:
    struct block {
        std::atomic<thread_record*> records{nullptr};
        std::size_t count = 0;
    };

    /// Each block is twice as large as the one before.
    bool grow() noexcept {
        for (std::size_t i = 0; i < max_blocks; ++i) {
            if (blocks_[i].records.load(std::memory_order_relaxed) != nullptr)
                continue;
            const std::size_t count = std::size_t{16} << i;
            void* const pages = map_pages(count * sizeof(thread_record));
            if (pages == nullptr)
                return false;
            auto* const records = static_cast<thread_record*>(pages);
            for (std::size_t k = count; k-- > 0;) {
                auto* const record = new (records + k) thread_record;
                scope_table::init_root(record->root);
                give_back(record);
            }
            blocks_[i].count = count;
            blocks_[i].records.store(records, std::memory_order_release);
            return true;
        }
        return false;
    }

    static constexpr std::size_t max_blocks = 20;
    block blocks_[max_blocks];
    thread_record* free_ = nullptr;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
