// Stacks that are left by jumps, or deep.
//     stacks MODE SECONDS

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <algorithm>
#include <csetjmp>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <pthread.h>
#include <sys/time.h>
#include <unistd.h>
#include <unwind.h>

namespace {

std::uint64_t us = 0;
std::int64_t end_ns = 0;

bool is_over() {
    return test::wall_ns() >= end_ns;
}

scopetree::options often(std::int64_t microseconds) {
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(microseconds);
    chosen.cpu_budget = 1;
    return chosen;
}

// longjmp: over scopes, and out of a handler.

jmp_buf over_scopes;
sigjmp_buf out_of_handler;
volatile std::sig_atomic_t jump = 0;

/// g++ takes the recursion below for endless if it sees that this does not return.
void (*volatile const leave)() = [] { std::longjmp(over_scopes, 1); };

TEST_OWN_FRAME void descend(int depth) {
    PROFILE_SCOPE("jumped over");
    test::work(2 * us);
    if (depth > 0)
        descend(depth - 1);
    else
        leave();
    __asm__ volatile("");
}

TEST_OWN_FRAME void lands() {
    if (setjmp(over_scopes) == 0)
        descend(5);
    PROFILE_SCOPE("after the jump");
    test::work(10 * us);
    __asm__ volatile("");
}

void jump_out(int) {
    if (jump != 0)
        ::siglongjmp(out_of_handler, 1);
}

TEST_OWN_FRAME bool is_thrown_out() {
    if (sigsetjmp(out_of_handler, 1) != 0) {
        jump = 0;
        return true;
    }
    jump = 1;
    PROFILE_SCOPE("thrown out of");
    test::work(300 * us);
    jump = 0;
    return false;
}

/// Every frame that a function of these is said to be called by did call it.
int wrong_parents(const scopetree::session& result) {
    int wrong = 0;
    for (const std::string& path : test::all_paths(result)) {
        const std::size_t landed = path.find("lands");
        const std::size_t jumped = path.find("descend");
        const bool is_wrong =
            (path.find("descend > lands") != std::string::npos) ||
            (landed != std::string::npos && jumped != std::string::npos && jumped < landed) ||
            (path.find("is_thrown_out") != std::string::npos &&
             path.find("lands") != std::string::npos);
        if (is_wrong)
            std::fprintf(stderr, "wrong: %s\n", path.c_str());
        wrong += is_wrong ? 1 : 0;
    }
    return wrong;
}

int jumps() {
    struct sigaction action = {};
    action.sa_handler = &jump_out;
    ::sigaction(SIGALRM, &action, nullptr);
    test::profile profile(often(100));
    profile.start();
    const itimerspec rate{{0, 150'000}, {0, 150'000}};
    sigevent event = {};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGALRM;
    timer_t timer;
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        return 1;
    ::timer_settime(timer, 0, &rate, nullptr);
    long landed = 0, thrown = 0;
    while (!is_over()) {
        {
            PROFILE_SCOPE("around");
            lands();
            ++landed;
        }
        PROFILE_SCOPE("around the handler");
        thrown += is_thrown_out() ? 1 : 0;
    }
    ::timer_delete(timer);
    { PROFILE_SCOPE("afterwards"); }
    const scopetree::session result = profile.stop();
    test::print("jumps over scopes", landed);
    test::print("jumps out of handlers", thrown);
    test::print("calls after the jump", test::calls_of(result, "after the jump"));
    test::print("samples", result.figures.samples);
    test::print("dropped", result.figures.dropped);
    test::print("wrong parents", wrong_parents(result));
    const auto paths = test::all_paths(result);
    test::print("afterwards below no other scope",
                std::count_if(paths.begin(), paths.end(), [](const std::string& path) {
                    return path.find("[afterwards]") != std::string::npos &&
                           path.find("[around") == std::string::npos;
                }));
    return 0;
}

/// What a scope is at first: one up, one down. A jump leaves it where it is.
struct naive_scope {
    naive_scope() { ++depth; }
    ~naive_scope() { --depth; }
    naive_scope(const naive_scope&) = delete;
    naive_scope& operator=(const naive_scope&) = delete;
    static inline volatile int depth = 0;
};

int naive_jump() {
    {
        const naive_scope around;
        if (setjmp(over_scopes) == 0) {
            const naive_scope jumped_over;
            leave();
        }
    }
    test::print("afterwards below no other scope", naive_scope::depth == 0 ? 1 : 0);
    return 0;
}

// Recursion without end, and without scopes.

std::int64_t naive_samples = 0, naive_ns = 0;

void alarm_soon() {
    const itimerval once{{0, 0}, {0, 10'000}};
    ::setitimer(ITIMER_REAL, &once, nullptr);
}

/// What a handler does at first: goes all the way down.
void unwind_to_the_end(int) {
    const std::int64_t begin = test::wall_ns();
    const auto go_on = [](_Unwind_Context*, void*) { return _URC_NO_REASON; };
    _Unwind_Backtrace(go_on, nullptr);
    naive_ns += test::wall_ns() - begin;
    ++naive_samples;
    alarm_soon(); // or the program would never get on
}

void start_naive_profiler() {
    struct sigaction action = {};
    action.sa_handler = &unwind_to_the_end;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGALRM, &action, nullptr);
    alarm_soon();
}

TEST_OWN_FRAME int recurse(int depth) {
    if (depth == 0) {
        while (!is_over())
            test::work(10 * us);
        return 1;
    }
    return recurse(depth - 1) + 1;
}

int deep_recursion(int depth, bool naive) {
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstacksize(&attributes, std::size_t{1} << 30);
    test::profile profile(often(1000));
    if (naive)
        start_naive_profiler();
    else
        profile.start();
    pthread_t thread;
    const auto body = [](void* levels) -> void* {
        PROFILE_SCOPE("deep");
        return recurse(static_cast<int>(reinterpret_cast<std::intptr_t>(levels))) == 0 ? levels
                                                                                       : nullptr;
    };
    void* const levels = reinterpret_cast<void*>(static_cast<std::intptr_t>(depth));
    if (::pthread_create(&thread, &attributes, body, levels) != 0)
        return 1;
    if (naive) { // the thread alone is to be interrupted
        sigset_t alarms;
        ::sigemptyset(&alarms);
        ::sigaddset(&alarms, SIGALRM);
        ::pthread_sigmask(SIG_BLOCK, &alarms, nullptr);
    }
    ::pthread_join(thread, nullptr);
    if (naive) {
        test::print("ns in the handler for each sample",
                    naive_ns / std::max<std::int64_t>(naive_samples, 1));
        return 0;
    }
    const scopetree::session result = profile.stop();
    const test::times deep = test::sum_below(result, "deep");
    test::print("levels", depth);
    test::print("samples", deep.samples);
    test::print("truncated", result.figures.truncated);
    test::print("nodes", result.threads.at(0).nodes.size() + result.threads.back().nodes.size());
    test::print("ns in the handler for each sample",
                static_cast<double>(result.figures.handler_ns) /
                    static_cast<double>(result.figures.samples));
    test::print("marked", [&] {
        for (const scopetree::frame& frame : result.frames)
            if (frame.name == "[truncated]")
                return 1;
        return 0;
    }());
    return 0;
}

} // namespace

int main(int count, char** words) {
    if (count != 3)
        return 2;
    const std::string mode = words[1];
    us = test::steps_per_us();
    end_ns = test::wall_ns() + static_cast<std::int64_t>(std::atof(words[2]) * 1e9);
    if (mode == "jumps")
        return jumps();
    if (mode == "recursion")
        return deep_recursion(1'000'000, false);
    if (mode == "naive_recursion")
        return deep_recursion(1'000'000, true);
    if (mode == "naive_jump")
        return naive_jump();
    return 2;
}
