#include <scopetree/capture/registry.hpp>

#include "staged_registry.hpp"
#include <support/own_thread.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/wait.h>

using namespace scopetree::detail;
using staged::here;
using staged::module_state;
using staged::noting_observer;
using staged::site;
using staged::staged_run;
using staged::tids;
using test::on_own_thread;

TEST_CASE("registry: a thread is attached by its first scope and leaves when it ends") {
    staged_run s;
    scope_site a = site("a");
    pid_t tid = 0;
    on_own_thread([&] {
        tid = current_tid();
        scope_node* const node = s.enter(a);
        REQUIRE(node != nullptr);
        CHECK(std::string(node->record->name) == "a");
        CHECK(node->pc == &a);
        CHECK(a.record == node->record);
        CHECK(node->parent == here().current);
        CHECK(here().current->recent == node);
        CHECK(tids(s.registry_) == std::set<pid_t>{tid});
        REQUIRE(s.observer.started.size() == 1);
        thread_record& record = *s.observer.started[0];
        CHECK(record.owner == thread_pointer());
        CHECK(record.tid == tid);
        CHECK(record.last_stack_pointer != 0);
        CHECK(s.registry_.this_thread_state().sampled_as == &record);
        CHECK(&record.scopes == &here());
        CHECK(s.registry_.is_record(&record));
        CHECK(s.enter(a) == node);
        CHECK(s.observer.started.size() == 1);
        CHECK(s.observer.ended.empty());
        record.pending = true;
    });
    CHECK(tids(s.registry_).empty());
    CHECK(s.observer.ended == s.observer.started);
    CHECK(s.observer.started[0]->owner == 0);
    CHECK_FALSE(s.observer.started[0]->pending); // a late signal finds it closed
    CHECK(s.registry_.is_record(s.observer.started[0]));
}

TEST_CASE("registry: the record of a thread that ended serves another") {
    staged_run s;
    scope_site a = site("a");
    const scope_node* first = nullptr;
    on_own_thread([&] {
        first = s.enter(a);
        s.registry_.name_thread(s.state.module, module_state::slot(), "one");
    });
    on_own_thread([&] {
        CHECK(s.enter(a) == first); // its paths, too
        CHECK(s.observer.started[1] == s.observer.started[0]);
        CHECK(s.observer.started[1]->name[0] == '\0');
        CHECK(here().current == &s.observer.started[1]->root);
    });
}

TEST_CASE("registry: nested scopes are paths") {
    staged_run s;
    on_own_thread([&] {
        scope_site a = site("a"), b = site("b");
        scope_node* const in_a = s.enter(a);
        here().current = in_a;
        scope_node* const in_b = s.enter(b);
        CHECK(in_b->parent == in_a);
        CHECK(in_a->recent == in_b);
        here().current = in_a->parent;
        CHECK(s.enter(b) != in_b);
        CHECK(s.enter(a) == in_a);
        CHECK(in_a->parent->recent == in_a);
    });
}

TEST_CASE("registry: a second run is refused while one goes on") {
    staged_run s;
    noting_observer other;
    CHECK_FALSE(s.registry_.start(other));
    on_own_thread([&] {
        scope_site a = site("a");
        s.enter(a);
    });
    CHECK(s.observer.started.size() == 1);
    CHECK(other.started.empty());
    s.stop();
    CHECK(s.registry_.start(other));
}

TEST_CASE("registry: without a run scopes do nothing") {
    staged_run s;
    s.stop();
    on_own_thread([&] {
        scope_site a = site("a");
        CHECK(s.enter(a) == nullptr);
        CHECK(module_state::slot() == nullptr);
        CHECK(s.state.module.active == 0);
        CHECK(s.state.module.tls_offset != 0);
        CHECK(s.observer.started.empty());
        SECTION("and a start turns them on") {
            noting_observer next;
            REQUIRE(s.registry_.start(next));
            CHECK(s.state.module.active == 1);
            CHECK(s.enter(a) != nullptr);
            CHECK(next.started.size() == 1);
            s.stop();
            CHECK(s.state.module.active == 0);
        }
    });
}

TEST_CASE("registry: every start is an epoch and tells of the threads there are") {
    staged_run s;
    on_own_thread([&] {
        scope_site a = site("a");
        REQUIRE(s.enter(a) != nullptr);
        const std::uint64_t epoch = here().epoch;
        s.stop();
        noting_observer next;
        REQUIRE(s.registry_.start(next));
        CHECK(here().epoch != epoch);
        CHECK(next.started == s.observer.started);
        s.stop();
    });
}

TEST_CASE("registry: a module learns where to read ticks") {
    staged_run s;
    s.registry_.ticks = []() noexcept { return std::uint64_t{7}; };
    on_own_thread([&] {
        scope_site a = site("a");
        s.enter(a);
    });
    CHECK(s.state.module.ticks == s.registry_.ticks);
}

TEST_CASE("registry: a run starts with routes at zero") {
    staged_run s;
    request_route* route = nullptr;
    {
        const registry::lock locked(s.registry_);
        route = s.registry_.requests.add("GET", "/a");
    }
    REQUIRE(route != nullptr);
    route->add(10, 5, true);
    s.stop();
    CHECK(route->latencies.count() == 1);
    noting_observer next;
    REQUIRE(s.registry_.start(next));
    CHECK(route->latencies.count() == 0);
}

TEST_CASE("registry: names are copied and cut") {
    staged_run s;
    on_own_thread([&] {
        const std::string name(100, 'n');
        s.registry_.name_thread(s.state.module, module_state::slot(), name.c_str());
        REQUIRE(s.observer.started.size() == 1);
        CHECK(std::string(s.observer.started[0]->name) == std::string(63, 'n'));
        s.registry_.name_thread(s.state.module, module_state::slot(), "short");
        CHECK(std::string(s.observer.started[0]->name) == "short");
    });
}

TEST_CASE("registry: a module that is unloaded is not written to") {
    staged_run s;
    module_state other;
    on_own_thread([&] {
        scope_site a = site("a"), b = site("b");
        s.enter(a);
        module_state::slot() = nullptr; // another module's is empty still
        REQUIRE(s.registry_.enter(other.module, module_state::slot(), b, &b) != nullptr);
        CHECK(other.module.active == 1);
        s.registry_.unlink(other.module);
        CHECK(other.module.active == 0);
        s.stop();
        noting_observer next;
        REQUIRE(s.registry_.start(next));
        CHECK(other.module.active == 0);
        CHECK(s.state.module.active == 1);
        s.registry_.unlink(other.module); // twice does no harm
        s.stop();
    });
}

TEST_CASE("registry: the profiler's own code enters no scope") {
    staged_run s;
    on_own_thread([&] {
        scope_site a = site("a");
        s.registry_.this_thread_state().inside = true;
        CHECK(s.enter(a) == nullptr);
        s.registry_.name_thread(s.state.module, module_state::slot(), "x");
        s.registry_.this_thread_state().inside = false;
        CHECK(s.observer.started.empty());
        CHECK(s.enter(a) != nullptr);
        CHECK_FALSE(s.registry_.this_thread_state().inside);
    });
}

TEST_CASE("registry: scopes that are nested too deep are counted as lost") {
    staged_run s;
    on_own_thread([&] {
        scope_site r = site("r");
        for (std::uint32_t i = 0; i < scope_table::max_depth; ++i) {
            scope_node* const node = s.enter(r);
            REQUIRE(node != nullptr);
            here().current = node;
        }
        CHECK(s.registry_.lost_scopes() == 0);
        CHECK(s.enter(r) == nullptr);
        CHECK(s.enter(r) == nullptr);
        CHECK(s.registry_.lost_scopes() == 2);
    });
}

TEST_CASE("registry: the first scope decides once, unless that has been done") {
    static std::atomic<int> asked{0};
    asked = 0;
    registry& of = staged::make_registry();
    noting_observer observer;
    module_state state;
    const auto enter = [&] {
        scope_site a = site("a");
        return of.enter(state.module, module_state::slot(), a, &a);
    };
    static registry* deciding = nullptr;
    deciding = &of;
    on_own_thread([&] {
        of.on_first_scope = [] {
            asked += deciding->this_thread_state().inside ? 1 : 100; // its scopes do nothing
            errno = EDOM;
        };
        errno = EBADF;
        enter();
        CHECK(errno == EBADF);
        CHECK(asked == 1);
        SECTION("by whom it concerns") {
            of.decide();
        }
        SECTION("by a run") {
            REQUIRE(of.start(observer));
            const registry::lock locked(of);
            of.stop_locked();
        }
        enter();
        CHECK(asked == 1);
    });
}

TEST_CASE("registry: the child of a fork has its one thread and no run") {
    staged_run s;
    std::atomic<bool> done{false}, entered{false};
    std::thread other([&] {
        scope_site b = site("b");
        s.enter(b);
        entered = true;
        while (!done)
            std::this_thread::yield();
    });
    while (!entered)
        std::this_thread::yield();
    on_own_thread([&] {
        scope_site a = site("a");
        REQUIRE(s.enter(a) != nullptr);
        const thread_scopes* const own = &here();
        thread_record& record = *s.registry_.this_thread_state().record;
        record.pending = true; // a signal that the child will not get
        s.registry_.before_fork();
        const pid_t child = ::fork();
        if (child == 0) {
            s.registry_.after_fork_in_child();
            int wrong = 0;
            wrong |= tids(s.registry_) == std::set<pid_t>{current_tid()} ? 0 : 1;
            wrong |= s.state.module.active == 0 ? 0 : 2;
            wrong |= &here() == own ? 0 : 4;
            wrong |= !record.pending && record.track == nullptr ? 0 : 32;
            noting_observer next; // it may start again
            wrong |= s.registry_.start(next) && next.started.size() == 1 ? 0 : 8;
            wrong |= s.enter(a) != nullptr ? 0 : 16;
            ::_exit(wrong);
        }
        s.registry_.after_fork_in_parent();
        REQUIRE(child > 0);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
        CHECK(tids(s.registry_).size() == 2);
        CHECK(s.state.module.active == 1);
    });
    done = true;
    other.join();
}
