#include <scopetree/model/thread_track.hpp>

#include "staged_track.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>

using staged::staged_scope;
using staged::staged_track;

namespace {

constexpr std::int64_t settle = staged::thread_track::settle_ns;
constexpr std::int64_t disturbed = staged::thread_track::disturbed_ns;
constexpr std::int64_t deaf = staged::thread_track::deaf_ns;

} // namespace

TEST_CASE("track: a thread that has not run is credited where it was and not sampled") {
    staged_track t;
    t.track.begin(100, 7);
    CHECK(t.track.visit(110, 12)); // nothing is known of it yet
    t.take("mf", 111);
    CHECK_FALSE(t.track.visit(120, 12));
    CHECK_FALSE(t.track.visit(130, 12));
    CHECK(t.credits() == "mf wall 30 cpu 5 samples 1\n");
    CHECK(t.track.visit(140, 13));
    t.take("mg", 141);
    CHECK(t.credits() == "mf wall 30 cpu 5 samples 1\n"
                         "mg wall 11 cpu 1 samples 1\n");
    t.track.finish(150, 15, nullptr);
    CHECK(t.credits() == "mf wall 30 cpu 5 samples 1\n"
                         "mg wall 20 cpu 3 samples 1\n");
    CHECK(t.track.wall_ns() == 50);
    CHECK(t.track.cpu_ns() == 8);
    CHECK(t.runs() == "mf 30, mg 20");
}

TEST_CASE("track: a first visit samples even a thread whose clock stands still") {
    staged_track t;
    t.track.begin(0, 5);
    CHECK(t.track.visit(10, 5));
}

TEST_CASE("track: a thread that settles in its system call gets one signal") {
    staged_track t;
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000'000, 100));
    t.take_in_kernel("mw", 1'000'001, 300);
    SECTION("the way back into the kernel is no reason for a second one") {
        CHECK_FALSE(t.track.visit(2'000'000, 300 + settle));
        CHECK_FALSE(t.track.visit(3'000'000, 300 + settle));
        CHECK_FALSE(t.track.visit(4'000'000, 300 + settle));
        CHECK(t.track.visit(5'000'000, 300 + settle + 1));
    }
    SECTION("really running is") {
        CHECK(t.track.visit(2'000'000, 300 + settle + 1));
    }
    SECTION("where an interrupt may have been charged to it, it is looked at") {
        CHECK_FALSE(t.track.visit(2'000'000, 300 + disturbed, [] { return true; }));
        CHECK(t.track.visit(3'000'000, 300 + disturbed + 1, [] { return true; }));
    }
    SECTION("and sampled if it does not wait there any more") {
        CHECK(t.track.visit(2'000'000, 300 + disturbed, [] { return false; }));
    }
    SECTION("more than interrupts take is sampled without a look") {
        CHECK(t.track.visit(2'000'000, 300 + disturbed + 1, [] {
            FAIL("asked");
            return true;
        }));
    }
    SECTION("what it waited for is over: it is sampled whatever its clock says") {
        t.track.unsettle();
        CHECK(t.track.visit(2'000'000, 301));
    }
    SECTION("the allowance holds for the next visit only") {
        CHECK_FALSE(t.track.visit(2'000'000, 300));
        CHECK(t.track.visit(3'000'000, 301));
    }
    SECTION("each wake-up is seen and settles anew") {
        CHECK(t.track.visit(2'000'000, 100'000));
        t.take_in_kernel("mx", 2'000'001, 101'000);
        CHECK_FALSE(t.track.visit(3'000'000, 101'500));
        CHECK(t.track.wall_ns() == 3'000'000);
    }
}

TEST_CASE("track: outside of a system call there is nothing to settle") {
    staged_track t;
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000'000, 100));
    t.take("mf", 1'000'001);
    CHECK(t.track.visit(2'000'000, 101));
}

TEST_CASE("track: CPU time before a wait belongs to where the thread was seen running") {
    staged_track t;
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000, 900));
    t.take("mf", 1'000);
    CHECK_FALSE(t.track.is_waiting());
    CHECK(t.track.visit(2'000, 1'000)); // ran 100 of 1,000, then waited
    t.take_in_kernel("mw", 2'000, 1'010);
    CHECK(t.track.is_waiting());
    CHECK(t.credits() == "mf wall 1000 cpu 1000 samples 1\n"
                         "mw wall 1000 cpu 0 samples 1\n");
    SECTION("CPU time between two waits is carried over to where the thread runs next") {
        CHECK(t.track.visit(102'000, 50'000));
        t.take_in_kernel("mw", 102'000, 50'010);
        CHECK(t.track.visit(103'000, 80'000));
        t.take("mg", 103'000);
        CHECK_FALSE(t.track.is_waiting());
        CHECK(t.credits() == "mf wall 1000 cpu 1000 samples 1\n"
                             "mw wall 101000 cpu 0 samples 2\n"
                             "mg wall 1000 cpu 79000 samples 1\n");
    }
}

TEST_CASE("track: CPU time that nobody ran for in the end goes to where the thread last ran") {
    staged_track t;
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000, 900));
    t.take("mf", 1'000);
    CHECK(t.track.visit(2'000, 1'000));
    t.take_in_kernel("mw", 2'000, 1'010);
    t.track.finish(3'000, 1'020, nullptr);
    CHECK(t.credits() == "mf wall 1000 cpu 1020 samples 1\n"
                         "mw wall 2000 cpu 0 samples 1\n");
}

TEST_CASE("track: a thread that was only seen waiting keeps its CPU time there") {
    staged_track t;
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000, 10));
    t.take_in_kernel("mw", 1'000, 20);
    t.track.finish(2'000, 30, nullptr);
    CHECK(t.credits() == "mw wall 2000 cpu 30 samples 1\n");
}

TEST_CASE("track: a system call that works is not a wait") {
    staged_track t;
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000, 100));
    SECTION("since the thread was on a processor") {
        t.track.set_on_cpu(nullptr);
        t.take_in_kernel("mr", 1'000, 110);
        CHECK_FALSE(t.track.is_waiting());
        CHECK(t.credits() == "mr wall 1000 cpu 100 samples 1\n");
        SECTION("which holds for this visit only") {
            CHECK(t.track.visit(2'000, 50'000));
            CHECK(t.track.visit(102'000, 60'000));
            t.take_in_kernel("mr", 102'000, 60'010);
            CHECK(t.track.is_waiting());
        }
    }
    SECTION("since seven eighths of the interval were on the clock: it was put off just now") {
        t.take("mf", 1'000);
        CHECK(t.track.visit(2'000, 975));
        t.take_in_kernel("mr", 2'000, 985);
        CHECK_FALSE(t.track.is_waiting());
        CHECK(t.credits() == "mf wall 1000 cpu 100 samples 1\n"
                             "mr wall 1000 cpu 875 samples 1\n");
    }
    SECTION("a little less is one that has just begun") {
        t.take("mf", 1'000);
        CHECK(t.track.visit(2'000, 974));
        t.take_in_kernel("mw", 2'000, 984);
        CHECK(t.track.is_waiting());
        CHECK(t.credits() == "mf wall 1000 cpu 974 samples 1\n"
                             "mw wall 1000 cpu 0 samples 1\n");
    }
}

TEST_CASE("track: a wait is one though most of the interval was on the clock") {
    staged_track t;
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000, 100));
    t.take("mf", 1'000);
    CHECK(t.track.visit(2'000, 1'050));
    t.take_in_wait("mw", 2'000, 1'060, nullptr);
    CHECK(t.track.is_waiting());
    CHECK(t.credits() == "mf wall 1000 cpu 1050 samples 1\n"
                         "mw wall 1000 cpu 0 samples 1\n");
}

TEST_CASE("track: a wait that began while the signal was on its way has not begun yet") {
    staged_track t;
    const staged_scope work("work"), rest("rest");
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000, 900));
    t.take("mf", 1'000, false, &work.node);
    CHECK(t.track.visit(2'000, 1'800));
    t.track.set_on_cpu(&work.node);
    SECTION("what ran there last goes on") {
        t.take_in_wait("mw", 2'010, 1'830, &rest.node);
        CHECK(t.credits() == "mf[work] wall 2010 cpu 1800 samples 2\n"
                             "mw[rest] wall 0 cpu 0 samples 0\n");
        CHECK(t.track.is_waiting());
        CHECK_FALSE(t.track.visit(3'000, 1'840));
        CHECK(t.credits() == "mf[work] wall 2010 cpu 1800 samples 2\n"
                             "mw[rest] wall 990 cpu 0 samples 0\n");
    }
    SECTION("of another scope it is what ran most") {
        t.take("mg", 2'010, false, &rest.node);
        CHECK(t.track.visit(3'000, 2'100));
        t.take("mh", 3'010, false, &rest.node);
        CHECK(t.track.visit(4'000, 3'000));
        t.track.set_on_cpu(&work.node);
        t.take_in_wait("mw", 4'010, 3'030, &rest.node);
        CHECK(t.credits() == "mf[work] wall 2000 cpu 1800 samples 2\n"
                             "mg[rest] wall 1010 cpu 900 samples 1\n"
                             "mh[rest] wall 1000 cpu 300 samples 1\n"
                             "mw[rest] wall 0 cpu 0 samples 0\n");
    }
    SECTION("of a scope that was never seen it is the scope") {
        const staged_scope other("other");
        t.track.set_on_cpu(&other.node);
        t.take_in_wait("mw", 2'010, 1'830, &rest.node);
        CHECK(t.credits() == "mf[work] wall 1000 cpu 900 samples 1\n"
                             "mw[rest] wall 0 cpu 0 samples 0\n"
                             "(no stack)[other] wall 1010 cpu 900 samples 1\n");
    }
    SECTION("one that was off the processor waits") {
        CHECK(t.track.visit(2'500, 1'900));
        t.take_in_wait("mw", 2'510, 1'930, &rest.node);
        CHECK(t.credits() == "mf[work] wall 1000 cpu 1900 samples 1\n"
                             "mw[rest] wall 1510 cpu 0 samples 1\n");
    }
}

TEST_CASE("track: while a signal is pending nothing is credited") {
    staged_track t;
    const staged_scope s("S");
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000, 10));
    CHECK_FALSE(t.track.has_run(10 + settle)); // to where it stopped, at most
    CHECK(t.track.has_run(10 + settle + 1));
    t.visit_pending(2'000, 10, &s.node);
    CHECK(t.track.has_run(10 + deaf)); // and did not take the signal
    t.visit_pending(3'000, 10 + deaf, &s.node);
    CHECK(t.credits().empty());
    t.take("mf", 3'500);
    CHECK(t.credits() == "mf wall 3500 cpu 10 samples 1\n");
}

TEST_CASE("track: a thread that blocks the signal is credited to its scopes") {
    staged_track t;
    const staged_scope s("S"), r("R");
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000, 10));
    t.visit_pending(2'000, 10 + deaf + 1, &s.node);
    CHECK(t.credits() == "(no stack)[S] wall 2000 cpu 20000011 samples 0\n");
    t.visit_pending(3'000, 10 + 2 * deaf, &r.node); // not deaf for long enough again
    CHECK(t.track.wall_ns() == 2'000);
    t.visit_pending(4'000, 10 + 2 * deaf + 2, &r.node);
    CHECK(t.credits() == "(no stack)[S] wall 2000 cpu 20000011 samples 0\n"
                         "(no stack)[R] wall 2000 cpu 20000001 samples 0\n");
    SECTION("the signal that comes through in the end counts from there") {
        t.take("mf", 4'500);
        CHECK(t.credits() == "(no stack)[S] wall 2000 cpu 20000011 samples 0\n"
                             "(no stack)[R] wall 2000 cpu 20000001 samples 0\n"
                             "mf wall 500 cpu 0 samples 1\n");
    }
}

TEST_CASE("track: without a signal the scopes alone say where the thread is") {
    staged_track t;
    const staged_scope s("S");
    t.track.begin(0, 0);
    CHECK(t.track.last_scope() == nullptr);
    CHECK(t.track.visit(1'000, 10));
    t.track.take_without_stack(1'000, 10, &s.node);
    CHECK(t.track.last_scope() == &s.node);
    CHECK_FALSE(t.track.visit(2'000, 10));
    CHECK(t.track.visit(3'000, 11));
    t.track.take_without_stack(3'000, 11, nullptr);
    CHECK(t.credits() == "(no stack)[S] wall 2000 cpu 10 samples 0\n"
                         "(no stack) wall 1000 cpu 1 samples 0\n");
}

TEST_CASE("track: without a signal a wait ends and nothing is settled") {
    staged_track t;
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000, 10));
    t.take_in_kernel("mw", 1'000, 20);
    CHECK(t.track.is_waiting());
    t.track.take_without_stack(2'000, 30, nullptr);
    CHECK_FALSE(t.track.is_waiting());
    CHECK(t.track.visit(3'000, 31));
}

TEST_CASE("track: a visit that came late divides the time by the CPU clock") {
    staged_track t;
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000, 1'000));
    t.take("mf", 1'000);
    SECTION("from running to waiting: what ran belongs to where it ran") {
        CHECK(t.track.visit(11'000, 3'000));
        t.take_in_kernel("mw", 11'000, 3'010, true);
        CHECK(t.credits() == "mf wall 3000 cpu 3000 samples 1\n"
                             "mw wall 8000 cpu 0 samples 1\n");
        CHECK(t.runs() == "mf 3000, mw 8000");
    }
    SECTION("from waiting to running") {
        CHECK(t.track.visit(2'000, 1'100));
        t.take_in_kernel("mw", 2'000, 1'110);
        CHECK(t.track.visit(12'000, 51'110));
        t.take("mg", 12'000, true); // never more than the interval
        CHECK(t.runs() == "mf 1000, mw 1000, mg 10000");
        CHECK(t.credits() == "mf wall 1000 cpu 1100 samples 1\n"
                             "mw wall 1000 cpu 0 samples 1\n"
                             "mg wall 10000 cpu 50010 samples 1\n");
    }
    SECTION("from waiting to running, in the order in which it was") {
        CHECK(t.track.visit(2'000, 1'100));
        t.take_in_kernel("mw", 2'000, 1'110);
        CHECK(t.track.visit(102'000, 51'110));
        t.take("mg", 102'000, true);
        CHECK(t.runs() == "mf 1000, mw 50990, mg 50010");
    }
    SECTION("from running to running it does not") {
        CHECK(t.track.visit(11'000, 3'000));
        t.take("mg", 11'000, true);
        CHECK(t.credits() == "mf wall 1000 cpu 1000 samples 1\n"
                             "mg wall 10000 cpu 2000 samples 1\n");
    }
    SECTION("nor does one that came in time") {
        CHECK(t.track.visit(11'000, 3'000));
        t.take_in_kernel("mw", 11'000, 3'010, false);
        CHECK(t.credits() == "mf wall 1000 cpu 3000 samples 1\n"
                             "mw wall 10000 cpu 0 samples 1\n");
    }
}

TEST_CASE("track: running between two late visits that saw it wait is not lost") {
    staged_track t;
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000'000, 900'000));
    t.take("mf", 1'000'000);
    CHECK(t.track.visit(2'000'000, 950'000));
    t.take_in_kernel("mw", 2'000'000, 960'000);
    CHECK(t.track.visit(12'000'000, 3'950'000));
    t.take_in_kernel("mw", 12'000'000, 3'960'000, true);
    CHECK(t.credits() == "mf wall 4000000 cpu 950000 samples 1\n"
                         "mw wall 8000000 cpu 0 samples 2\n");
}

TEST_CASE("track: a first sample has nothing to divide with") {
    staged_track t;
    t.track.begin(0, 0);
    CHECK(t.track.visit(10'000, 100));
    t.take_in_kernel("mw", 10'000, 110, true);
    CHECK(t.credits() == "mw wall 10000 cpu 0 samples 1\n");
}

TEST_CASE("track: a thread that was never visited is credited to its scopes") {
    staged_track t;
    const staged_scope s("S");
    t.track.begin(100, 10);
    t.track.finish(150, 15, &s.node);
    CHECK(t.credits() == "(no stack)[S] wall 50 cpu 5 samples 0\n");
}

TEST_CASE("track: a clock that can no longer be read takes nothing back") {
    staged_track t;
    t.track.begin(0, 0);
    CHECK(t.track.visit(1'000, 900));
    t.take("mf", 1'000);
    t.track.finish(2'000, -1, nullptr);
    CHECK(t.credits() == "mf wall 2000 cpu 900 samples 1\n");
}

TEST_CASE("track: a sample that is older than what was credited adds no time") {
    staged_track t;
    t.track.begin(0, 0);
    t.track.take_without_stack(2'000, 10, nullptr);
    t.take_in_kernel("mf", 1'500, 20);
    CHECK_FALSE(t.track.is_waiting()); // for no time at all
    CHECK(t.credits() == "(no stack) wall 2000 cpu 10 samples 0\n"
                         "mf wall 0 cpu 0 samples 1\n");
    t.take("mf", 1'700, true);
    CHECK(t.track.wall_ns() == 2'000);
}

TEST_CASE("track: a CPU clock that goes back is another thread's") {
    staged_track t;
    t.track.begin(0, 500);
    CHECK(t.track.is_of_another(499));
    CHECK_FALSE(t.track.is_of_another(500));
    CHECK(t.track.visit(1'000, 900));
    CHECK(t.track.is_of_another(899));
    CHECK_FALSE(t.track.is_of_another(901));
}
