/// A thread serves a request: from here on its scopes and samples are the request's.
#ifndef SCOPETREE_CAPTURE_SERVING_HPP
#define SCOPETREE_CAPTURE_SERVING_HPP

#include <scopetree/capture/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// What a thread did before it served a request, and goes back to.
struct serving {
    thread_record* record = nullptr;        ///< null: it does not serve
    request_context* part = nullptr;        ///< of the request, that it is in
    bool part_is_kept = false;              ///< for somebody who goes on in it on another thread
    request_context* part_before = nullptr; ///< null: it served none before
    request_reference before;
    const void* pc_before = nullptr;
};

/// The request of a context that somebody holds.
inline request_reference reference_to(request_context& context) noexcept {
    return {&context.request(), context.request().generation()};
}

/// Begins a request, which the caller then holds; none when this process is not being profiled, or
/// when there is no memory. Lock-free when there were as many requests of that route at once.
inline request_reference begin_request(registry& threads, std::string_view method,
                                       std::string_view path) noexcept {
    if (__atomic_load_n(&this_module.active, __ATOMIC_RELAXED) == 0 ||
        threads.attached_record(this_module, this_thread) == nullptr)
        return {};
    request_table& requests = threads.requests;
    request_route* route = requests.find(method, path);
    if (route == nullptr) {
        const registry::lock locked(threads);
        route = requests.add(method, path);
    }
    if (route == nullptr)
        return {};
    request_context* context = requests.take_context(*route);
    if (context == nullptr) {
        const registry::lock locked(threads);
        context = requests.add_context(*route);
    }
    if (context == nullptr)
        return {};
    requests.begin(*context, threads.epoch(), monotonic_ns());
    return reference_to(*context);
}

/// The latency of a request that the caller holds ends now. What this thread goes on to do before
/// it says that it serves the request no longer is no part of it.
inline void end_request(registry& threads, request_context& request, std::int64_t now_ns) noexcept {
    thread_record* const record = threads.this_thread_state().record;
    if (record != nullptr && record->serves(request)) {
        threads.switch_scopes(*record, record->scopes);
        record->request.store(nullptr, std::memory_order_relaxed);
    }
    request.latency_ns = now_ns - request.begun_ns;
    const bool served_now = request.active.load(std::memory_order_relaxed) != 0;
    request.served_ns = std::clamp<std::int64_t>(request.active_ns.load(std::memory_order_relaxed) +
                                                     (served_now ? now_ns : 0),
                                                 0, request.latency_ns);
    if (request.epoch.load(std::memory_order_relaxed) == threads.epoch())
        request.route->add(request.latency_ns, request.served_ns,
                           request.status.load(std::memory_order_relaxed) >= 500);
    threads.requests.release(request, threads.epoch());
}

/// Time counts once, however many threads serve the request. Where one leaves and another comes at
/// the same moment, they may see that in another order than their clocks, by what lies between.
///
/// What a request waited until it is resumed in `part` is that of the scope open there.
inline void begin_serving(request_context& part, std::int64_t now_ns) noexcept {
    request_context& request = part.request();
    if (request.active.fetch_add(1, std::memory_order_acq_rel) != 0)
        return;
    request.active_ns.fetch_sub(now_ns, std::memory_order_relaxed);
    scope_node& open = *__atomic_load_n(&part.scopes.current, __ATOMIC_RELAXED);
    const std::int64_t left_ns = request.left_ns.load(std::memory_order_relaxed);
    if (&open != &part.root && now_ns > left_ns) // somebody was there before: the scope is open
        add_relaxed(open.awaited_ns, static_cast<std::uint64_t>(now_ns - left_ns));
}
inline void end_serving(request_context& request, std::int64_t now_ns) noexcept {
    request.left_ns.store(now_ns, std::memory_order_relaxed);
    if (request.active.fetch_sub(1, std::memory_order_acq_rel) == 1)
        request.active_ns.fetch_add(now_ns, std::memory_order_relaxed);
}

/// A part of the request that nobody is in, made if need be; the caller is in it until he releases
/// its `users`. Null without memory.
inline request_context* take_part(registry& threads, request_context& request) noexcept {
    for (request_context* part = &request; part != nullptr;
         part = part->next_part.load(std::memory_order_acquire))
        if (part->users.begin_if_free())
            return part;
    request_context* part = threads.requests.take_context(*request.route);
    if (part == nullptr) {
        const registry::lock locked(threads);
        part = threads.requests.add_context(*request.route);
    }
    if (part == nullptr)
        return nullptr;
    part->first_part.store(&request, std::memory_order_relaxed);
    part->users.begin();
    request_context* next = request.next_part.load(std::memory_order_relaxed);
    do
        part->next_part.store(next, std::memory_order_relaxed);
    while (!request.next_part.compare_exchange_weak(next, part, std::memory_order_acq_rel));
    return part;
}

/// The calling thread serves a request that it holds, from `now_ns` until stop_serving. `pc`: in
/// the function that says so, which shows as the request's outermost one. `kept`: a part from
/// take_part that moves from thread to thread with its open scopes; null: any part will do. Does
/// nothing where the thread serves the request already.
inline serving start_serving(registry& threads, request_context& request, const void* pc,
                             std::int64_t now_ns, request_context* kept = nullptr) noexcept {
    serving now;
    thread_record* const record = __atomic_load_n(&this_module.active, __ATOMIC_RELAXED) == 0
                                      ? nullptr
                                      : threads.attached_record(this_module, this_thread);
    if (record == nullptr)
        return now;
    request_context* const before = record->request.load(std::memory_order_relaxed);
    if (before != nullptr && (kept != nullptr ? before == kept : &before->request() == &request))
        return now;
    now.part_is_kept = kept != nullptr;
    now.part = kept != nullptr ? kept : take_part(threads, request);
    if (now.part == nullptr)
        return now;
    now.record = record;
    if (before != nullptr) {
        now.part_before = before;
        now.before = reference_to(*before);
        now.pc_before = record->request_pc.load(std::memory_order_relaxed);
        end_serving(before->request(), now_ns);
    }
    begin_serving(*now.part, now_ns);
    __atomic_store_n(&now.part->scopes.epoch, threads.epoch(), __ATOMIC_RELAXED);
    record->request_pc.store(pc, std::memory_order_relaxed);
    record->request.store(now.part, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    threads.switch_scopes(*record, now.part->scopes);
    return now;
}

/// The same thread goes back to what it did before, or another one takes the request from it.
/// Returns the time.
inline std::int64_t stop_serving(registry& threads, const serving& now) noexcept {
    const std::int64_t time = monotonic_ns();
    if (now.record == nullptr)
        return time;
    request_context& part = *now.part;
    end_serving(part.request(), time);
    if (now.record->owner.load(std::memory_order_relaxed) == thread_pointer()) {
        // What it did before may have been ended by another thread, and be something else by now.
        request_context* before = now.part_before;
        if (before != nullptr && !request_table::is_held(now.before))
            before = nullptr;
        if (before != nullptr)
            begin_serving(*before, time);
        threads.switch_scopes(*now.record, before != nullptr ? before->scopes : now.record->scopes);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        now.record->request.store(before, std::memory_order_relaxed);
        now.record->request_pc.store(now.pc_before, std::memory_order_relaxed);
    } else {
        threads.evict(*now.record, part);
    }
    if (!now.part_is_kept)
        part.users.release();
    return time;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
