/// Scopes: the macros and the RAII object behind them. The only header that user code includes
/// everywhere, so it stays light: <stdint.h> and nothing else, in particular no libstdc++ header.
///
/// Without <scopetree/scopetree.hpp> in any translation unit the macros link and do nothing.
#ifndef SCOPETREE_SCOPE_HPP
#define SCOPETREE_SCOPE_HPP

#include <scopetree/config.hpp>

#include <stdint.h>

#if SCOPETREE_ENABLED

#define SCOPETREE_DETAIL_INLINE inline __attribute__((always_inline))
#define SCOPETREE_DETAIL_HIDDEN __attribute__((visibility("hidden")))

namespace scopetree {
/// Has a name of its own: a plugin and a program whose other settings differ still share scopes.
inline namespace scope_v1 {
namespace scopes {

struct scope_record;

/// What a macro leaves in the program: one constant-initialised object for each place.
struct SCOPETREE_DETAIL_HIDDEN scope_site {
    const char* name;
    const char* function;
    const char* file;
    uint32_t line;
    uint16_t timed;          ///< 1: PROFILE_TIMED_SCOPE
    uint16_t whole_function; ///< 1: PROFILE_FUNCTION, `name` is to be derived from `function`
    scope_record* record;    ///< the runtime's copy of all this; null until first entered
};

/// Durations of one timed scope in clock ticks. Written by the scope's thread alone.
struct scope_timing {
    /// Buckets are exact up to 16 ticks, then 16 to an octave: an error of at most 1/32.
    static constexpr uint32_t bucket_count = 16 * 44;

    uint64_t epoch; ///< the run these figures belong to, see thread_scopes::epoch
    uint64_t total;
    uint64_t min;
    uint64_t max;
    uint32_t latest; ///< bucket of the last duration, which `buckets` does not count yet
    uint32_t buckets[bucket_count];

    /// Durations in a bucket. Any thread, to within the one that is being recorded.
    uint32_t count_in(uint32_t bucket) const noexcept {
        return __atomic_load_n(&buckets[bucket], __ATOMIC_RELAXED) +
               (__atomic_load_n(&latest, __ATOMIC_RELAXED) == bucket ? 1 : 0);
    }
};

struct scope_node;

/// Hash table of a node's children by record: open addressing, at most half full. The slots follow.
struct scope_index {
    alignas(8) uint32_t capacity; ///< a power of two
    scope_node** slots() noexcept { return reinterpret_cast<scope_node**>(this + 1); }
};

/// A path of scopes of one thread. Made by the thread itself when it first goes that way, never
/// freed or moved: a pointer to a node is a snapshot of all open scopes.
struct scope_node {
    const scope_record* record;
    scope_node* recent; ///< the child last entered; never null, a sentinel at first
    uint64_t calls;
    scope_node* parent;
    scope_node* first_child;
    scope_node* next_sibling;
    scope_index* index; ///< once there are many children
    scope_timing* timing;
    const void* pc; ///< a return address in the function that holds the macro
    uint64_t calls_before;
    uint32_t child_count;
    uint32_t depth;
    uint64_t awaited_ns; ///< requests waited so long to be resumed in it
    uint64_t awaited_before_ns;
};

/// The scopes of one thread (or of whatever else can be inside scopes).
struct thread_scopes {
    scope_node* current; ///< innermost open scope; a signal handler may read it at any time
    uint64_t epoch;      ///< changes with every start of profiling
};

struct scope_module;

/// What scopetree.hpp puts behind this header; one for a process, however many modules it has.
struct scope_runtime {
    /// Null when this thread is not to be profiled now. Allocates only on a path not seen before.
    /// The slots are this_thread of the calling thread and module.
    scope_node* (*enter)(scope_module&, thread_scopes*& slot, scope_site&, const void* pc) noexcept;
    void (*name_thread)(scope_module&, thread_scopes*& slot, const char* name) noexcept;
    void (*unlink)(scope_module&) noexcept;
    void* registry;
    const char* abi; ///< of the headers that made `registry`
};

/// State of one executable or shared object. Hidden, so that each has its own and neither symbol
/// interposition nor unloading a library can mix them up. Functions that use it are hidden, too: a
/// library's call must not be bound to the program's, which would fill in the program's state.
struct scope_module {
    int active; ///< 0: scopes do nothing. 1 at first: the first scope finds out.
    const scope_runtime* runtime;
    uint64_t (*ticks)() noexcept; ///< null: the processor's counter may be read
    uintptr_t tls_offset; ///< of this_thread, from the thread pointer; 0: not linked to the runtime
    scope_module* next;
};

SCOPETREE_DETAIL_HIDDEN inline scope_module this_module = {1, nullptr, nullptr, 0, nullptr};

/// Constant-initialised, no destructor, initial-exec: one load.
SCOPETREE_DETAIL_HIDDEN
__attribute__((tls_model("initial-exec"))) inline thread_local thread_scopes* this_thread = nullptr;

/// Parts of the ELF ABI, as <link.h> has them; that header would double the cost of this one.
struct elf_program_header {
    uint32_t type, flags;
    uint64_t offset, address, physical_address, file_size, memory_size, alignment;
};
struct elf_module {
    uintptr_t base;
    const char* name;
    const elf_program_header* headers;
    uint16_t header_count;
};
extern "C" int scopetree_iterate_modules(int (*)(elf_module*, __SIZE_TYPE__, void*) noexcept,
                                         void*) noexcept __asm__("dl_iterate_phdr");

/// The note that scopetree.hpp leaves in a module: "scopetree", type 1, self-relative address.
struct runtime_note {
    uint32_t name_size, value_size, type;
    char name[12];
    char value[8];
};

/// The runtime that `note` leads to, or null if it is somebody else's note.
inline const scope_runtime* runtime_of(const runtime_note& note) noexcept {
    if (note.name_size != 10 || note.value_size != 8 || note.type != 1 ||
        __builtin_memcmp(note.name, "scopetree", 10) != 0)
        return nullptr;
    int64_t distance;
    __builtin_memcpy(&distance, note.value, sizeof distance);
    using entry = const scope_runtime* (*)() noexcept;
    return reinterpret_cast<entry>(reinterpret_cast<uintptr_t>(note.value) +
                                   static_cast<uintptr_t>(distance))();
}

/// Stops at the first module that has a runtime: in link order, so everyone finds the same one.
inline int find_runtime_in(elf_module* module, __SIZE_TYPE__, void* result) noexcept {
    constexpr uint32_t pt_note = 4;
    for (uint16_t i = 0; i < module->header_count; ++i) {
        const elf_program_header& header = module->headers[i];
        if (header.type != pt_note)
            continue;
        uintptr_t at = module->base + header.address;
        const uintptr_t end = at + header.memory_size;
        while (at + 12 <= end) {
            const auto& note = *reinterpret_cast<const runtime_note*>(at);
            const scope_runtime* const found =
                at + sizeof(runtime_note) <= end ? runtime_of(note) : nullptr;
            if (found != nullptr) {
                *static_cast<const scope_runtime**>(result) = found;
                return 1;
            }
            const uintptr_t mask = header.alignment == 8 ? 7 : 3;
            at += 12 + ((note.name_size + mask) & ~mask) + ((note.value_size + mask) & ~mask);
        }
    }
    return 0;
}

/// The process's runtime, or null if there is none. Takes the loader's lock the first time.
SCOPETREE_DETAIL_HIDDEN inline const scope_runtime* find_runtime() noexcept {
    const scope_runtime* runtime = __atomic_load_n(&this_module.runtime, __ATOMIC_ACQUIRE);
    if (runtime == nullptr) {
        scopetree_iterate_modules(&find_runtime_in, &runtime);
        __atomic_store_n(&this_module.runtime, runtime, __ATOMIC_RELEASE);
    }
    return runtime;
}

/// The capacity of the index of a node with `count` children, 0 if so few need none: a power of
/// two, at most half full.
constexpr uint32_t index_capacity(uint32_t count) noexcept {
    return count <= 4 ? 0 : 4u << (31 - __builtin_clz(count));
}

/// Where a record is looked for first in an index; then come the following slots.
inline uint32_t index_slot(const scope_record* record, uint32_t capacity) noexcept {
    const uint64_t address = reinterpret_cast<uintptr_t>(record);
    return static_cast<uint32_t>((address * 0x9e3779b97f4a7c15u) >> 32) & (capacity - 1);
}

/// The child of `parent` for `record`, or null. Signal-safe; any thread, also while children are
/// added: those may be missed. O(1).
inline scope_node* find_child(const scope_node& parent, const scope_record* record) noexcept {
    scope_index* const index = __atomic_load_n(&parent.index, __ATOMIC_ACQUIRE);
    if (index == nullptr) {
        scope_node* node = __atomic_load_n(&parent.first_child, __ATOMIC_ACQUIRE);
        while (node != nullptr && node->record != record)
            node = node->next_sibling;
        return node;
    }
    uint32_t slot = index_slot(record, index->capacity);
    for (;;) {
        scope_node* const node = __atomic_load_n(&index->slots()[slot], __ATOMIC_ACQUIRE);
        if (node == nullptr || node->record == record)
            return node;
        slot = (slot + 1) & (index->capacity - 1);
    }
}

/// The way in for another path than the last one. Out of line, so that its return address lies in
/// the function that holds the macro; not `cold`, which would move the call out of that function.
SCOPETREE_DETAIL_HIDDEN
__attribute__((noinline)) inline scope_node* enter_other_path(scope_site& site) noexcept {
    if (thread_scopes* const thread = this_thread) {
        scope_node& parent = *thread->current;
        if (scope_node* const known =
                find_child(parent, __atomic_load_n(&site.record, __ATOMIC_ACQUIRE))) {
            parent.recent = known;
            return known;
        }
    }
    const scope_runtime* const runtime = find_runtime();
    if (runtime == nullptr) {
        __atomic_store_n(&this_module.active, 0, __ATOMIC_RELAXED);
        return nullptr;
    }
    return runtime->enter(this_module, this_thread, site, __builtin_return_address(0));
}

inline void name_thread(const char* name) noexcept {
    if (__atomic_load_n(&this_module.active, __ATOMIC_RELAXED) == 0)
        return;
    if (const scope_runtime* const runtime = find_runtime())
        runtime->name_thread(this_module, this_thread, name);
}

/// When a library is unloaded, the runtime must not write into it any more.
__attribute__((destructor, used)) SCOPETREE_DETAIL_HIDDEN inline void unlink_module() noexcept {
    if (const scope_runtime* const runtime = this_module.runtime)
        runtime->unlink(this_module);
}

/// Clock ticks since some point in the past; monotone on one thread. Signal-safe.
SCOPETREE_DETAIL_INLINE uint64_t read_ticks() noexcept {
    // Another thread may be linking the module just now.
    uint64_t (*const other)() noexcept = __atomic_load_n(&this_module.ticks, __ATOMIC_RELAXED);
#if defined(__x86_64__)
    if (__builtin_expect(other == nullptr, 1))
        return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    if (__builtin_expect(other == nullptr, 1)) {
        uint64_t ticks;
        __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
        return ticks;
    }
#endif
    return other != nullptr ? other() : 0;
}

/// `value` has one writer; readers on other threads see a recent value, never half of one.
SCOPETREE_DETAIL_INLINE void add_relaxed(uint64_t& value, uint64_t amount) noexcept {
    __atomic_store_n(&value, __atomic_load_n(&value, __ATOMIC_RELAXED) + amount, __ATOMIC_RELAXED);
}

/// The bucket of a duration: its leading five bits, so that buckets are at most 1/16 wide.
constexpr uint32_t timing_bucket(uint64_t ticks) noexcept {
    if (ticks < 16)
        return static_cast<uint32_t>(ticks);
    const auto octave = static_cast<uint32_t>(59 - __builtin_clzll(ticks));
    const auto bucket = 16 * octave + static_cast<uint32_t>(ticks >> octave);
    return bucket < scope_timing::bucket_count ? bucket : scope_timing::bucket_count - 1;
}

/// Counts the bucket of the duration before, and leaves this one's to the next call: a store whose
/// address depends on a counter that was just read would hold up what comes after it (10 ns).
inline void record_duration(scope_timing& timing, uint64_t epoch, uint64_t ticks) noexcept {
    if (__builtin_expect(timing.epoch != epoch, 0)) {
        __builtin_memset(&timing, 0, sizeof timing);
        timing.min = ticks;
        timing.latest = scope_timing::bucket_count;
        __atomic_store_n(&timing.epoch, epoch, __ATOMIC_RELEASE);
    }
    add_relaxed(timing.total, ticks);
    if (ticks < timing.min)
        __atomic_store_n(&timing.min, ticks, __ATOMIC_RELAXED);
    if (ticks > timing.max)
        __atomic_store_n(&timing.max, ticks, __ATOMIC_RELAXED);
    const uint32_t before = timing.latest;
    if (__builtin_expect(before < scope_timing::bucket_count, 1))
        __atomic_store_n(&timing.buckets[before], timing.buckets[before] + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&timing.latest, timing_bucket(ticks), __ATOMIC_RELAXED);
}

} // namespace scopes

/// Measure of a scope that counts how often it was entered; its time comes from the samples.
struct counted {
    SCOPETREE_DETAIL_INLINE void enter() noexcept {}
    SCOPETREE_DETAIL_INLINE void leave(scopes::thread_scopes&) noexcept {}
};

/// Measure of a scope that also reads the clock twice: count, total, min, max, p50 and p99 exact.
class timed {
public:
    SCOPETREE_DETAIL_INLINE void enter() noexcept { started_ = scopes::read_ticks(); }
    SCOPETREE_DETAIL_INLINE void leave(scopes::thread_scopes& thread) noexcept {
        const uint64_t elapsed = scopes::read_ticks() - started_;
        if (scopes::scope_timing* const timing = thread.current->timing)
            scopes::record_duration(*timing, __atomic_load_n(&thread.epoch, __ATOMIC_RELAXED),
                                    elapsed);
    }

private:
    uint64_t started_ = 0; // g++ cannot see that leave() follows an enter()
};

/// Marks the region from here to the end of the block; what the macros declare.
///
/// Costs a push and a pop and reads no clock (unless `timed`). On a path not seen before the
/// constructor allocates, on this thread, from memory of the profiler's own. Never throws.
/// Thread-safe. Signal-safe on a path seen before; elsewhere in a handler it may do nothing.
template <class Measure>
class basic_scope : Measure {
public:
    SCOPETREE_DETAIL_INLINE explicit basic_scope(scopes::scope_site& site) noexcept
        : thread_(nullptr), parent_(nullptr) {
        if (__builtin_expect(__atomic_load_n(&scopes::this_module.active, __ATOMIC_RELAXED) == 0,
                             0))
            return;
        scopes::thread_scopes* thread = scopes::this_thread;
        scopes::scope_node* parent = nullptr;
        scopes::scope_node* node = nullptr;
        if (__builtin_expect(thread != nullptr, 1)) {
            parent = thread->current;
            node = parent->recent;
        }
        if (__builtin_expect(node == nullptr ||
                                 node->record != __atomic_load_n(&site.record, __ATOMIC_RELAXED),
                             0)) {
            node = scopes::enter_other_path(site);
            if (node == nullptr)
                return;
            thread = scopes::this_thread;
            parent = thread->current;
        }
        scopes::add_relaxed(node->calls, 1);
        parent_ = parent; // not node->parent: it would have to wait for `node`
        thread_ = thread;
        __atomic_store_n(&thread->current, node, __ATOMIC_RELAXED);
        // What the block does must not be moved out of it, or it would be sampled elsewhere.
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        Measure::enter();
    }
    SCOPETREE_DETAIL_INLINE ~basic_scope() {
        if (__builtin_expect(thread_ == nullptr, 0))
            return;
        Measure::leave(*thread_);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        __atomic_store_n(&thread_->current, parent_, __ATOMIC_RELAXED);
    }
    basic_scope(const basic_scope&) = delete;
    basic_scope& operator=(const basic_scope&) = delete;

private:
    scopes::thread_scopes* thread_;
    scopes::scope_node* parent_;
};

using scope = basic_scope<counted>;
using timed_scope = basic_scope<timed>;

} // namespace scope_v1
} // namespace scopetree

#define SCOPETREE_DETAIL_JOIN2(a, b) a##b
#define SCOPETREE_DETAIL_JOIN(a, b) SCOPETREE_DETAIL_JOIN2(a, b)
// The scope is not const: g++ keeps const objects in memory, which makes them six times as slow.
#define SCOPETREE_DETAIL_SCOPE(measure, name, is_timed, is_function, id)                           \
    static ::scopetree::scopes::scope_site SCOPETREE_DETAIL_JOIN(scopetree_site_, id) = {          \
        name, __PRETTY_FUNCTION__, __FILE__, __LINE__, is_timed, is_function, nullptr};            \
    ::scopetree::basic_scope<::scopetree::measure> SCOPETREE_DETAIL_JOIN(scopetree_scope_, id)(    \
        SCOPETREE_DETAIL_JOIN(scopetree_site_, id))

/// Marks the rest of the block as a region of that name, a string literal. One or more in a block.
#define SCOPETREE_PROFILE_SCOPE(name) SCOPETREE_DETAIL_SCOPE(counted, "" name "", 0, 0, __COUNTER__)
/// The same, named after the function around it.
#define SCOPETREE_PROFILE_FUNCTION() SCOPETREE_DETAIL_SCOPE(counted, "", 0, 1, __COUNTER__)
/// The same as PROFILE_SCOPE, and measures every pass exactly: for regions that are entered rarely.
#define SCOPETREE_PROFILE_TIMED_SCOPE(name)                                                        \
    SCOPETREE_DETAIL_SCOPE(timed, "" name "", 1, 0, __COUNTER__)
/// Names the calling thread in reports; any C string, copied, cut at 63 bytes.
#define SCOPETREE_PROFILE_THREAD(name) ::scopetree::scopes::name_thread(name)

#else

#define SCOPETREE_PROFILE_SCOPE(name) static_cast<void>(0)
#define SCOPETREE_PROFILE_FUNCTION() static_cast<void>(0)
#define SCOPETREE_PROFILE_TIMED_SCOPE(name) static_cast<void>(0)
#define SCOPETREE_PROFILE_THREAD(name) static_cast<void>(0)

#endif

#ifndef SCOPETREE_NO_SHORT_MACROS
#define PROFILE_SCOPE(name) SCOPETREE_PROFILE_SCOPE(name)
#define PROFILE_FUNCTION() SCOPETREE_PROFILE_FUNCTION()
#define PROFILE_TIMED_SCOPE(name) SCOPETREE_PROFILE_TIMED_SCOPE(name)
#define PROFILE_THREAD(name) SCOPETREE_PROFILE_THREAD(name)
#endif

#endif
