/// What a thread's time is credited to: the rules that turn visits and samples into a call tree.
#ifndef SCOPETREE_MODEL_THREAD_TRACK_HPP
#define SCOPETREE_MODEL_THREAD_TRACK_HPP

#include <scopetree/model/call_tree.hpp>
#include <scopetree/model/thread_timeline.hpp>

#include <algorithm>
#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Who does not know whether a thread waits.
struct unknown {
    bool operator()() const noexcept { return false; }
};

/// One thread's account. Every nanosecond from `begin` to `finish` is credited to some leaf: the
/// tree's wall time is the thread's life, its CPU time what the thread's CPU clock advanced. All
/// times are passed in. Not thread-safe; never calls malloc.
class thread_track {
public:
    /// A thread that was waiting in a system call has used at most this since its handler ended,
    /// if it went on waiting: the way back into the kernel. Its stack is what it was.
    static constexpr std::int64_t settle_ns = 20'000;

    /// Interrupts that hit the thread on its way back add at most this. Whether it was them, or the
    /// thread has gone on, the CPU clock cannot tell.
    static constexpr std::int64_t disturbed_ns = 500'000;

    /// A thread that does not take a signal for so much of its own CPU time has blocked it.
    static constexpr std::int64_t deaf_ns = 20'000'000;

    void begin(std::int64_t now_ns, std::int64_t cpu_ns) noexcept {
        begun_ = credited_ = now_ns;
        cpu_begun_ = cpu_before_ = cpu_seen_ = cpu_credited_ = cpu_ns;
    }

    /// A visit of the timer. False: the thread has not run since its stack was last known, and the
    /// time went there. True: its stack must be sampled; then set_on_cpu, if it was found there.
    /// `still_waits()` tells whether it waits where it was last seen; asked only if that is in
    /// doubt.
    template <class Asked = unknown>
    bool visit(std::int64_t now_ns, std::int64_t cpu_ns, Asked still_waits = {}) {
        credited_count_ = 0;
        const std::int64_t since = cpu_ns - settled_cpu_;
        const bool settled =
            settling_ && (since <= settle_ns || (since <= disturbed_ns && still_waits()));
        const bool same = last_ != none && (settled || cpu_ns == cpu_seen_);
        settling_ = on_cpu_ = false;
        cpu_before_ = cpu_seen_;
        cpu_seen_ = cpu_ns;
        if (same)
            credit_wall(last_, now_ns);
        return !same;
    }

    /// What the thread was last seen waiting for is over, whatever the clock says.
    void unsettle() noexcept { settling_ = false; }

    /// The thread was on a processor, in this scope, just before the signal was sent.
    void set_on_cpu(const scope_node* scope) noexcept {
        on_cpu_ = true;
        scope_on_cpu_ = scope;
    }

    /// Whether a thread with a signal on its way has run since the visit that sent it: it has
    /// blocked the signal, or that was lost. Otherwise it will be sampled where it stopped.
    bool has_run(std::int64_t cpu_ns) const noexcept { return cpu_ns - cpu_seen_ > settle_ns; }

    /// Whether it has run for so long that there will be no sample.
    bool is_deaf(std::int64_t cpu_ns) const noexcept { return cpu_ns - cpu_seen_ > deaf_ns; }

    /// A sample that the thread's handler took. `thinned`: threads that wait are left out of ticks.
    void take(const sample& taken, location_table& locations, bool thinned) {
        credited_count_ = 0;
        const std::uint32_t found = tree_.leaf_of(taken, locations);
        // A signal takes some ten microseconds to reach another processor. A thread that ran when
        // it was sent and is found waiting has only just begun to: it counts as where it ran, or
        // all that runs before a wait would be seen that much too short.
        const bool just_waits = on_cpu_ && taken.interrupted;
        const std::uint32_t leaf = just_waits ? leaf_on_cpu() : found;
        const std::int64_t wall = std::max<std::int64_t>(taken.time_ns - credited_, 0);
        const std::int64_t ran = std::clamp<std::int64_t>(cpu_seen_ - cpu_before_, 0, wall);
        // At a system call and off the processor: it waits, or was just put off it to let the timer
        // thread run, when most of the time shows on the CPU clock.
        const bool waiting =
            taken.in_kernel && !on_cpu_ && (taken.interrupted || 8 * ran < 7 * wall);
        if (thinned && last_ != none) {
            // Threads that wait are visited less often than those that run, and what they do in
            // between goes unseen; the CPU clock says how much of the interval was running.
            if (waiting)
                credit_wall(last_running_ != none ? last_running_ : leaf, credited_ + ran);
            else if (waiting_)
                credit_wall(last_, credited_ + wall - ran);
        }
        credit_wall(leaf, taken.time_ns);
        credit(leaf, 0, 0, 1);
        if (!waiting)
            credit_cpu(leaf, cpu_seen_);
        else if (last_ != none && !waiting_) // it ran on where it was last seen, then waited
            credit_cpu(last_, cpu_seen_);
        last_ = found;
        waiting_ = waiting || just_waits;
        settling_ = taken.cpu_ns >= 0;
        settled_cpu_ = taken.cpu_ns;
    }

    /// No signal can be sent or taken: the scopes alone say where the thread is.
    void take_without_stack(std::int64_t now_ns, std::int64_t cpu_ns, const scope_node* scope) {
        credited_count_ = 0;
        last_ = tree_.leaf_of(scope);
        waiting_ = false;
        settling_ = false;
        cpu_seen_ = cpu_ns;
        credit_wall(last_, now_ns);
        credit_cpu(last_, cpu_ns);
    }

    /// The thread, or profiling, has ended: what is left goes to where the thread was last seen.
    void finish(std::int64_t now_ns, std::int64_t cpu_ns, const scope_node* scope) {
        if (last_ == none)
            last_ = tree_.leaf_of(scope);
        credit_wall(last_, now_ns);
        credit_cpu(last_running_ != none ? last_running_ : last_, std::max(cpu_ns, cpu_seen_));
    }

    /// The leaves that the last call but `finish` credited, `count` of them; each may come twice.
    struct credited_leaves {
        const std::uint32_t* leaves;
        std::uint32_t count;
    };
    credited_leaves credited() const noexcept { return {credited_leaves_, credited_count_}; }

    /// The leaf where the thread was last seen; -1 before that.
    std::uint32_t last_leaf() const noexcept { return last_; }

    const call_tree& tree() const noexcept { return tree_; }
    call_tree& tree() noexcept { return tree_; }

    /// In order, the wall time of all leaves; empty unless it was told to record.
    const thread_timeline& timeline() const noexcept { return timeline_; }
    thread_timeline& timeline() noexcept { return timeline_; }

    std::int64_t begun_ns() const noexcept { return begun_; }
    std::int64_t wall_ns() const noexcept { return credited_ - begun_; }
    std::int64_t cpu_ns() const noexcept { return cpu_credited_ - cpu_begun_; }

    /// Seen waiting in a system call when last visited.
    bool is_waiting() const noexcept { return waiting_; }

    /// The CPU clock of a thread does not go back: this is one of another thread, which has the id
    /// of this one that is gone.
    bool is_of_another(std::int64_t cpu_ns) const noexcept { return cpu_ns < cpu_seen_; }

    /// The innermost scope of where the thread was last seen; null before that.
    const scope_node* last_scope() const noexcept {
        return last_ == none ? nullptr : tree_.leaves()[last_].scope;
    }

private:
    static constexpr std::uint32_t none = hash_index::none;

    std::uint32_t leaf_on_cpu() {
        if (last_running_ != none && tree_.leaves()[last_running_].scope == scope_on_cpu_)
            return last_running_;
        return tree_.busiest_leaf_of(scope_on_cpu_);
    }

    void credit(std::uint32_t leaf, std::int64_t wall_ns, std::int64_t cpu_ns,
                std::uint64_t samples) noexcept {
        tree_.credit(leaf, wall_ns, cpu_ns, samples);
        if (credited_count_ < max_credited)
            credited_leaves_[credited_count_++] = leaf;
    }

    void credit_wall(std::uint32_t leaf, std::int64_t until_ns) {
        if (until_ns <= credited_)
            return;
        credit(leaf, until_ns - credited_, 0, 0);
        timeline_.add(leaf, until_ns - credited_);
        credited_ = until_ns;
    }

    void credit_cpu(std::uint32_t leaf, std::int64_t until_ns) noexcept {
        last_running_ = leaf;
        credit(leaf, 0, until_ns - cpu_credited_, 0);
        cpu_credited_ = until_ns;
    }

    call_tree tree_;
    thread_timeline timeline_;
    std::int64_t begun_ = 0;
    std::int64_t credited_ = 0; ///< wall time is credited up to here
    std::int64_t cpu_begun_ = 0;
    std::int64_t cpu_before_ = 0;   ///< the CPU clock at the visit before the last
    std::int64_t cpu_seen_ = 0;     ///< the CPU clock at the last visit
    std::int64_t cpu_credited_ = 0; ///< CPU time is credited up to here; the rest is carried on
    std::int64_t settled_cpu_ = 0;
    std::uint32_t last_ = none;
    std::uint32_t last_running_ = none;
    bool waiting_ = false;
    bool settling_ = false;
    bool on_cpu_ = false;
    const scope_node* scope_on_cpu_ = nullptr;

    static constexpr std::uint32_t max_credited = 6; ///< more than any call credits
    std::uint32_t credited_leaves_[max_credited] = {};
    std::uint32_t credited_count_ = 0;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
