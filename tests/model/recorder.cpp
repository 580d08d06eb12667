#include <scopetree/model/recorder.hpp>

#include "staged_thread.hpp"
#include <support/staged_modules.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

using scopetree::no_index;
using scopetree::raw_leaf;
using scopetree::raw_scope;
using scopetree::raw_thread;
using scopetree::recording;
using scopetree::detail::recorder;
using staged::scope_node;
using staged::thread_record;

namespace {

recording record(staged::threads& from, thread_record& thread, std::int64_t now_ns,
                 double ns_per_tick = 1.0) {
    recorder copy(from.store.locations, ns_per_tick, 0);
    copy.add(from.store.copy(thread, now_ns, 0), "name");
    return copy.take();
}

std::string scope_path(const raw_thread& thread, std::uint32_t at) {
    std::string path;
    for (; at != 0; at = thread.scopes[at].parent)
        path.insert(0, "/" + thread.scopes[at].name);
    return path;
}

} // namespace

TEST_CASE("recorder: copies a thread's figures") {
    staged::threads s;
    thread_record& thread = s.start("worker");
    scope_node& a = s.scope(thread.root, "a");
    a.calls = 3;
    s.sample(thread, "mf", 10, &s.scope(a, "b"));
    s.sample(thread, "mf", 15);
    const recording made = record(s, thread, 20);
    REQUIRE(made.threads.size() == 1);
    const raw_thread& copy = made.threads[0];
    CHECK(copy.name == "name");
    CHECK(copy.tid == thread.tid);
    CHECK(copy.wall_ns == 20);
    REQUIRE(copy.leaves.size() == 2);
    CHECK(scope_path(copy, copy.leaves[0].scope) == "/a/b");
    CHECK(copy.leaves[0].wall_ns == 10);
    CHECK(copy.leaves[1].scope == 0);
    CHECK(copy.leaves[1].wall_ns == 10);
    CHECK(copy.leaves[1].samples == 1);
    REQUIRE(copy.scopes.size() == 3);
    const raw_scope& first = copy.scopes[1];
    CHECK(first.name == "a");
    CHECK(first.function == "void f()");
    CHECK(first.file == "f.cpp");
    CHECK(first.line == 9);
    CHECK(first.pc == reinterpret_cast<std::uintptr_t>(a.pc));
    CHECK(first.figures.calls == 3);
    CHECK(copy.scopes[2].figures.calls == 0); // open, and not counted since the run began
    CHECK(made.locations.size() == 2);
    CHECK(made.locations[1].pc == staged::pc_of('f'));
    CHECK(made.locations[1].exact);
    CHECK_FALSE(made.locations[0].exact);
}

TEST_CASE("recorder: leaves that hold nothing are left out") {
    staged::threads s;
    thread_record& thread = s.start("worker");
    staged::track_store::account_of(thread)->track.tree().leaf_of(&thread.root);
    s.sample(thread, "mf", 10);
    CHECK(record(s, thread, 20).threads[0].leaves.size() == 1);
    SECTION("but not those with CPU time or samples alone") {
        staged::call_tree& tree = staged::track_store::account_of(thread)->track.tree();
        tree.credit(tree.leaf_of(&s.scope(thread.root, "a")), 0, 1, 0);
        CHECK(record(s, thread, 20).threads[0].leaves.size() == 2);
        tree.credit(tree.leaf_of(&s.scope(thread.root, "b")), 0, 0, 1);
        CHECK(record(s, thread, 20).threads[0].leaves.size() == 3);
    }
}

TEST_CASE("recorder: a timeline refers to the leaves that are left") {
    scopetree::options chosen;
    chosen.timeline = true;
    staged::threads s(chosen);
    thread_record& thread = s.start("worker", 1'000);
    staged::track_store::account_of(thread)->track.tree().leaf_of(&thread.root); // holds nothing
    s.sample(thread, "mf", 1'010);
    s.sample(thread, "mg", 1'015);
    s.sample(thread, "mf", 1'035);
    recorder copy(s.store.locations, 1.0, 700);
    copy.add(s.store.copy(thread, 1'040, 0), "name");
    const recording made = copy.take();
    const raw_thread& raw = made.threads[0];
    CHECK(raw.begun_ns == 300);
    REQUIRE(raw.leaves.size() == 2);
    std::string runs;
    for (const scopetree::raw_run& run : raw.timeline)
        runs += std::to_string(run.leaf) + ":" + std::to_string(run.duration_ns) + " ";
    CHECK(runs == "0:10 1:5 0:25 ");
}

TEST_CASE("recorder: ticks become nanoseconds") {
    staged::threads s;
    thread_record& thread = s.start("worker");
    scope_node& timed = s.scope(thread.root, "t", true);
    timed.calls = 100;
    for (std::uint64_t i = 1; i <= 100; ++i)
        record_duration(*timed.timing, 1, 1'000 * i);
    const recording made = record(s, thread, 20, 0.5);
    const scopetree::scope_figures& figures = made.threads[0].scopes[1].figures;
    CHECK(figures.timed);
    CHECK(figures.calls == 100);
    CHECK(figures.times.total_ns == 2'525'000);
    CHECK(figures.times.min_ns == 500);
    CHECK(figures.times.max_ns == 50'000);
    CHECK(figures.times.p50_ns == Approx(25'500).epsilon(1.0 / 16));
    CHECK(figures.times.p99_ns == Approx(50'000).epsilon(1.0 / 16));
}

TEST_CASE("recorder: every index leads to an earlier entry") {
    staged::threads s;
    std::mt19937 random(5);
    thread_record& thread = s.start("worker");
    std::vector<scope_node*> nodes{&thread.root};
    const char* const names[] = {"a", "b", "c", "d", "e"};
    for (int i = 0; i < 300; ++i) {
        scope_node& node = s.scope(*nodes[random() % nodes.size()], names[random() % 5]);
        node.calls = random() % 3; // some were entered in this run
        nodes.push_back(&node);
        std::string stack;
        for (auto depth = 1 + random() % 6; depth > 0; --depth)
            stack += static_cast<char>('a' + random() % 3);
        s.sample(thread, stack, i, nodes[random() % nodes.size()]);
    }
    const recording made = record(s, thread, 300);
    const raw_thread& copy = made.threads[0];
    REQUIRE(copy.scopes[0].parent == no_index);
    REQUIRE(copy.paths[0].parent == no_index);
    REQUIRE(copy.paths[0].location == no_index);
    for (std::uint32_t i = 1; i < copy.scopes.size(); ++i)
        REQUIRE(copy.scopes[i].parent < i);
    for (std::uint32_t i = 1; i < copy.paths.size(); ++i) {
        REQUIRE(copy.paths[i].parent < i);
        REQUIRE(copy.paths[i].location < made.locations.size());
    }
    std::int64_t wall = 0;
    for (const raw_leaf& leaf : copy.leaves) {
        REQUIRE(leaf.path < copy.paths.size());
        REQUIRE(leaf.scope < copy.scopes.size());
        wall += leaf.wall_ns;
    }
    CHECK(wall == copy.wall_ns);
    std::set<std::string> paths;
    for (std::uint32_t i = 0; i < copy.scopes.size(); ++i)
        paths.insert(scope_path(copy, i));
    CHECK(paths.size() == copy.scopes.size()); // none is there twice
}

TEST_CASE("recorder: threads do not share scopes, but locations") {
    staged::threads s;
    thread_record& one = s.start("one");
    thread_record& two = s.start("two");
    s.sample(one, "mf", 10, &s.scope(one.root, "a"));
    s.sample(two, "mf", 10, &s.scope(two.root, "a"));
    recorder copy(s.store.locations, 1.0, 0);
    copy.add(s.store.copy(one, 10, 0), "one");
    copy.add(s.store.copy(two, 10, 0), "two");
    const recording made = copy.take();
    REQUIRE(made.threads.size() == 2);
    for (const raw_thread& thread : made.threads) {
        CHECK(thread.scopes.size() == 2);
        CHECK(scope_path(thread, thread.leaves[0].scope) == "/a");
    }
    CHECK(made.locations.size() == 2);
}

TEST_CASE("recorder: modules come with what was known of them") {
    staged::modules loader;
    scopetree::detail::module_map map;
    const std::uintptr_t at = staged::pc_of('f') & ~std::uintptr_t{0xfff};
    loader.load("lib.so", at, 0x1000);
    loader.refresh(map);
    staged::threads s;
    s.store.locations.update(map);
    thread_record& thread = s.start("worker");
    s.sample(thread, "mf", 10);
    const recording made = record(s, thread, 10);
    REQUIRE(made.modules.size() == 2);
    CHECK(made.modules[1].path == "lib.so");
    CHECK(made.modules[1].load_address == at);
    CHECK(made.modules[1].begin == at);
    CHECK(made.modules[1].end == at + 0x1000);
    CHECK(made.modules[1].build_id.empty());
    CHECK(made.locations[1].module == 1);
}
