/// The tracks of all threads of one run, those that ended included.
#ifndef SCOPETREE_MODEL_TRACK_STORE_HPP
#define SCOPETREE_MODEL_TRACK_STORE_HPP

#include <scopetree/capture/proc.hpp>
#include <scopetree/capture/thread_record.hpp>
#include <scopetree/model/request_store.hpp>
#include <scopetree/model/scope_usage.hpp>
#include <scopetree/model/session.hpp>
#include <scopetree/model/thread_track.hpp>
#include <scopetree/options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A thread's account as it is kept, or copied out for a report.
struct thread_account {
    thread_track track;
    scope_usage scopes;
    std::int64_t tid = 0;
    std::int64_t wall_ns = 0;
    std::int64_t cpu_ns = 0;
    char name[64] = {};
    bool named = false; ///< by PROFILE_THREAD; otherwise `name` is what the kernel has
    const request_context* served = nullptr; ///< when last sampled
    std::uint32_t served_generation = 0;
    mapped_vector<request_leaf> request_leaves; ///< by leaf of the track
};

/// Guarded by the registry's lock. Never calls malloc: threads begin and end on the program's own
/// threads.
class track_store {
public:
    /// So many threads that ended are kept apart; the others are added up in one.
    static constexpr std::size_t max_ended = 64;

    track_store() = default;
    explicit track_store(const options& chosen) noexcept : requests(chosen.slowest_requests) {
        timelines_.limit = chosen.timeline ? chosen.timeline_limit : 0;
        timelines_.interval_ns = chosen.interval.count();
    }
    track_store(const track_store&) = delete;
    track_store& operator=(const track_store&) = delete;
    ~track_store() {
        for (thread_account* const account : ended_)
            destroy(account);
        if (rest_ != nullptr)
            destroy(rest_);
    }

    /// The account is found through thread_record::track. Without memory the thread has none.
    void begin(thread_record& record, std::int64_t now_ns, std::int64_t cpu_ns) {
        record.track = nullptr;
        void* const room = map_pages(sizeof(thread_account));
        if (room == nullptr)
            return;
        auto* const account = new (room) thread_account;
        account->tid = record.tid;
        account->track.begin(now_ns, cpu_ns);
        if (timelines_.limit != 0)
            account->track.timeline().begin(timelines_);
        scope_usage::begin(record.root);
        record.track = account;
    }

    /// Notes what the kernel calls the thread, in case it ends before it is sampled.
    static void note_name(const thread_record& record) noexcept {
        if (thread_account* const account = account_of(record))
            read_name(*account);
    }

    static thread_account* account_of(const thread_record& record) noexcept {
        return static_cast<thread_account*>(record.track);
    }

    /// A sample that the thread's handler took; `thinned` as for thread_track::take.
    void take(thread_account& account, const sample& taken, bool thinned) {
        sample filed = taken;
        filed.scope = requests.scope_of(taken.scope, taken.request);
        account.track.take(filed, locations, thinned);
        requests.see(account.request_leaves, account.track.last_leaf(), taken, locations);
        requests.pass_on(account.request_leaves, account.track);
        account.served = taken.request.context;
        account.served_generation = taken.request.generation;
    }

    /// The same where no stack could be taken; `where` has the time and the place, in a request
    /// that is held.
    void take_without_stack(thread_account& account, const sample& where, std::int64_t cpu_ns) {
        account.track.take_without_stack(where.time_ns, cpu_ns,
                                         requests.scope_of(where.scope, where.request));
        requests.see(account.request_leaves, account.track.last_leaf(), where, locations);
        requests.pass_on(account.request_leaves, account.track);
    }

    /// Closes the thread's account.
    void end(thread_record& record, std::int64_t now_ns, std::int64_t cpu_ns) {
        thread_account* const account = account_of(record);
        if (account == nullptr)
            return;
        close(*account, record, now_ns, cpu_ns);
        record.track = nullptr;
        ended_.push_back(account);
    }

    /// Keeps the accounts of ended threads bounded: those that lived shortest are added up in one,
    /// which has no timeline.
    void limit_ended() {
        if (ended_.size() <= max_ended)
            return;
        if (rest_ == nullptr) {
            void* const room = map_pages(sizeof(thread_account));
            if (room == nullptr)
                return;
            rest_ = new (room) thread_account;
            std::strcpy(rest_->name, ended_threads_name);
            rest_->named = true;
        }
        const auto shortest = std::min_element(
            ended_.begin(), ended_.end(), [](const thread_account* a, const thread_account* b) {
                return a->wall_ns < b->wall_ns;
            });
        merge(*rest_, **shortest);
        timelines_.used -= (*shortest)->track.timeline().bytes();
        ++timelines_.dropped;
        destroy(*shortest);
        *shortest = ended_.back();
        ended_.pop_back();
    }

    /// Makes all timelines coarser, until a quarter of their limit is free, when one found no room.
    /// `live`: the records of the threads that have not ended. Linear in the number of runs.
    template <class Records>
    void limit_timelines(const Records& live) {
        if (!timelines_.full)
            return;
        timelines_.full = false;
        while (count_timelines(live) > timelines_.limit / 4 * 3) {
            timelines_.double_shortest();
            for_each_timeline(live, [](thread_timeline& timeline) { timeline.thin(); });
        }
    }

    const timeline_budget& timelines() const noexcept { return timelines_; }

    /// Calls `use(const thread_account&)` for every thread that ended, and for those added up.
    template <class Use>
    void for_each_ended(Use&& use) const {
        for (const thread_account* const account : ended_)
            use(*account);
        if (rest_ != nullptr)
            use(*rest_);
    }

    /// A copy of a live thread's account, as if it ended now.
    thread_account copy(thread_record& record, std::int64_t now_ns, std::int64_t cpu_ns) const {
        thread_account result = *account_of(record);
        close(result, record, now_ns, cpu_ns);
        return result;
    }

    location_table locations;
    request_store requests;

private:
    void close(thread_account& account, thread_record& record, std::int64_t now_ns,
               std::int64_t cpu_ns) const {
        account.track.finish(now_ns, cpu_ns,
                             __atomic_load_n(&record.scopes.current, __ATOMIC_RELAXED));
        account.wall_ns = account.track.wall_ns();
        account.cpu_ns = account.track.cpu_ns();
        account.scopes.add(record.root, record.scopes.epoch);
        account.named = record.name[0] != '\0';
        if (account.named)
            std::memcpy(account.name, record.name, sizeof account.name);
        else if (record.found && record.kernel_name[0].load(std::memory_order_relaxed) != 0)
            copy_kernel_name(account, record);
        else
            read_name(account);
    }

    static void copy_kernel_name(thread_account& account, const thread_record& record) noexcept {
        std::uint64_t name[2];
        for (const int word : {0, 1})
            name[word] = record.kernel_name[word].load(std::memory_order_relaxed);
        std::memcpy(account.name, name, sizeof name);
    }

    static void read_name(thread_account& account) noexcept {
        char name[sizeof account.name];
        read_thread_name(static_cast<pid_t>(account.tid), name);
        if (name[0] != '\0') // a thread that is gone keeps the name it had
            std::memcpy(account.name, name, sizeof name);
    }

    static void merge(thread_account& to, const thread_account& from) {
        to.track.tree().merge(from.track.tree());
        to.scopes.merge(from.scopes);
        to.wall_ns += from.wall_ns;
        to.cpu_ns += from.cpu_ns;
    }

    template <class Records, class Use>
    void for_each_timeline(const Records& live, Use&& use) {
        for (const thread_record* const record : live)
            if (thread_account* const account = account_of(*record))
                use(account->track.timeline());
        for (thread_account* const account : ended_)
            use(account->track.timeline());
    }

    template <class Records>
    std::size_t count_timelines(const Records& live) {
        timelines_.used = 0;
        for_each_timeline(live,
                          [&](const thread_timeline& each) { timelines_.used += each.bytes(); });
        return timelines_.used;
    }

    static void destroy(thread_account* account) noexcept {
        account->~thread_account();
        ::munmap(account, sizeof *account);
    }

    mapped_vector<thread_account*> ended_;
    thread_account* rest_ = nullptr;
    timeline_budget timelines_; ///< no limit: none are recorded
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
