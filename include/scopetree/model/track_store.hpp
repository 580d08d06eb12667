/// The tracks of all threads of one run, those that ended included.
#ifndef SCOPETREE_MODEL_TRACK_STORE_HPP
#define SCOPETREE_MODEL_TRACK_STORE_HPP

#include <scopetree/capture/proc.hpp>
#include <scopetree/capture/thread_record.hpp>
#include <scopetree/model/scope_usage.hpp>
#include <scopetree/model/thread_track.hpp>

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
};

/// Guarded by the registry's lock. Never calls malloc: threads begin and end on the program's own
/// threads.
class track_store {
public:
    /// Threads that ended are kept apart up to this number; further ones are added up in one.
    static constexpr std::size_t max_ended = 64;

    track_store() = default;
    track_store(const track_store&) = delete;
    track_store& operator=(const track_store&) = delete;
    ~track_store() {
        for (thread_account* const account : ended_)
            destroy(account);
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
        scope_usage::begin(record.root);
        record.track = account;
    }

    static thread_account* account_of(const thread_record& record) noexcept {
        return static_cast<thread_account*>(record.track);
    }

    /// Takes what is still in the thread's ring and closes its account.
    void end(thread_record& record, std::int64_t now_ns, std::int64_t cpu_ns) {
        thread_account* const account = account_of(record);
        if (account == nullptr)
            return;
        close(*account, record, now_ns, cpu_ns);
        record.track = nullptr;
        if (ended_.size() < max_ended) {
            ended_.push_back(account);
            return;
        }
        if (ended_.size() == max_ended) {
            ended_.push_back(new (map_pages(sizeof(thread_account))) thread_account);
            std::strcpy(ended_.back()->name, "(ended threads)");
            ended_.back()->named = true;
        }
        merge(*ended_.back(), *account);
        destroy(account);
    }

    /// A copy of a live thread's account, as if it ended now.
    thread_account copy(thread_record& record, std::int64_t now_ns, std::int64_t cpu_ns) const {
        thread_account result = *account_of(record);
        close(result, record, now_ns, cpu_ns);
        return result;
    }

    const mapped_vector<thread_account*>& ended() const noexcept { return ended_; }

    location_table locations;

private:
    void close(thread_account& account, thread_record& record, std::int64_t now_ns,
               std::int64_t cpu_ns) const {
        account.track.finish(now_ns, cpu_ns,
                             __atomic_load_n(&record.scopes.current, __ATOMIC_RELAXED));
        account.wall_ns = account.track.wall_ns();
        account.cpu_ns = account.track.cpu_ns();
        account.scopes.add(record.root, record.scopes.epoch);
        std::memcpy(account.name, record.name, sizeof account.name);
        account.named = account.name[0] != '\0';
        if (!account.named)
            read_thread_name(record.tid, account.name);
    }

    static void merge(thread_account& to, const thread_account& from) {
        to.track.tree().merge(from.track.tree());
        to.scopes.merge(from.scopes);
        to.wall_ns += from.wall_ns;
        to.cpu_ns += from.cpu_ns;
    }

    static void destroy(thread_account* account) noexcept {
        account->~thread_account();
        ::munmap(account, sizeof *account);
    }

    mapped_vector<thread_account*> ended_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
