/// The timer thread: wakes up about every interval, visits the threads and samples those that ran.
#ifndef SCOPETREE_CAPTURE_SAMPLER_HPP
#define SCOPETREE_CAPTURE_SAMPLER_HPP

#include <scopetree/capture/module_map.hpp>
#include <scopetree/capture/proc.hpp>
#include <scopetree/capture/registry.hpp>
#include <scopetree/capture/signal_handler.hpp>
#include <scopetree/capture/tick_timer.hpp>
#include <scopetree/capture/visit_plan.hpp>
#include <scopetree/options.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>

#include <pthread.h>
#include <sys/prctl.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// What sampling did, in numbers.
struct sampler_figures {
    std::uint64_t samples = 0;
    std::uint64_t dropped = 0;
    std::uint64_t truncated = 0;
    std::uint64_t unwinding = 0;
    std::uint64_t ticks = 0;
    std::uint64_t thinned_ticks = 0;
    std::uint64_t signals = 0;
    std::uint64_t refused_signals = 0; ///< the kernel would not send them
    std::uint64_t ignored_signals = 0; ///< a thread ran on and did not take them
    std::int64_t handler_ns = 0;
    std::int64_t sampler_cpu_ns = 0;
};

/// Samples the threads of `registry` into `Store` (see track_store) from start() to stop().
///
/// start, stop and with_lock are for one caller at a time. All else happens on the timer thread and
/// on threads that begin or end, under the registry's lock.
template <class Capture, class Store>
class sampler final : public thread_observer {
public:
    sampler(registry& threads, const options& chosen) noexcept
        : registry_(threads), options_(chosen), store_(chosen), timer_(chosen.interval.count()),
          plan_(chosen.cpu_budget) {}
    sampler(const sampler&) = delete;
    sampler& operator=(const sampler&) = delete;

    enum class start_error { none, already_running, no_handler, no_thread };

    /// Arms the handler, then the timer. Whatever fails leaves nothing running.
    start_error start() {
        Capture::warm_up();
        if (!handler.installed.load(std::memory_order_acquire))
            handler.dangerous = find_dangerous_code();
        handler.max_frames.store(options_.max_frames, std::memory_order_relaxed);
        handler.take.store(&take_sample<Capture>, std::memory_order_release);
        if (!install_handler(registry_))
            return start_error::no_handler;
        modules_.refresh();
        store_.locations.update(modules_);
        begin_requests();
        if (!registry_.start(*this))
            return start_error::already_running;
        if (!start_thread()) {
            const registry::lock locked(registry_);
            registry_.stop_locked();
            return start_error::no_thread;
        }
        return start_error::none;
    }

    /// Ends sampling and closes the accounts of all threads. The handler stays installed.
    void stop() noexcept {
        timer_.stop();
        ::pthread_join(thread_, nullptr);
        refresh_modules();
        const registry::lock locked(registry_);
        collect_requests();
        for (thread_record* const record : registry_.threads())
            close(*record);
        store_.limit_timelines(registry_.threads());
        registry_.stop_locked();
    }

    /// Calls `use(store, figures)` with everything at rest.
    template <class Use>
    void with_lock(Use&& use) {
        const registry::lock locked(registry_);
        collect_requests();
        for (thread_record* const record : registry_.threads())
            drain(*record);
        store_.limit_timelines(registry_.threads());
        sampler_figures now = figures_;
        const pid_t tid = own_tid_.load(std::memory_order_acquire); // 0: it has ended
        if (tid != 0)
            now.sampler_cpu_ns = std::max(now.sampler_cpu_ns, read_clock(thread_cpu_clock(tid)));
        use(store_, now);
    }

private:
    void thread_started(thread_record& record) noexcept override {
        store_.begin(record, monotonic_ns(), read_clock(record.cpu_clock));
    }

    void thread_ended(thread_record& record) noexcept override {
        close(record);
        store_.limit_ended();
    }

    void close(thread_record& record) noexcept {
        drain(record);
        store_.end(record, monotonic_ns(), read_clock(record.cpu_clock));
    }

    void begin_requests() noexcept {
        const registry::lock locked(registry_);
        store_.requests.begin(registry_.requests);
    }

    /// The thread takes no signals of the program: its handlers must not run here.
    bool start_thread() noexcept {
        sigset_t all, before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        const int error = ::pthread_create(
            &thread_, nullptr,
            [](void* self) -> void* {
                static_cast<sampler*>(self)->run();
                return nullptr;
            },
            this);
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return error == 0;
    }

    void run() noexcept {
        registry_.this_thread_state().inside = true;
        own_tid_.store(current_tid(), std::memory_order_release);
        ::prctl(PR_SET_NAME, "scopetree");
        measured_at_ = monotonic_ns();
        timer_.begin();
        while (timer_.wait(stretch_)) {
            tick();
            if (plan_.is_measure_due(++ticks_since_measure_))
                measure();
        }
        own_tid_.store(0, std::memory_order_release);
        figures_.sampler_cpu_ns = read_clock(CLOCK_THREAD_CPUTIME_ID);
    }

    void tick() noexcept {
        refresh_modules();
        if (options_.threads == thread_selection::all)
            find_threads();
        const registry::lock locked(registry_);
        plan_.begin_tick(running_, waiting_);
        ++figures_.ticks;
        const bool thinned = plan_.thinned();
        figures_.thinned_ticks += thinned || stretch_ > 1.0 ? 1 : 0;
        running_ = waiting_ = 0;
        // From the back: a thread that is found to have ended leaves the list meanwhile.
        for (std::size_t i = registry_.threads().size(); i-- > 0;) {
            thread_record& record = *registry_.threads()[i];
            ++(record.waiting ? waiting_ : running_);
            if (plan_.is_due(i, record.waiting))
                visit(record, thinned);
        }
        if (figures_.ticks % ticks_to_collect == 0)
            collect_requests();
        store_.limit_timelines(registry_.threads());
    }

    void visit(thread_record& record, bool thinned) noexcept {
        auto* const account = Store::account_of(record);
        if (account == nullptr)
            return;
        drain(record, thinned);
        const std::int64_t cpu = read_clock(record.cpu_clock);
        if (cpu < 0 || account->track.is_of_another(cpu) ||
            record.of_another.load(std::memory_order_acquire)) {
            registry_.remove(record);
            return;
        }
        const std::int64_t now = monotonic_ns();
        const sample where = place_of(record);
        if (record.pending.load(std::memory_order_acquire)) {
            const bool ran = account->track.has_run(cpu);
            if (account->track.is_deaf(cpu)) {
                ++figures_.ignored_signals;
                take_without_stack(*account, where, cpu);
            }
            // The kernel drops a signal that meets one of the program's own on its way.
            if (ran && is_handler_ours() && send_signal(record) == 0)
                ++figures_.signals;
            return;
        }
        const scope_node* const scope = store_.requests.scope_of(where.scope, where.request);
        if (where.request.context != account->served ||
            where.request.generation != account->served_generation)
            account->track.unsettle();
        const auto still_waits = [&] {
            return scope == account->track.last_scope() &&
                   blocked_stack_pointer(record.tid) ==
                       record.last_stack_pointer.load(std::memory_order_relaxed);
        };
        if (!account->track.visit(now, cpu, still_waits)) {
            store_.requests.pass_on(account->request_leaves, account->track);
            return;
        }
        // The clock of a thread that is on a processor advances between any two looks.
        if (read_clock(record.cpu_clock) != cpu)
            account->track.set_on_cpu(scope);
        if (Capture::needs_stack_bounds)
            find_stack(record);
        const int error = send_signal(record);
        if (error == ESRCH) {
            registry_.remove(record);
        } else if (error != 0) {
            ++figures_.refused_signals;
            take_without_stack(*account, where, cpu);
        } else {
            ++figures_.signals;
        }
    }

    /// What can be told of a thread from outside.
    static sample place_of(const thread_record& record) noexcept {
        sample where;
        where.time_ns = monotonic_ns();
        where.extent = stack_extent::none;
        where.scope = __atomic_load_n(&record.scopes.current, __ATOMIC_RELAXED);
        where.request = record.place();
        return where;
    }

    /// The request may be about to end; it is handed over only after it has been credited.
    template <class Account>
    void take_without_stack(Account& account, sample where, std::int64_t cpu_ns) noexcept {
        request_reference request;
        if (where.request.context != nullptr)
            request = {&where.request.context->request(), where.request.generation};
        const bool held = request_table::hold(request);
        if (held)
            request.context->sampled.store(true, std::memory_order_relaxed);
        else
            where.request = {};
        store_.take_without_stack(account, where, cpu_ns);
        if (held)
            registry_.requests.release(*request.context, registry_.epoch());
    }

    /// Requests that have ended are taken first: all their samples lie in the rings by then.
    void collect_requests() noexcept {
        request_context* const ended = registry_.requests.take_ended();
        if (ended == nullptr)
            return;
        for (thread_record* const record : registry_.threads())
            drain(*record);
        store_.requests.collect(registry_.requests, ended);
    }

    void drain(thread_record& record, bool thinned = false) noexcept {
        auto* const account = Store::account_of(record);
        record.ring.drain([&](const sample& taken) {
            ++figures_.samples;
            figures_.handler_ns += taken.handler_ns;
            figures_.truncated += taken.extent == stack_extent::truncated ? 1 : 0;
            figures_.unwinding += taken.extent == stack_extent::unwinding ? 1 : 0;
            if (account != nullptr)
                store_.take(*account, taken, thinned);
        });
        record.waiting = account != nullptr && account->track.is_waiting();
        figures_.dropped += record.ring.take_dropped();
    }

    static void find_stack(thread_record& record) noexcept {
        const std::uintptr_t inside = record.last_stack_pointer.load(std::memory_order_relaxed);
        std::uintptr_t begin, end;
        if (inside == 0 || record.stack_end.load(std::memory_order_relaxed) != 0 ||
            !find_mapping(inside, begin, end))
            return;
        record.stack_begin.store(begin, std::memory_order_relaxed);
        record.stack_end.store(end, std::memory_order_relaxed);
    }

    /// The loader's lock is taken before the registry's, never after: a thread inside dlopen may
    /// enter a scope.
    void refresh_modules() noexcept {
        if (!modules_.refresh())
            return;
        const registry::lock locked(registry_);
        store_.locations.update(modules_);
    }

    /// Registers threads that never met a macro. As often as is cheap: at most 1 % of the time.
    void find_threads() noexcept {
        if (monotonic_ns() < find_threads_at_)
            return;
        const std::int64_t begin = read_clock(CLOCK_THREAD_CPUTIME_ID);
        for_each_thread([this](pid_t tid) {
            if (tid == own_tid_.load(std::memory_order_relaxed) ||
                tid == registry_.helper_tid.load(std::memory_order_relaxed))
                return;
            const registry::lock locked(registry_);
            for (thread_record* const record : registry_.threads())
                if (record->tid == tid)
                    return;
            if (const thread_record* const found = registry_.add_found_thread(tid))
                Store::note_name(*found);
        });
        const std::int64_t cost = read_clock(CLOCK_THREAD_CPUTIME_ID) - begin;
        find_threads_at_ = monotonic_ns() + std::max<std::int64_t>(10'000'000, 100 * cost);
    }

    void measure() noexcept {
        const registry::lock locked(registry_); // a snapshot may be reading the figures
        const std::int64_t cpu = read_clock(CLOCK_THREAD_CPUTIME_ID);
        const std::int64_t now = monotonic_ns();
        stretch_ =
            plan_.measure(cpu - figures_.sampler_cpu_ns, now - measured_at_, ticks_since_measure_);
        figures_.sampler_cpu_ns = cpu;
        measured_at_ = now;
        ticks_since_measure_ = 0;
    }

    /// How often requests that have ended are looked for; they lie still until then.
    static constexpr std::uint64_t ticks_to_collect = 8;

    registry& registry_;
    options options_;
    Store store_;
    sampler_figures figures_;
    pthread_t thread_{};
    tick_timer timer_;
    std::atomic<pid_t> own_tid_{0}; ///< the timer thread's, while it runs

    // The timer thread's own.
    module_map modules_;
    visit_plan plan_;
    double stretch_ = 1.0;
    std::uint32_t running_ = 0;
    std::uint32_t waiting_ = 0;
    std::uint32_t ticks_since_measure_ = 0;
    std::int64_t measured_at_ = 0;
    std::int64_t find_threads_at_ = 0;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
