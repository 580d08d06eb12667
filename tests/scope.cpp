#include <scopetree/scope.hpp>

#include <scopetree/capture/runtime.hpp>
#include <scopetree/model/scope_usage.hpp>
#include <support/own_thread.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

using namespace scopetree::detail;

namespace {

/// A run that only counts.
class counting_run final : public thread_observer {
public:
    counting_run() { REQUIRE(own_registry().start(*this)); }
    ~counting_run() {
        const registry::lock locked(own_registry());
        own_registry().stop_locked();
    }
    counting_run(const counting_run&) = delete;
    counting_run& operator=(const counting_run&) = delete;
    void thread_started(thread_record&) noexcept override {}
    void thread_ended(thread_record&) noexcept override {}
};

using expected = std::map<std::string, std::uint64_t>;

/// How often the scopes on each path were entered by `part`, on a thread of its own.
template <class Part>
expected calls_in(Part&& part) {
    expected result;
    const counting_run run;
    test::on_own_thread([&] {
        { PROFILE_SCOPE("attach"); }
        scope_node& root = own_registry().this_thread_state().record->root;
        scope_usage::begin(root);
        part();
        CHECK(this_thread->current == &root);
        scope_usage usage;
        usage.add(root, this_thread->epoch);
        for (const scope_usage::count& count : usage.counts()) {
            std::string path;
            for (const scope_node* at = count.node; at->parent != nullptr; at = at->parent)
                path.insert(0, std::string("/") + at->record->name);
            result[path] += count.calls;
        }
    });
    return result;
}

void named() {
    PROFILE_SCOPE("named");
}
inline void inlined() {
    PROFILE_SCOPE("inlined");
}
template <class T>
void generic(T) {
    PROFILE_SCOPE("generic");
}
void recursive(int depth) {
    PROFILE_SCOPE("r");
    if (depth > 1)
        recursive(depth - 1);
}
struct member {
    member() { PROFILE_SCOPE("constructor"); }
    ~member() { PROFILE_SCOPE("destructor"); }
    void operator()() const { PROFILE_SCOPE("operator"); }
};
void throwing() {
    PROFILE_SCOPE("throwing");
    throw std::runtime_error("thrown");
}

} // namespace

TEST_CASE("scope: every pass counts") {
    CHECK(calls_in([] {
              for (int i = 0; i < 1'000; ++i)
                  named();
          }) == expected{{"/named", 1'000}});
}

TEST_CASE("scope: nesting makes paths") {
    CHECK(calls_in([] {
              PROFILE_SCOPE("outer");
              for (int i = 0; i < 3; ++i) {
                  PROFILE_SCOPE("middle");
                  named();
                  named();
              }
              named();
          }) == expected{{"/outer", 1},
                         {"/outer/middle", 3},
                         {"/outer/middle/named", 6},
                         {"/outer/named", 1}});
}

TEST_CASE("scope: all forms of the macros") {
    CHECK(calls_in([] {
              SCOPETREE_PROFILE_SCOPE("a");
              PROFILE_TIMED_SCOPE("b");
              SCOPETREE_PROFILE_TIMED_SCOPE("c");
              PROFILE_FUNCTION();
              SCOPETREE_PROFILE_FUNCTION();
              PROFILE_THREAD("named");
              SCOPETREE_PROFILE_THREAD(std::string("named again").c_str());
              CHECK(std::string(own_registry().this_thread_state().record->name) == "named again");
          }) == expected{{"/a", 1}, {"/a/b", 1}, {"/a/b/c", 1}, {"/a/b/c/", 1}, {"/a/b/c//", 1}});
}

TEST_CASE("scope: two on one line") {
    // clang-format off
    CHECK(calls_in([] { PROFILE_SCOPE("one"); PROFILE_SCOPE("two"); }) ==
          expected{{"/one", 1}, {"/one/two", 1}});
    // clang-format on
}

TEST_CASE("scope: in lambdas, templates, members and inline functions") {
    CHECK(calls_in([] {
              const auto lambda = [](int times) {
                  PROFILE_SCOPE("lambda");
                  for (int i = 0; i < times; ++i)
                      inlined();
              };
              lambda(2);
              generic(1);
              generic(1.0);
              const member object;
              object();
          }) == expected{{"/lambda", 1},
                         {"/lambda/inlined", 2},
                         {"/generic", 2},
                         {"/constructor", 1},
                         {"/operator", 1},
                         {"/destructor", 1}});
}

TEST_CASE("scope: each instance of a template is a scope of its own") {
    const counting_run run;
    test::on_own_thread([] {
        generic(1);
        generic(1.0);
        int met = 0;
        const scope_node& root = own_registry().this_thread_state().record->root;
        for (const scope_node* at = root.first_child; at != nullptr; at = at->next_sibling)
            met += std::string(at->record->name) == "generic";
        CHECK(met == 2);
    });
}

TEST_CASE("scope: recursion goes deeper") {
    CHECK(calls_in([] {
              recursive(3);
              recursive(1);
          }) == expected{{"/r", 2}, {"/r/r", 1}, {"/r/r/r", 1}});
}

TEST_CASE("scope: an exception leaves its scopes") {
    CHECK(calls_in([] {
              for (int i = 0; i < 3; ++i) {
                  try {
                      PROFILE_SCOPE("tried");
                      throwing();
                  } catch (const std::runtime_error&) {
                      PROFILE_SCOPE("caught");
                  }
              }
          }) == expected{{"/tried", 3}, {"/tried/throwing", 3}, {"/caught", 3}});
}

TEST_CASE("scope: many siblings are each counted right") {
    std::mt19937 random(1);
    expected truth;
    CHECK(calls_in([&] {
              static const char* const names[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8"};
              static scope_site sites[9];
              for (int i = 0; i < 9; ++i)
                  sites[i] = {names[i], "f", "f.cpp", 1, 0, 0, nullptr};
              for (int i = 0; i < 20'000; ++i) {
                  const auto at = random() % 9;
                  const scopetree::scope here(sites[at]);
                  ++truth[std::string("/") + names[at]];
              }
          }) == truth);
}

TEST_CASE("scope: timed scopes record every pass") {
    const counting_run run;
    test::on_own_thread([] {
        for (int i = 0; i < 100; ++i) {
            PROFILE_TIMED_SCOPE("timed passes");
        }
        const scope_node* const node = this_thread->current->recent;
        REQUIRE(node->timing != nullptr);
        const scope_timing& timing = *node->timing;
        CHECK(timing.epoch == this_thread->epoch);
        CHECK(timing.min <= timing.max);
        CHECK(timing.total >= 100 * timing.min);
        CHECK(timing.total <= 100 * timing.max);
        std::uint64_t passes = 0;
        for (std::uint32_t i = 0; i < scope_timing::bucket_count; ++i)
            passes += timing.count_in(i);
        CHECK(passes == 100);
    });
}

TEST_CASE("scope: what is open when a run begins or ends stays in order") {
    test::on_own_thread([] {
        own_registry().decide(); // nothing starts by itself
        PROFILE_SCOPE("before"); // not running: it does nothing
        CHECK(this_thread == nullptr);
        {
            const counting_run run;
            PROFILE_SCOPE("within");
            CHECK(std::string(this_thread->current->record->name) == "within");
        }
        {
            PROFILE_SCOPE("after");
            CHECK(this_thread->current->parent == nullptr);
        }
        const counting_run run;
        PROFILE_SCOPE("again");
        CHECK(this_thread->current->parent->parent == nullptr);
    });
}

TEST_CASE("scope: a thread that ends while the run goes on may be followed by another") {
    const counting_run run;
    for (int i = 0; i < 3; ++i)
        test::on_own_thread([] {
            PROFILE_SCOPE("worker");
            CHECK(std::string(this_thread->current->record->name) == "worker");
        });
    CHECK(own_registry().threads().empty());
}

TEST_CASE("scope: the hot path's state needs no constructor and no destructor") {
    STATIC_REQUIRE(std::is_same_v<decltype(this_thread), thread_scopes*>);
    STATIC_REQUIRE(std::is_trivially_destructible_v<scope_site>);
    STATIC_REQUIRE(std::is_trivially_destructible_v<scope_module>);
    STATIC_REQUIRE(std::is_trivially_destructible_v<scope_node>);
    STATIC_REQUIRE(std::is_trivial_v<thread_scopes>);
    STATIC_REQUIRE(sizeof(scopetree::scope) <= 3 * sizeof(void*));
    STATIC_REQUIRE(sizeof(scopetree::timed_scope) <= 3 * sizeof(void*));
    STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<scopetree::scope>);
    STATIC_REQUIRE(noexcept(scopetree::scope(std::declval<scope_site&>())));
}

TEST_CASE("scope: ticks do not run backwards") {
    std::uint64_t last = read_ticks();
    bool forward = true;
    for (int i = 0; i < 10'000; ++i) {
        const std::uint64_t now = read_ticks();
        forward = forward && now >= last;
        last = now;
    }
    CHECK(forward);
}

TEST_CASE("scope: buckets of durations are in order and at most a sixteenth wide") {
    for (std::uint64_t ticks = 0; ticks < 32; ++ticks)
        CHECK(timing_bucket(ticks) == ticks);
    std::map<std::uint32_t, std::pair<std::uint64_t, std::uint64_t>> ends; // lowest, highest
    std::mt19937_64 random(1);
    std::uint64_t last = 0;
    bool right = true;
    const auto meet = [&](std::uint64_t ticks) {
        const std::uint32_t bucket = timing_bucket(ticks);
        right = right && bucket < scope_timing::bucket_count;
        right = right && (ticks < last || bucket >= timing_bucket(last));
        last = ticks;
        auto& [low, high] = ends.emplace(bucket, std::pair{ticks, ticks}).first->second;
        low = std::min(low, ticks);
        high = std::max(high, ticks);
    };
    for (std::uint64_t ticks = 0; ticks < 100'000; ++ticks)
        meet(ticks);
    for (int i = 0; i < 100'000; ++i)
        meet(random() >> (18 + random() % 40)); // below 2^46
    CHECK(right);
    for (const auto& [bucket, range] : ends)
        if (16 * (range.second - range.first) > range.first)
            FAIL("bucket " << bucket << ": " << range.first << " … " << range.second);
    CHECK(timing_bucket(~std::uint64_t{0}) == scope_timing::bucket_count - 1);
}
