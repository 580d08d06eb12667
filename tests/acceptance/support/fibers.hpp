/// What runs in fibers, and what must come out of sampling them, whatever switches their stacks.
#ifndef SCOPETREE_TESTS_ACCEPTANCE_FIBERS_HPP
#define SCOPETREE_TESTS_ACCEPTANCE_FIBERS_HPP

#include "profile.hpp"
#include "program.hpp"
#include "session_figures.hpp"

#include <scopetree/stack_switch.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <execinfo.h>
#include <signal.h>
#include <sys/time.h>

namespace test {

/// What a stack is filled with before it is used.
constexpr unsigned char untouched = 0xa5;

inline std::size_t used_of(const unsigned char* stack, std::size_t size) {
    std::size_t unused = 0;
    while (unused < size && stack[unused] == untouched)
        ++unused;
    return size - unused;
}

namespace fibers {

inline std::uint64_t us = 0;
inline std::int64_t end_ns = 0;

inline bool is_over() {
    return wall_ns() >= end_ns;
}

/// Set by the program: leaves the fiber that runs.
inline void (*leave)() = nullptr;

TEST_OWN_FRAME inline void switch_away() {
    leave();
    __asm__ volatile("");
}

TEST_OWN_FRAME inline void works_in_fiber() {
    PROFILE_SCOPE("in a fiber");
    work(20 * us);
    __asm__ volatile("");
}

/// Scopes belong to the thread: whoever runs next is inside of this one, too.
TEST_OWN_FRAME inline void switches_in_scope() {
    PROFILE_SCOPE("switched away from");
    work(20 * us);
    switch_away();
    __asm__ volatile("");
}

/// But not if the profiler is told.
TEST_OWN_FRAME inline void says_that_it_switches() {
    PROFILE_SCOPE("switched away from");
    work(20 * us);
    {
        const scopetree::stack_switch away;
        switch_away();
    }
    work(20 * us);
    __asm__ volatile("");
}

/// Does next to nothing but switch, so that many samples are taken in the midst of that.
TEST_OWN_FRAME inline void only_switches() {
    PROFILE_SCOPE("switched away from");
    const scopetree::stack_switch away;
    switch_away();
    __asm__ volatile("");
}

inline void fiber_body() {
    while (!is_over()) {
        works_in_fiber();
        switch_away();
    }
}

inline void fiber_body_in_scopes() {
    while (!is_over())
        switches_in_scope();
}

inline void fiber_body_that_says_so() {
    while (!is_over())
        says_that_it_switches();
}

inline void fiber_body_in_haste() {
    while (!is_over())
        for (int i = 0; i < 100; ++i)
            only_switches();
}

constexpr std::size_t smallest = 8192;

/// One fiber after the other, again and again. `Fiber`: made of a size and a function; resume()
/// runs it until it leaves or has ended; used() is what it has needed of its size() so far.
template <class Fiber>
TEST_OWN_FRAME long take_turns(std::vector<std::unique_ptr<Fiber>>& all, void (*body)()) {
    for (const std::size_t size : {std::size_t{65'536}, std::size_t{16'384}, smallest})
        for (int i = 0; i < 8; ++i)
            all.push_back(std::make_unique<Fiber>(size, body));
    long switches = 0;
    while (!is_over())
        for (const auto& each : all) {
            each->resume();
            ++switches;
        }
    return switches;
}

/// Every frame and every scope must be below those of its own fiber, or below none.
inline void print_parents(const scopetree::session& result, const std::string& scope) {
    int wrong = 0;
    std::uint64_t in_scopes = 0, in_scopes_of_others = 0, alone = 0;
    for (const scopetree::thread_tree& thread : result.threads)
        for (std::size_t i = 0; i < thread.nodes.size(); ++i) {
            const std::string path = path_to(result, thread, i);
            const bool in_scheduler = path.find("take_turns") != std::string::npos;
            if (in_scheduler && path.find("fiber_body") != std::string::npos) {
                std::fprintf(stderr, "wrong: %s\n", path.c_str());
                ++wrong;
            }
            // What switches the stack may have no unwind tables, but somebody has called it.
            const scopetree::frame& frame = result.frames[thread.nodes[i].frame];
            if (thread.nodes[i].parent == 0 && frame.kind == scopetree::frame_kind::function)
                alone += thread.nodes[i].samples;
            const std::size_t first = path.find(scope);
            if (first == std::string::npos)
                continue;
            in_scopes += thread.nodes[i].samples;
            if (in_scheduler || path.find(scope, first + 1) != std::string::npos)
                in_scopes_of_others += thread.nodes[i].samples;
        }
    print("wrong parents", wrong);
    print("samples of functions that nobody called", alone);
    print("samples in scopes", in_scopes);
    print("samples in scopes of another fiber", in_scopes_of_others);
}

template <class Fiber>
int run(void (*body)(), std::int64_t interval_us, capture policy) {
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(interval_us);
    chosen.cpu_budget = 1;
    profile profile(chosen, policy);
    profile.start();
    std::vector<std::unique_ptr<Fiber>> all;
    const long switches = take_turns(all, body);
    const scopetree::session result = profile.stop();
    std::size_t most = 0;
    for (const auto& each : all) // where it matters; the first of all binds functions, too
        most = each->size() == smallest ? std::max(most, each->used()) : most;
    const std::string scope = body == &fiber_body ? "[in a fiber]" : "[switched away from]";
    print("switches", switches);
    print("samples", result.figures.samples);
    print("truncated", result.figures.truncated);
    print("unwinding", result.figures.unwinding);
    print("most stack used", most);
    print_parents(result, scope);
    return 0;
}

inline void works_alone() {
    while (!is_over())
        work(100 * us);
}

/// The first signal of the process comes in a fiber; others come in the next one.
template <class Fiber>
int run_first(std::int64_t interval_us, capture policy) {
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(interval_us);
    profile profile(chosen, policy);
    profile.start();
    { PROFILE_SCOPE("registers the thread"); }
    const std::int64_t half = (end_ns - wall_ns()) / 2;
    for (const char* const which : {"first", "second"}) {
        end_ns = wall_ns() + half;
        Fiber fiber(2 * smallest, &works_alone);
        fiber.resume();
        print(std::string("samples of the ") + which, profile.snapshot().figures.samples);
        print(std::string("stack used by the ") + which, fiber.used());
    }
    return 0;
}

/// What a handler does at first: has room for a thousand addresses on the stack, and fills it.
inline void unwind_onto_stack(int) {
    void* addresses[1024];
    ::backtrace(addresses, 1024);
    __asm__ volatile("" ::"r"(addresses) : "memory");
}

inline void start_naive_profiler(std::int64_t interval_us) {
    void* one = nullptr;
    ::backtrace(&one, 1); // loads what it needs
    struct sigaction action = {};
    action.sa_handler = &unwind_onto_stack;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGALRM, &action, nullptr);
    const itimerval rate{{0, interval_us}, {0, interval_us}};
    ::setitimer(ITIMER_REAL, &rate, nullptr);
}

/// A stack for signal handlers, which the profiler's then uses.
inline bool take_signal_stack() {
    static unsigned char for_signals[64 * 1024];
    stack_t wanted = {};
    wanted.ss_sp = for_signals;
    wanted.ss_size = sizeof for_signals;
    return ::sigaltstack(&wanted, nullptr) == 0;
}

/// The whole of a program that has such fibers.
///     fibers MODE SECONDS MICROSECONDS_BETWEEN_SAMPLES [POLICY]
/// POLICY: boost_stacktrace, frame_pointers or naive.
template <class Fiber>
int run_program(int count, char** words) {
    if (count < 4)
        return 2;
    const std::string mode = words[1];
    us = steps_per_us();
    end_ns = wall_ns() + static_cast<std::int64_t>(std::atof(words[2]) * 1e9);
    const std::int64_t interval_us = std::atoll(words[3]);
    const std::string policy = count > 4 ? words[4] : "boost_stacktrace";
    const capture chosen =
        policy == "frame_pointers" ? capture::frame_pointers : capture::boost_stacktrace;
    const auto with = [&](void (*body)()) {
        if (policy == "naive")
            start_naive_profiler(interval_us);
        return run<Fiber>(body, interval_us, chosen);
    };
    if (mode == "first")
        return run_first<Fiber>(interval_us, chosen);
    if (mode == "apart")
        return with(&fiber_body);
    if (mode == "in_scopes")
        return with(&fiber_body_in_scopes);
    if (mode == "that_say_so")
        return with(&fiber_body_that_says_so);
    if (mode == "in_haste")
        return with(&fiber_body_in_haste);
    if (mode == "with_signal_stack")
        return take_signal_stack() ? with(&fiber_body) : 1;
    return 2;
}

} // namespace fibers
} // namespace test

#endif
