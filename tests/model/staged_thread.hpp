/// Thread records with scopes, as the registry would have them, without threads.
#ifndef SCOPETREE_TESTS_MODEL_STAGED_THREAD_HPP
#define SCOPETREE_TESTS_MODEL_STAGED_THREAD_HPP

#include "staged_track.hpp"

#include <scopetree/capture/thread_record.hpp>
#include <scopetree/model/track_store.hpp>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

namespace staged {

class threads {
public:
    explicit threads(const scopetree::options& chosen = {}) : store(chosen) {}

    /// `name` as PROFILE_THREAD would have given it.
    thread_record& start(const std::string& name, std::int64_t now_ns = 0) {
        thread_record& record = *pool_->take();
        record.tid = ++last_tid_;
        record.scopes.current = &record.root;
        record.scopes.epoch = 1;
        std::strncpy(record.name, name.c_str(), sizeof record.name - 1);
        store.begin(record, now_ns, 0);
        return record;
    }

    /// The child of a scope; made when it is not there.
    scope_node& scope(scope_node& parent, const char* name, bool timed = false) {
        const scope_site site{
            name, "void f()", "f.cpp", 9, timed ? std::uint16_t{1} : std::uint16_t{0}, 0, nullptr};
        const scope_record& record = *table_->intern(site);
        scope_node* const known = scope_table::find(parent, record);
        return known != nullptr ? *known : *table_->add(parent, record, &last_tid_);
    }

    void sample(thread_record& record, const std::string& stack, std::int64_t time_ns,
                const scope_node* scope = nullptr) {
        staged_sample made(stack);
        made.taken.time_ns = time_ns;
        made.taken.scope = scope != nullptr ? scope : &record.root;
        track_store::account_of(record)->track.take(made.taken, store.locations, false);
    }

    void end(thread_record& record, std::int64_t now_ns, std::int64_t cpu_ns) {
        store.end(record, now_ns, cpu_ns);
        store.limit_ended();
    }

    /// For another thread to use.
    void give_back(thread_record& record) { pool_->give_back(&record); }

    track_store store;

private:
    std::unique_ptr<record_pool> pool_ = std::make_unique<record_pool>();
    std::unique_ptr<scope_table> table_ = std::make_unique<scope_table>();
    pid_t last_tid_ = 0x7000'0000; // larger than any the kernel gives
};

} // namespace staged

#endif
