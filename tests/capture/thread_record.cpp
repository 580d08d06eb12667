#include <scopetree/capture/thread_record.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <thread>
#include <vector>

using scopetree::detail::record_pool;
using scopetree::detail::thread_pointer;
using scopetree::detail::thread_record;

TEST_CASE("pool: records are fresh, distinct and reused") {
    const auto pool = std::make_unique<record_pool>();
    std::set<thread_record*> taken;
    for (int i = 0; i < 100; ++i) {
        thread_record* const record = pool->take();
        REQUIRE(record != nullptr);
        CHECK(record->owner == 0);
        CHECK_FALSE(record->pending);
        CHECK(record->root.recent != nullptr);
        CHECK(record->root.parent == nullptr);
        taken.insert(record);
    }
    CHECK(taken.size() == 100);
    thread_record* const some = *taken.begin();
    pool->give_back(some);
    CHECK(pool->take() == some);
    CHECK(pool->contains(some));
}

TEST_CASE("pool: knows its records from all other pointers") {
    const auto pool = std::make_unique<record_pool>();
    CHECK_FALSE(pool->contains(nullptr));
    std::vector<thread_record*> taken;
    for (int i = 0; i < 16 + 32 + 64; ++i) // the first three blocks
        taken.push_back(pool->take());
    bool right = true;
    for (thread_record* const record : taken) {
        auto* const bytes = reinterpret_cast<char*>(record);
        right = right && pool->contains(record);
        for (std::size_t i = 1; i < sizeof *record; ++i)
            right = right && !pool->contains(bytes + i);
    }
    CHECK(right);
    // Right before and behind a block there is none, unless that is another block.
    for (thread_record* const record : taken)
        for (thread_record* const beside : {record - 1, record + 1})
            right = right && pool->contains(beside) ==
                                 (std::find(taken.begin(), taken.end(), beside) != taken.end());
    CHECK(right);
    const auto elsewhere = std::make_unique<thread_record>();
    CHECK_FALSE(pool->contains(elsewhere.get()));
    const auto other = std::make_unique<record_pool>();
    CHECK_FALSE(pool->contains(other->take()));
    CHECK_FALSE(pool->contains(reinterpret_cast<void*>(~std::uintptr_t{0})));
    CHECK_FALSE(pool->contains(reinterpret_cast<void*>(std::uintptr_t{1})));
}

TEST_CASE("pool: a record that was given back is still known") {
    const auto pool = std::make_unique<record_pool>();
    thread_record* const record = pool->take();
    pool->give_back(record);
    CHECK(pool->contains(record));
}

TEST_CASE("record: the thread pointer tells threads apart") {
    const std::uintptr_t here = thread_pointer();
    CHECK(here != 0);
    CHECK(thread_pointer() == here);
    std::uintptr_t there = 0;
    std::thread([&] { there = thread_pointer(); }).join();
    CHECK(there != 0);
    CHECK(there != here);
}

TEST_CASE("record: begins with what this_thread points to") {
    CHECK(offsetof(thread_record, scopes) == 0);
}

namespace {

/// A record that served a request on a thread, in all ways in which it can.
struct used_record {
    used_record() {
        REQUIRE(record.ring.open());
        static_cast<void>(record.ring.reserve(1));
        scopetree::detail::sample taken;
        taken.count = 1;
        record.ring.commit(taken);
        scopetree::detail::scope_table::init_root(request.root);
        request.scopes.current = &request.root;
        request.first_part = &request;
        request.epoch = record.scopes.epoch = 3;
        request.life.begin();
        part.first_part = &request;
        part.scopes.current = &request.root;
        record.scopes.current = &request.root;
        record.owner = thread_pointer();
        record.pending = record.of_another = record.switching = record.found = true;
        record.kernel_name[0] = record.kernel_name[1] = 1;
        record.stack_begin = record.stack_end = record.last_stack_pointer = 4096;
        record.request = &part;
        record.track = this;
        record.name[0] = 'n';
    }
    int samples() {
        int count = 0;
        record.ring.drain([&](const scopetree::detail::sample&) { ++count; });
        return count;
    }

    scopetree::detail::request_context request, part;
    thread_record record;
};

} // namespace

TEST_CASE("record: is reset as if it had never served a thread") {
    used_record used;
    thread_record& record = used.record;
    record.reset();
    CHECK(record.owner == 0);
    CHECK_FALSE(record.pending);
    CHECK_FALSE(record.of_another);
    CHECK_FALSE(record.switching);
    CHECK_FALSE(record.found);
    CHECK(record.kernel_name[0] == 0);
    CHECK(record.kernel_name[1] == 0);
    CHECK(record.stack_begin == 0);
    CHECK(record.stack_end == 0);
    CHECK(record.last_stack_pointer == 0);
    CHECK(record.request == nullptr);
    CHECK(record.scopes.current == &record.root);
    CHECK(record.track == nullptr);
    CHECK(record.name[0] == '\0');
    CHECK(used.samples() == 0);
}

TEST_CASE("record: without its signals it serves its thread still") {
    used_record used;
    thread_record& record = used.record;
    record.reset_signals();
    CHECK_FALSE(record.pending);
    CHECK(record.track == nullptr);
    CHECK(used.samples() == 0);
    CHECK(record.owner == thread_pointer());
    CHECK(record.request == &used.part);
    CHECK(record.name[0] == 'n');
}

TEST_CASE("record: a thread in a part serves the request that it is of") {
    used_record used;
    const thread_record& record = used.record;
    CHECK(record.serves(used.request));
    CHECK_FALSE(record.serves(used.part));
    CHECK(record.place().context == &used.part);
    CHECK(record.place().generation == used.request.generation());
    CHECK(&used.record.scopes_inside() == &used.part.scopes);
    used.record.request = nullptr;
    CHECK_FALSE(record.serves(used.request));
    CHECK(record.place().context == nullptr);
    CHECK(&used.record.scopes_inside() == &used.record.scopes);
}
