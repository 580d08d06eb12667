/// The process-wide state behind the macros: modules, threads and whether profiling is on.
#ifndef SCOPETREE_CAPTURE_REGISTRY_HPP
#define SCOPETREE_CAPTURE_REGISTRY_HPP

#include <scopetree/capture/live_slot.hpp>
#include <scopetree/capture/request_table.hpp>
#include <scopetree/capture/scope_modules.hpp>
#include <scopetree/capture/thread_record.hpp>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

class live_profiler; // see profiler.hpp

inline pid_t current_tid() noexcept {
    return static_cast<pid_t>(::syscall(SYS_gettid));
}

/// Who wants to know of threads that come and go: the running sampler. Called with the lock held;
/// `thread_ended` on the thread that ends, or on the one that noticed.
class thread_observer {
public:
    virtual void thread_started(thread_record&) noexcept = 0;
    virtual void thread_ended(thread_record&) noexcept = 0;

protected:
    ~thread_observer() = default;
};

/// One in a process; made when first needed and never destroyed. Its functions are called from the
/// program's threads and from the sampler's; all take the lock, except where they say otherwise.
/// Allocates from mapped memory only.
class registry {
public:
    /// Holds the registry's lock.
    class lock {
    public:
        explicit lock(registry& of) noexcept : registry_(of) {
            ::pthread_mutex_lock(&registry_.mutex_);
        }
        ~lock() { ::pthread_mutex_unlock(&registry_.mutex_); }
        lock(const lock&) = delete;
        lock& operator=(const lock&) = delete;

    private:
        registry& registry_;
    };

    registry() noexcept { ::pthread_key_create(&exit_key_, &registry::thread_exits); }

    /// The thread-local flags of the module that the registry lives in.
    struct thread_state {
        thread_record* record;           ///< null: not attached
        bool inside;                     ///< the profiler's own code runs: scopes do nothing
        const thread_record* sampled_as; ///< whose samples are this thread's; the handler's own
    };
    thread_state& (*this_thread_state)() noexcept = nullptr;

    /// A thread of the profiler's own beside the timer's, which is not sampled; 0: none.
    std::atomic<pid_t> helper_tid{0};

    /// For processors whose counter cannot be used; null elsewhere. Set before the first scope.
    std::uint64_t (*ticks)() noexcept = nullptr;

    /// Called once, outside the lock, when the first scope is met and no profiler has been made.
    std::atomic<void (*)()> on_first_scope{nullptr};

    /// Scopes are turned on everywhere, and `observer` is told of every thread there is. False when
    /// somebody observes already.
    bool start(thread_observer& observer) noexcept {
        lock locked(*this);
        if (observer_ != nullptr)
            return false;
        observer_ = &observer;
        decided_.store(true, std::memory_order_release);
        __atomic_store_n(&epoch_, epoch_ + 1, __ATOMIC_RELEASE);
        requests.clear();
        for (thread_record* const record : threads_)
            announce(*record);
        modules_.set_active(true);
        return true;
    }

    /// Turns scopes off everywhere. Lock held: what the observer still has to do belongs to it.
    void stop_locked() noexcept {
        modules_.set_active(false);
        observer_ = nullptr;
    }

    /// From now on the first scope starts nothing by itself.
    void decide() noexcept { decided_.store(true, std::memory_order_release); }

    /// Starts what the first scope would start, unless that was decided before.
    void ensure_decided() noexcept {
        thread_state& here = this_thread_state();
        if (here.inside)
            return;
        const guard inside(here);
        decide_now();
    }

    /// The profiler that runs. Its lock is taken before the registry's.
    live_slot<live_profiler> live;

    /// The threads that are registered. Lock held.
    const mapped_vector<thread_record*>& threads() const noexcept { return threads_; }

    /// Registers a thread that never met a macro. Lock held. Null when there is no memory.
    thread_record* add_found_thread(pid_t tid) noexcept {
        thread_record* const record = new_record(tid);
        if (record != nullptr)
            record->found = true;
        return record;
    }

    /// Takes back the record of a thread that ended. Lock held.
    void remove(thread_record& record) noexcept {
        if (observer_ != nullptr)
            observer_->thread_ended(record);
        record.owner.store(0, std::memory_order_release);
        record.pending.store(false, std::memory_order_release); // a late signal finds it closed
        for (std::size_t i = 0; i < threads_.size(); ++i)
            if (threads_[i] == &record) {
                threads_[i] = threads_.back();
                threads_.pop_back();
                break;
            }
        pool_.give_back(&record);
    }

    /// Signal-safe.
    bool is_record(const void* pointer) const noexcept { return pool_.contains(pointer); }

    /// Of the run that goes on, or of the last one.
    std::uint64_t epoch() const noexcept { return __atomic_load_n(&epoch_, __ATOMIC_ACQUIRE); }

    /// The requests of the process; its own functions say which need the lock.
    request_table requests;

    /// The record of the calling thread, which is attached if need be; null when it is not
    /// profiled. `module` and `slot` as for enter().
    thread_record* attached_record(scope_module& module, thread_scopes*& slot) noexcept {
        thread_state& here = this_thread_state();
        if (here.inside)
            return nullptr;
        const guard inside(here);
        return scopes_of(module, slot, here) != nullptr ? here.record : nullptr;
    }

    /// From now on the calling thread, whose record it is, enters its scopes in `inside`, whatever
    /// module they are in. Lock-free; unlink() waits for it.
    void switch_scopes(thread_record& record, thread_scopes& inside) noexcept {
        record.switching.store(true, std::memory_order_seq_cst);
        modules_.set_this_thread(thread_pointer(), &inside);
        record.switching.store(false, std::memory_order_release);
    }

    /// The same for a thread that left a request to another, which ended it: what it goes on to do
    /// is no part of it. Takes the lock.
    void evict(const thread_record& record, const request_context& from) noexcept {
        lock locked(*this);
        for (thread_record* const each : threads_) {
            request_context* served = each->request.load(std::memory_order_relaxed);
            if (each == &record && served == &from) {
                each->request.store(nullptr, std::memory_order_relaxed);
                modules_.set_this_thread(each->owner.load(std::memory_order_relaxed),
                                         &each->scopes);
            }
        }
    }

    std::uint64_t lost_scopes() const noexcept {
        return lost_scopes_.load(std::memory_order_relaxed);
    }

    // What scope_runtime offers to scope.hpp.

    /// See scope_runtime::enter. Takes the lock only for a new thread, site or path.
    scope_node* enter(scope_module& module, thread_scopes*& slot, scope_site& site,
                      const void* pc) noexcept {
        thread_state& here = this_thread_state();
        if (here.inside)
            return nullptr;
        const guard inside(here);
        thread_scopes* const scopes = scopes_of(module, slot, here);
        if (scopes == nullptr)
            return nullptr;
        scope_record* record = __atomic_load_n(&site.record, __ATOMIC_ACQUIRE);
        if (record == nullptr) {
            lock locked(*this);
            record = table_.intern(site);
            __atomic_store_n(&site.record, record, __ATOMIC_RELEASE);
        }
        if (record == nullptr)
            return nullptr;
        scope_node& parent = *scopes->current;
        scope_node* node = scope_table::find(parent, *record);
        if (node == nullptr) {
            lock locked(*this);
            node = table_.add(parent, *record, pc);
        }
        if (node == nullptr)
            lost_scopes_.fetch_add(1, std::memory_order_relaxed);
        else
            parent.recent = node;
        return node;
    }

    void name_thread(scope_module& module, thread_scopes*& slot, const char* name) noexcept {
        thread_state& here = this_thread_state();
        if (here.inside)
            return;
        const guard inside(here);
        if (scopes_of(module, slot, here) == nullptr)
            return;
        lock locked(*this);
        std::strncpy(here.record->name, name, sizeof here.record->name - 1);
    }

    void unlink(scope_module& module) noexcept {
        lock locked(*this);
        modules_.remove(module);
        // A thread that was at the module when it left the list must not be any more.
        for (const thread_record* const record : threads_)
            while (record->switching.load(std::memory_order_seq_cst))
                ::sched_yield();
    }

    // fork: the locks are held across it; the child starts with its one thread, not profiled.

    void before_fork() noexcept {
        live.before_fork();
        ::pthread_mutex_lock(&mutex_);
    }
    void after_fork_in_parent() noexcept {
        ::pthread_mutex_unlock(&mutex_);
        live.after_fork_in_parent();
    }
    void after_fork_in_child() noexcept {
        stop_locked();
        thread_record* const own = this_thread_state().record;
        for (thread_record* const record : threads_)
            if (record != own) {
                record->reset();
                pool_.give_back(record);
            }
        threads_.clear();
        if (own != nullptr) {
            own->reset_signals();
            own->set_tid(current_tid());
            threads_.push_back(own);
        }
        ::pthread_mutex_unlock(&mutex_);
        live.after_fork_in_child();
    }

private:
    /// Marks the profiler's own code: a scope reached from it (through a hook of the program's, or
    /// a signal handler of the program's) must not enter it again. Keeps errno: the scope may be
    /// where the program handles an error.
    class guard {
    public:
        explicit guard(thread_state& state) noexcept : state_(state), errno_(errno) { set(true); }
        ~guard() {
            set(false);
            errno = errno_;
        }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;

    private:
        void set(bool value) noexcept {
            state_.inside = value;
            std::atomic_signal_fence(std::memory_order_seq_cst);
        }
        thread_state& state_;
        int errno_;
    };

    void decide_now() noexcept {
        if (!decided_.load(std::memory_order_acquire))
            if (void (*const start_by_itself)() = on_first_scope.load(std::memory_order_acquire))
                start_by_itself();
    }

    /// This thread's scopes as `module` sees them; attaches both as needed. Null: not profiled.
    thread_scopes* scopes_of(scope_module& module, thread_scopes*& slot,
                             thread_state& here) noexcept {
        decide_now();
        if (slot != nullptr)
            return slot;
        lock locked(*this);
        __atomic_store_n(&module.ticks, ticks, __ATOMIC_RELAXED);
        modules_.add(module, slot, thread_pointer());
        __atomic_store_n(&module.active, observer_ != nullptr, __ATOMIC_RELAXED);
        if (observer_ == nullptr)
            return nullptr;
        if (here.record == nullptr)
            here.record = attach();
        if (here.record != nullptr)
            slot = &here.record->scopes_inside();
        return slot;
    }

    /// Whether an earlier thread with this one's id was sampled under it.
    bool is_of_another(const thread_record& record) const noexcept {
        return record.owner.load(std::memory_order_acquire) != 0 &&
               this_thread_state().sampled_as != &record;
    }

    /// The record of this thread: the one it was found under, or a new one. Lock held.
    thread_record* attach() noexcept {
        const pid_t tid = current_tid();
        thread_record* record = nullptr;
        for (thread_record* const known : threads_)
            if (known->found && known->tid == tid && !is_of_another(*known))
                record = known;
        if (record == nullptr)
            record = new_record(tid);
        if (record == nullptr)
            return nullptr;
        record->found = false;
        this_thread_state().sampled_as = record;
        std::atomic_signal_fence(std::memory_order_seq_cst);
        record->owner.store(thread_pointer(), std::memory_order_release);
        record->last_stack_pointer.store(
            reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)),
            std::memory_order_relaxed);
        ::pthread_setspecific(exit_key_, this);
        return record;
    }

    thread_record* new_record(pid_t tid) noexcept {
        thread_record* const record = pool_.take();
        if (record == nullptr)
            return nullptr;
        if (!record->ring.open()) {
            pool_.give_back(record);
            return nullptr;
        }
        record->reset();
        record->set_tid(tid);
        threads_.push_back(record);
        if (observer_ != nullptr)
            announce(*record);
        return record;
    }

    void announce(thread_record& record) noexcept {
        __atomic_store_n(&record.scopes.epoch, epoch_, __ATOMIC_RELAXED);
        observer_->thread_started(record);
    }

    /// Runs when a thread ends, after the destructors of its thread-local objects. Scopes reached
    /// later still attach it again.
    static void thread_exits(void* self) noexcept {
        auto& of = *static_cast<registry*>(self);
        thread_state& here = of.this_thread_state();
        const guard inside(here);
        lock locked(of);
        of.modules_.set_this_thread(thread_pointer(), nullptr);
        if (here.record != nullptr)
            of.remove(*here.record);
        here.record = nullptr;
    }

    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
    pthread_key_t exit_key_ = 0;
    std::atomic<bool> decided_{false};
    std::atomic<std::uint64_t> lost_scopes_{0};
    thread_observer* observer_ = nullptr;
    scope_modules modules_;
    std::uint64_t epoch_ = 0;
    scope_table table_;
    record_pool pool_;
    mapped_vector<thread_record*> threads_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
