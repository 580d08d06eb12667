#include <scopetree/capture/registry.hpp>

#include "staged_registry.hpp"
#include <support/own_thread.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include <pthread.h>

using namespace scopetree::detail;
using staged::here;
using staged::module_state;
using staged::site;
using staged::staged_run;
using staged::tids;
using test::on_own_thread;

TEST_CASE("registry: the threads that are left are those that have not ended") {
    staged_run s;
    on_own_thread([&] {
        scope_site a = site("a");
        s.enter(a);
        on_own_thread([&] {
            s.enter(a);
            on_own_thread([&] { s.enter(a); });
            on_own_thread([&] { s.enter(a); });
        });
        CHECK(tids(s.registry_) == std::set<pid_t>{current_tid()});
        on_own_thread([&] {
            s.enter(a);
            thread_record* first = nullptr;
            {
                const registry::lock locked(s.registry_);
                REQUIRE(s.registry_.threads().size() == 2);
                first = s.registry_.threads()[0];
                s.registry_.remove(*first); // not the newest
            }
            CHECK(tids(s.registry_) == std::set<pid_t>{current_tid()});
        });
        module_state::slot() = nullptr; // what the end of this thread would do
        s.registry_.this_thread_state().record = nullptr;
    });
    CHECK(tids(s.registry_).empty());
}

TEST_CASE("registry: a scope reached after a thread's end attaches it again") {
    static staged_run* run = nullptr;
    static int entered = 0;
    staged_run s;
    run = &s;
    entered = 0;
    pthread_key_t later; // its destructor runs after the registry's, which has a lower number
    REQUIRE(::pthread_key_create(&later, [](void*) {
                scope_site a = site("a");
                entered += module_state::slot() == nullptr ? 1 : 0;
                entered += run->enter(a) != nullptr ? 1 : 0;
            }) == 0);
    on_own_thread([&] {
        scope_site a = site("a");
        REQUIRE(s.enter(a) != nullptr);
        ::pthread_setspecific(later, &s);
    });
    ::pthread_key_delete(later);
    CHECK(entered == 2);
    CHECK(s.observer.started.size() == 2);
    CHECK(s.observer.ended.size() == 2);
    CHECK(tids(s.registry_).empty());
}

TEST_CASE("registry: a thread that was found is adopted when it meets a macro") {
    staged_run s;
    on_own_thread([&] {
        const thread_record& found = s.find_this_thread();
        CHECK(found.found);
        CHECK(found.owner == 0);
        CHECK(s.observer.started.size() == 1);
        scope_site a = site("a");
        REQUIRE(s.enter(a) != nullptr);
        CHECK(&here() == &found.scopes);
        CHECK_FALSE(found.found);
        CHECK(found.owner == thread_pointer());
        CHECK(s.observer.started.size() == 1);
        CHECK(tids(s.registry_).size() == 1);
    });
    CHECK(tids(s.registry_).empty());
}

TEST_CASE("registry: what was found under the id of a thread that is gone is not adopted") {
    staged_run s;
    on_own_thread([&] {
        thread_record& found = s.find_this_thread();
        found.owner = thread_pointer(); // as its handler left it; not on this thread
        scope_site a = site("a");
        REQUIRE(s.enter(a) != nullptr);
        CHECK(&here() != &found.scopes);
        CHECK(found.found);
        const registry::lock locked(s.registry_);
        s.registry_.remove(found);
    });
    CHECK(tids(s.registry_).empty());
}

TEST_CASE("registry: many threads at once") {
    staged_run s;
    scope_site sites[] = {site("a"), site("b"), site("c"), site("d"), site("e"), site("f")};
    constexpr int count = 8;
    std::atomic<int> wrong{0};
    for (int round = 0; round < 5; ++round) {
        std::vector<std::thread> threads;
        for (int i = 0; i < count; ++i)
            threads.emplace_back([&] {
                for (int k = 0; k < 2'000; ++k) {
                    scope_node* const node = s.enter(sites[k % 6]);
                    if (node == nullptr || node->parent != here().current) {
                        ++wrong;
                        return;
                    }
                    if (node->depth < 5)
                        here().current = node;
                    else
                        here().current = node->parent->parent;
                }
            });
        for (std::thread& thread : threads)
            thread.join();
    }
    CHECK(wrong == 0);
    CHECK(tids(s.registry_).empty());
    CHECK(s.observer.started.size() == 5 * count);
    CHECK(s.observer.ended.size() == 5 * count);
}
