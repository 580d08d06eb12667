#include <scopetree/model/track_store.hpp>

#include "staged_thread.hpp"
#include <support/mapped_bytes.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

using staged::thread_account;
using staged::thread_record;
using staged::track_store;

TEST_CASE("store: an account holds a thread's life, scopes and name") {
    staged::threads s;
    thread_record& record = s.start("worker", 100);
    staged::scope_node& node = s.scope(record.root, "a");
    node.calls = 5;
    s.sample(record, "mf", 150, &node);
    s.end(record, 200, 40);
    CHECK(track_store::account_of(record) == nullptr);
    int met = 0;
    s.store.for_each_ended([&](const thread_account& account) {
        ++met;
        CHECK(account.wall_ns == 100);
        CHECK(account.cpu_ns == 40);
        CHECK(account.named);
        CHECK(std::string(account.name) == "worker");
        CHECK(account.tid == record.tid);
        CHECK(staged::credits(account.track.tree(), s.store.locations) ==
              "mf[a] wall 100 cpu 40 samples 1\n");
        REQUIRE(account.scopes.counts().size() == 1);
        CHECK(account.scopes.counts()[0].calls == 5);
    });
    CHECK(met == 1);
}

TEST_CASE("store: calls count from the account's begin") {
    staged::threads s;
    thread_record& record = s.start("worker");
    staged::scope_node& node = s.scope(record.root, "a");
    node.calls = 5;
    s.end(record, 10, 0);
    s.store.begin(record, 20, 0); // the next run
    node.calls += 2;
    const thread_account copy = s.store.copy(record, 30, 0);
    REQUIRE(copy.scopes.counts().size() == 1);
    CHECK(copy.scopes.counts()[0].calls == 2);
}

TEST_CASE("store: a thread without an account ends without one") {
    staged::threads s;
    thread_record record;
    s.store.end(record, 1, 1);
    s.store.for_each_ended([](const thread_account&) { FAIL("there is none"); });
}

TEST_CASE("store: a copy closes the account and the original goes on") {
    staged::threads s;
    thread_record& record = s.start("worker");
    staged::scope_node& node = s.scope(record.root, "a");
    node.calls = 5;
    s.sample(record, "mf", 50);
    for (int i = 0; i < 2; ++i) { // copying twice counts nothing twice
        const thread_account copy = s.store.copy(record, 80, 8);
        CHECK(copy.wall_ns == 80);
        CHECK(copy.cpu_ns == 8);
        CHECK(copy.scopes.counts()[0].calls == 5);
        CHECK(track_store::account_of(record)->track.wall_ns() == 50);
        CHECK(track_store::account_of(record)->scopes.counts().empty());
    }
    s.sample(record, "mf", 100);
    CHECK(s.store.copy(record, 100, 8).wall_ns == 100);
}

TEST_CASE("store: an unnamed thread has the kernel's name, while it lives") {
    char before[16];
    REQUIRE(::pthread_getname_np(::pthread_self(), before, sizeof before) == 0);
    staged::threads s;
    thread_record record;
    record.tid = static_cast<pid_t>(::syscall(SYS_gettid));
    staged::scope_table::init_root(record.root);
    record.scopes = {&record.root, 1};
    s.store.begin(record, 0, 0);
    ::pthread_setname_np(::pthread_self(), "kernel's name");
    track_store::note_name(record);
    const thread_account alive = s.store.copy(record, 1, 1);
    ::pthread_setname_np(::pthread_self(), before);
    CHECK(std::string(alive.name) == "kernel's name");
    CHECK_FALSE(alive.named);
    track_store::account_of(record)->tid = 0x7fff'fffe; // as if it had gone
    s.store.end(record, 1, 1);
    s.store.for_each_ended(
        [](const thread_account& account) { CHECK(std::string(account.name) == "kernel's name"); });
}

TEST_CASE("store: a thread that was found has the name that its handler saw") {
    staged::threads s;
    thread_record& record = s.start("");
    record.found = true;
    std::memcpy(track_store::account_of(record)->name, "first", 6);
    SECTION("none was seen") {
        CHECK(std::string(s.store.copy(record, 1, 1).name) == "first");
    }
    SECTION("or one that it was given later") {
        std::uint64_t words[2] = {};
        std::memcpy(words, "second, longer", 14);
        for (const int word : {0, 1})
            record.kernel_name[word] = words[word];
        CHECK(std::string(s.store.copy(record, 1, 1).name) == "second, longer");
        SECTION("unless it is not known to be the thread's own") {
            record.found = false;
            CHECK(std::string(s.store.copy(record, 1, 1).name) == "first");
        }
    }
}

TEST_CASE("store: memory does not grow with the threads that ended") {
    constexpr std::size_t page = 4096;
    staged::threads s;
    const auto run = [&](int threads) {
        for (int i = 0; i < threads; ++i) {
            thread_record& record = s.start("t");
            s.sample(record, "mf", 10);
            s.end(record, 20, 0);
            s.give_back(record);
        }
    };
    run(100);
    const std::size_t before = test::mapped_bytes();
    run(4'000);
    CHECK(test::mapped_bytes() < before + 2'000 * page);
}

TEST_CASE("store: more threads than are kept apart are added up") {
    constexpr int count = 200;
    staged::threads s;
    std::int64_t wall = 0, cpu = 0;
    std::uint64_t calls = 0;
    for (int i = 0; i < count; ++i) {
        thread_record& record = s.start("t" + std::to_string(i));
        staged::scope_node& node = s.scope(record.root, "a", true);
        node.calls = 1 + static_cast<std::uint64_t>(i);
        record_duration(*node.timing, 1, 100);
        s.sample(record, i % 2 == 0 ? "mf" : "mg", 10, &node);
        const std::int64_t life = 1'000 + (i * 37) % count; // in no order
        s.end(record, life, life / 2);
        wall += life;
        cpu += life / 2;
        calls += node.calls;
    }
    std::set<std::string> names;
    std::int64_t shortest_apart = wall, wall_left = wall, cpu_left = cpu;
    const thread_account* rest = nullptr;
    s.store.for_each_ended([&](const thread_account& account) {
        names.insert(account.name);
        std::int64_t credited = 0;
        for (const auto& leaf : account.track.tree().leaves())
            credited += leaf.wall_ns;
        CHECK(credited == account.wall_ns);
        wall_left -= account.wall_ns;
        cpu_left -= account.cpu_ns;
        for (const auto& each : account.scopes.counts())
            calls -= each.calls;
        if (std::string(account.name) == "(ended threads)")
            rest = &account;
        else
            shortest_apart = std::min(shortest_apart, account.wall_ns);
    });
    CHECK(names.size() == track_store::max_ended + 1);
    CHECK(wall_left == 0);
    CHECK(cpu_left == 0);
    CHECK(calls == 0);
    REQUIRE(rest != nullptr);
    CHECK(rest->named);
    CHECK(rest->track.tree().paths().size() == 4); // m, f and g below the root
    // Those that lived longest are the ones to be seen.
    CHECK(shortest_apart == 1'000 + count - static_cast<int>(track_store::max_ended));
}

namespace {

std::int64_t time_of(const staged::thread_timeline& timeline) {
    std::int64_t time = 0;
    timeline.for_each_run([&](std::uint32_t, std::int64_t duration_ns) { time += duration_ns; });
    return time;
}

scopetree::options with_timeline(std::size_t bytes) {
    scopetree::options chosen;
    chosen.timeline = true;
    chosen.timeline_limit = bytes;
    return chosen;
}

/// A microsecond at one place, a microsecond at another.
void alternate(staged::threads& s, thread_record& record, std::int64_t from_us, int times) {
    for (int i = 1; i <= times; ++i)
        s.sample(record, i % 2 == 0 ? "mf" : "mg", (from_us + i) * 1'000);
}

} // namespace

TEST_CASE("store: timelines are recorded where they were asked for") {
    staged::threads off;
    CHECK_FALSE(track_store::account_of(off.start("a"))->track.timeline().is_recording());
    staged::threads s(with_timeline(1 << 20));
    thread_record& record = s.start("a", 100);
    s.sample(record, "mf", 150);
    s.sample(record, "mg", 180);
    const thread_account copy = s.store.copy(record, 200, 8);
    CHECK(staged::runs(copy.track, s.store.locations) == "mf 50, mg 50");
    CHECK(copy.track.begun_ns() == 100);
    CHECK(staged::runs(track_store::account_of(record)->track, s.store.locations) ==
          "mf 50, mg 30");
}

TEST_CASE("store: all timelines are thinned together, those of ended threads too") {
    constexpr std::size_t limit = 256 * 1024;
    staged::threads s(with_timeline(limit));
    thread_record& ended = s.start("ended");
    alternate(s, ended, 0, 5'000);
    s.end(ended, 5'000'000, 0);
    thread_record& live = s.start("live");
    const staged::mapped_vector<thread_record*> records(1, &live);
    const auto live_bytes = [&] { return track_store::account_of(live)->track.timeline().bytes(); };
    for (int i = 0; i < 30; ++i) {
        alternate(s, live, i * 1'000, 1'000);
        const bool full = s.store.timelines().full;
        s.store.limit_timelines(records);
        CHECK_FALSE(s.store.timelines().full);
        CHECK(live_bytes() <= (full ? limit / 4 * 3 : limit));
    }
    CHECK(s.store.timelines().shortest_ns >= 2'000'000); // the first step is two intervals
    CHECK(time_of(track_store::account_of(live)->track.timeline()) == 30'000'000);
    std::size_t used = live_bytes();
    s.store.for_each_ended([&](const thread_account& account) {
        CHECK(time_of(account.track.timeline()) == 5'000'000);
        CHECK(account.track.timeline().bytes() <= 4096); // 60 KiB at first
        used += account.track.timeline().bytes();
    });
    CHECK(s.store.timelines().used == used);
}

TEST_CASE("store: what was added up has no timeline, and its memory is free") {
    staged::threads s(with_timeline(1 << 20));
    for (int i = 0; i < 100; ++i) {
        thread_record& record = s.start("t" + std::to_string(i));
        alternate(s, record, 0, 100 + i);
        s.end(record, 1'000'000, 0);
    }
    std::size_t recorded = 0, bytes = 0;
    s.store.for_each_ended([&](const thread_account& account) {
        const auto& timeline = account.track.timeline();
        recorded += timeline.is_recording() ? 1 : 0;
        bytes += timeline.bytes();
        CHECK(time_of(timeline) == (timeline.is_recording() ? account.wall_ns : 0));
    });
    CHECK(recorded == track_store::max_ended);
    CHECK(s.store.timelines().dropped == 100 - track_store::max_ended);
    CHECK(s.store.timelines().used == bytes);
}
