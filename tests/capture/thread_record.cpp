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
