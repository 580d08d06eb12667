/// What the profiler keeps for a request while it is served, and for a route.
#ifndef SCOPETREE_CAPTURE_REQUEST_CONTEXT_HPP
#define SCOPETREE_CAPTURE_REQUEST_CONTEXT_HPP

#include <scopetree/capture/latency_histogram.hpp>
#include <scopetree/capture/scope_table.hpp>
#include <scopetree/capture/use_count.hpp>

#include <atomic>
#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

struct request_route;

/// The scopes of a request. They move with it from thread to thread, and are entered by one thread
/// at a time: where several serve a request at once, each further one has a part of its own.
///
/// Belongs to a route for ever and serves one request after another, so that its scopes are known.
/// Never freed: whoever holds a pointer for too long finds a context, if not its own.
struct request_context {
    thread_scopes scopes; ///< first: this_thread points here
    scope_node root;

    request_route* route = nullptr;
    std::atomic<request_context*> first_part{nullptr}; ///< which has the rest of this
    std::atomic<request_context*> next_part{nullptr};
    use_count users; ///< who has this part to himself

    // Of the first part only.
    use_count life;                         ///< which request it is, and who holds it
    std::atomic<std::uint32_t> active{0};   ///< threads that serve it now
    std::atomic<std::int64_t> active_ns{0}; ///< when some did; minus when it began, if some do
    std::atomic<std::int64_t> left_ns{0};   ///< when one last stopped to
    std::atomic<bool> sampled{false};
    std::atomic<bool> wanted{false}; ///< to be kept whatever its latency
    std::atomic<int> status{0};
    std::uint64_t id = 0;
    std::atomic<std::uint64_t> epoch{0}; ///< the run it began in, see thread_scopes::epoch
    std::int64_t begun_ns = 0;
    std::int64_t latency_ns = 0; ///< from here on: once it has ended
    std::int64_t served_ns = 0;  ///< of the latency, when some thread served it

    // Of the pools.
    std::uint32_t index = 0;
    std::atomic<std::uint32_t> next_free{0};
    request_context* next_ended = nullptr;
    request_context* next_of_route = nullptr;

    // The running profiler's own, guarded by the registry's lock.
    std::uint32_t credits = 0;
    std::uint32_t credits_generation = 0; ///< of the request that `credits` is for

    /// The request that this is a part of.
    request_context& request() const noexcept {
        return *first_part.load(std::memory_order_relaxed);
    }
    std::uint32_t generation() const noexcept { return life.number(); }
};

/// Requests of one kind, and their figures in this run. Made when first met, never freed.
struct request_route {
    scope_record record = {}; ///< by which its requests show in trees
    const char* method = "";
    const char* path = "";
    std::uint32_t index = 0;
    std::uint64_t hash = 0;
    request_route* next_in_bucket = nullptr;
    request_route* next = nullptr;

    std::atomic<std::uint64_t> free_contexts{0};     ///< stack: index + 1, and a tag against reuse
    std::atomic<std::uint64_t> open_contexts{0};     ///< the same; scopes in them were still open
    std::atomic<request_context*> contexts{nullptr}; ///< all there are

    latency_histogram latencies;
    std::atomic<std::uint64_t> errors{0};
    std::atomic<std::int64_t> latency_ns{0};
    std::atomic<std::int64_t> served_ns{0};
    std::atomic<std::int64_t> max_ns{0};
    std::atomic<std::int64_t> slow_ns{0}; ///< what took no longer is not among the slowest

    void clear() noexcept {
        latencies.clear();
        errors.store(0, std::memory_order_relaxed);
        for (auto* const figure : {&latency_ns, &served_ns, &max_ns, &slow_ns})
            figure->store(0, std::memory_order_relaxed);
    }

    /// Counts a request that has ended. Lock-free.
    void add(std::int64_t latency, std::int64_t served, bool error) noexcept {
        latencies.add(latency);
        latency_ns.fetch_add(latency, std::memory_order_relaxed);
        served_ns.fetch_add(served, std::memory_order_relaxed);
        if (error)
            errors.fetch_add(1, std::memory_order_relaxed);
        std::int64_t longest = max_ns.load(std::memory_order_relaxed);
        while (latency > longest &&
               !max_ns.compare_exchange_weak(longest, latency, std::memory_order_relaxed)) {
        }
    }
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
