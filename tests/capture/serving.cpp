#include <scopetree/capture/serving.hpp>

#include "staged_registry.hpp"
#include <support/own_thread.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

using namespace scopetree::detail;
using test::on_own_thread;

namespace {

/// A run of the process's own registry, in which nobody takes samples.
struct staged_run {
    staged_run() {
        threads.decide();
        REQUIRE(threads.start(observer));
    }
    ~staged_run() {
        const registry::lock locked(threads);
        threads.stop_locked();
    }

    request_context& begin(const char* path = "/a") {
        return *begin_request(threads, "GET", path).context;
    }
    serving serve(request_context& request, std::int64_t now_ns = monotonic_ns(),
                  request_context* kept = nullptr) {
        return start_serving(threads, request, &entry, now_ns, kept);
    }

    registry& threads = *find_registry();
    staged::noting_observer observer;
    int entry = 0; ///< stands for the function that serves
};

std::string innermost(const scope_node& root, const scope_node* at) {
    return at == &root ? "-" : at->record->name;
}

thread_record& here() {
    return *find_registry()->this_thread_state().record;
}

} // namespace

TEST_CASE("serving: nothing begins while nobody profiles") {
    find_registry()->decide();
    on_own_thread([] { CHECK(begin_request(*find_registry(), "GET", "/a").context == nullptr); });
}

TEST_CASE("serving: a thread's scopes are the request's meanwhile, then its own again") {
    staged_run s;
    on_own_thread([&] {
        PROFILE_SCOPE("outside");
        request_context& request = s.begin();
        CHECK(here().place().context == nullptr);
        const serving now = s.serve(request);
        {
            PROFILE_SCOPE("inside");
            CHECK(innermost(request.root, request.scopes.current) == "inside");
            CHECK(innermost(here().root, here().scopes.current) == "outside");
            CHECK(here().place().context == &request);
            CHECK(here().place().generation == request.generation());
            CHECK(here().place().scope == request.scopes.current);
            CHECK(here().place().pc == &s.entry);
            CHECK(request.scopes.epoch == s.threads.epoch()); // by which durations are told apart
        }
        CHECK(request.scopes.current == &request.root);
        stop_serving(s.threads, now);
        CHECK(here().place().context == nullptr);
        PROFILE_SCOPE("outside again");
        CHECK(innermost(here().root, here().scopes.current) == "outside again");
        end_request(s.threads, request, monotonic_ns());
    });
}

TEST_CASE("serving: one request within another") {
    staged_run s;
    on_own_thread([&] {
        request_context& a = s.begin("/a");
        request_context& b = s.begin("/b");
        const serving in_a = s.serve(a, a.begun_ns);
        PROFILE_SCOPE("around b");
        const scope_node& around_b = *a.scopes.current;
        const serving in_b = s.serve(b);
        CHECK(a.active == 0);                // it waits
        CHECK(s.serve(b).record == nullptr); // already
        CHECK(here().place().context == &b);
        request_context& c = s.begin("/c");
        const int other_entry = 0;
        const serving in_c = start_serving(s.threads, c, &other_entry, monotonic_ns());
        CHECK(here().place().pc == &other_entry);
        stop_serving(s.threads, in_c);
        CHECK(here().place().pc == &s.entry);
        end_request(s.threads, c, monotonic_ns());
        stop_serving(s.threads, in_b);
        CHECK(here().place().context == &a);
        CHECK(a.active == 1);
        CHECK(around_b.awaited_ns >= static_cast<std::uint64_t>(b.active_ns));
        CHECK(b.active_ns > 0);
        stop_serving(s.threads, in_a);
        end_request(s.threads, b, monotonic_ns());
        end_request(s.threads, a, monotonic_ns());
        CHECK(a.served_ns <= a.latency_ns - b.served_ns);
    });
}

TEST_CASE("serving: latency and time served, by a clock of ours") {
    staged_run s;
    on_own_thread([&] {
        request_context& request = s.begin("/clock");
        request.begun_ns = 1'000;
        begin_serving(request, 1'000);
        begin_serving(request, 1'200); // another thread beside
        end_serving(request, 1'500);
        end_serving(request, 1'600);
        begin_serving(request, 2'000);
        request.status = 503;
        end_request(s.threads, request, 2'500); // and still goes on
        CHECK(request.latency_ns == 1'500);
        CHECK(request.served_ns == 1'100);
        CHECK(request.route->latencies.count() == 1);
        CHECK(request.route->latency_ns == 1'500);
        CHECK(request.route->served_ns == 1'100);
        CHECK(request.route->max_ns == 1'500);
        CHECK(request.route->errors == 1);
        request_context& early = s.begin("/clock");
        early.begun_ns = 1'000;
        begin_serving(early, 900); // by another processor's clock
        end_serving(early, 2'000);
        early.status = 500;
        end_request(s.threads, early, 1'500);
        CHECK(early.served_ns == 500); // no more than the latency
        CHECK(request.route->errors == 2);
        request_context& good = s.begin("/clock");
        good.status = 499;
        end_request(s.threads, good, monotonic_ns());
        CHECK(request.route->errors == 2);
    });
}

TEST_CASE("serving: a wait is that of the scope in which the request is resumed") {
    staged_run s;
    on_own_thread([&] {
        request_context& request = s.begin("/waits");
        request.begun_ns = 500;
        request_context* const kept = take_part(s.threads, request);
        const serving now = s.serve(request, 1'000, kept);
        end_serving(request, 1'050);
        begin_serving(*kept, 1'100); // no scope is open
        {
            PROFILE_SCOPE("fetch");
            const scope_node& fetch = *request.scopes.current;
            end_serving(request, 1'500);
            begin_serving(*kept, 1'800);
            CHECK(fetch.awaited_ns == 300);
            {
                PROFILE_SCOPE("query");
                const scope_node& query = *request.scopes.current;
                end_serving(request, 2'000);
                begin_serving(*kept, 2'100);
                end_serving(request, 2'150);
                begin_serving(*kept, 2'200);
                CHECK(query.awaited_ns == 150);
            }
            begin_serving(request, 2'300); // another thread beside it: nobody waits
            end_serving(request, 2'400);
            begin_serving(*kept, 2'500);
            end_serving(request, 2'600);
            end_serving(request, 2'700);
            begin_serving(*kept, 2'690); // by another clock
            CHECK(fetch.awaited_ns == 300);
        }
        CHECK(request.root.awaited_ns == 0);
        stop_serving(s.threads, now);
        end_request(s.threads, request, monotonic_ns());
    });
}

TEST_CASE("serving: several threads at once have scopes of their own") {
    staged_run s;
    on_own_thread([&] {
        request_context& request = s.begin();
        const serving now = s.serve(request);
        PROFILE_SCOPE("first");
        request_context* part = nullptr;
        std::thread([&] {
            const serving beside = s.serve(request);
            part = beside.part;
            CHECK(s.serve(request).record == nullptr); // already
            PROFILE_SCOPE("second");
            stop_serving(s.threads, beside);
        }).join();
        REQUIRE(part != nullptr);
        CHECK(part != &request);
        CHECK(&part->request() == &request);
        CHECK(innermost(request.root, request.scopes.current) == "first");
        std::thread([&] {
            const serving beside = s.serve(request);
            CHECK(beside.part == part); // free again
            stop_serving(s.threads, beside);
        }).join();
        stop_serving(s.threads, now);
        end_request(s.threads, request, monotonic_ns());
    });
}

TEST_CASE("serving: scopes that are open in a part move with it to another thread") {
    staged_run s;
    on_own_thread([&] {
        request_context& request = s.begin();
        request_context* const kept = take_part(s.threads, request);
        REQUIRE(kept == &request);
        const serving first = s.serve(request, monotonic_ns(), kept);
        CHECK(s.serve(request, monotonic_ns(), kept).record == nullptr); // already
        request_context* const other = take_part(s.threads, request);
        const serving aside = s.serve(request, monotonic_ns(), other);
        CHECK(here().place().context == other); // though it serves the request already
        stop_serving(s.threads, aside);
        CHECK(here().place().context == kept);
        PROFILE_SCOPE("open");
        std::thread([&] {
            const serving second = s.serve(request, monotonic_ns(), kept);
            CHECK(innermost(request.root, here().place().scope) == "open");
            PROFILE_SCOPE("deeper");
            CHECK(innermost(request.root, request.scopes.current) == "deeper");
            CHECK(take_part(s.threads, request) != kept);
            stop_serving(s.threads, second);
        }).join();
        CHECK(request.users.is_held(request.users.number()));
        stop_serving(s.threads, first);
        CHECK(request.users.is_held(request.users.number()));
        CHECK(innermost(request.root, request.scopes.current) == "open");
        end_request(s.threads, request, monotonic_ns());
    });
}

TEST_CASE("serving: what a thread does after the request has ended is its own") {
    staged_run s;
    on_own_thread([&] {
        request_context& request = s.begin();
        REQUIRE(request_table::hold(reference_to(request)));
        const serving now = s.serve(request);
        end_request(s.threads, request, monotonic_ns());
        CHECK(here().place().context == nullptr);
        {
            PROFILE_SCOPE("own");
            CHECK(innermost(here().root, here().scopes.current) == "own");
        }
        CHECK(request.active == 1);
        stop_serving(s.threads, now);
        CHECK(request.active == 0);
        CHECK(here().place().context == nullptr);
        s.threads.requests.release(request, s.threads.epoch());
    });
}

TEST_CASE("serving: a thread that a request was taken from serves it no longer") {
    staged_run s;
    on_own_thread([&] {
        request_context& request = s.begin();
        const serving now = s.serve(request);
        std::thread([&] { stop_serving(s.threads, now); }).join();
        CHECK(here().place().context == nullptr);
        PROFILE_SCOPE("own");
        CHECK(innermost(here().root, here().scopes.current) == "own");
        CHECK(request.scopes.current == &request.root);
        end_request(s.threads, request, monotonic_ns());
    });
}

TEST_CASE("serving: a thread goes on with its own request when it ends another") {
    staged_run s;
    on_own_thread([&] {
        request_context& a = s.begin("/a");
        request_context& b = s.begin("/b");
        const serving in_a = s.serve(a);
        end_request(s.threads, b, monotonic_ns());
        CHECK(here().place().context == &a);
        stop_serving(s.threads, in_a);
        end_request(s.threads, a, monotonic_ns());
    });
}

TEST_CASE(
    "serving: a request is taken only from the thread that had it, and only if it has it still") {
    staged_run s;
    on_own_thread([&] {
        request_context& a = s.begin("/a");
        request_context& b = s.begin("/b");
        request_context* const kept = take_part(s.threads, a);
        const serving before = s.serve(a, monotonic_ns(), kept);
        std::thread([&] {
            const serving resumed = s.serve(a, monotonic_ns(), kept);
            stop_serving(s.threads, before);
            CHECK(here().place().context == kept);
            stop_serving(s.threads, resumed);
        }).join();
        CHECK(here().place().context == nullptr);
        const serving in_b = s.serve(b);
        const serving late = before;
        std::thread([&] { s.threads.evict(*late.record, *late.part); }).join();
        CHECK(here().place().context == &b);
        stop_serving(s.threads, in_b);
        end_request(s.threads, b, monotonic_ns());
        end_request(s.threads, a, monotonic_ns());
    });
}

TEST_CASE("serving: a module that meets its first scope in a request enters it there") {
    staged_run s;
    on_own_thread([&] {
        request_context& request = s.begin();
        const serving now = s.serve(request);
        staged::module_state other;
        scope_site site = staged::site("a");
        const scope_node* const node =
            s.threads.enter(other.module, staged::module_state::slot(), site, &site);
        REQUIRE(node != nullptr);
        CHECK(node->parent == &request.root);
        CHECK(staged::module_state::slot() == &request.scopes);
        s.threads.unlink(other.module);
        stop_serving(s.threads, now);
        end_request(s.threads, request, monotonic_ns());
    });
}

TEST_CASE("serving: what was served before may be over") {
    staged_run s;
    on_own_thread([&] {
        request_context& a = s.begin("/a");
        request_context& b = s.begin("/b");
        static_cast<void>(s.serve(a));
        const serving in_b = s.serve(b);
        a.route->slow_ns = a.latency_ns = INT64_MAX;
        end_request(s.threads, a, monotonic_ns()); // by somebody else, who forgot this thread
        REQUIRE(s.threads.requests.take_context(*a.route) == &a);
        s.threads.requests.begin(a, s.threads.epoch(), 0);
        stop_serving(s.threads, in_b);
        CHECK(here().place().context == nullptr);
        end_request(s.threads, b, monotonic_ns());
    });
}

TEST_CASE("serving: a request of an earlier run is left alone") {
    on_own_thread([] {
        request_context* left_over = nullptr;
        {
            staged_run s;
            left_over = &s.begin("/old");
            static_cast<void>(s.serve(*left_over));
        }
        staged_run s;
        PROFILE_SCOPE("attach");
        CHECK(here().place().context == nullptr);
        request_context& request = s.begin("/old");
        CHECK(&request != left_over);
        const serving now = s.serve(request);
        CHECK(here().place().context == &request);
        stop_serving(s.threads, now);
        end_request(s.threads, request, monotonic_ns());
        end_request(s.threads, *left_over, monotonic_ns());
        CHECK(request.route->latencies.count() == 1);
    });
}

TEST_CASE("serving: threads that come and go all the time lose no scope and no time") {
    staged_run s;
    on_own_thread([&] {
        request_context& request = s.begin("/busy");
        std::atomic<int> wrong{0};
        std::vector<std::thread> workers;
        for (int t = 0; t < 4; ++t)
            workers.emplace_back([&] {
                for (int i = 0; i < 5'000; ++i) {
                    const serving now = s.serve(request);
                    {
                        PROFILE_SCOPE("step");
                        if (innermost(now.part->root, now.part->scopes.current) != "step")
                            ++wrong;
                    }
                    stop_serving(s.threads, now);
                }
            });
        for (std::thread& worker : workers)
            worker.join();
        CHECK(wrong == 0);
        CHECK(request.active == 0);
        std::uint64_t calls = 0;
        for (request_context* part = &request; part != nullptr; part = part->next_part)
            request_table::for_each_entered(part->root,
                                            [&](const scope_node& node) { calls += node.calls; });
        CHECK(calls == 20'000);
        end_request(s.threads, request, monotonic_ns());
    });
}
