// Threads that all have the same id, one after the other. In a namespace of process ids of its own.
//     reused_ids registered|all COUNT

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::uint64_t us = 0;
bool registers = true;

TEST_OWN_FRAME void even_work(std::uint64_t microseconds) {
    test::work(microseconds * us);
    __asm__ volatile("");
}

TEST_OWN_FRAME void odd_work(std::uint64_t microseconds) {
    test::work(microseconds * us + 1);
    __asm__ volatile("");
}

constexpr int the_id = 1001;

/// Returns at once if it has another id: that of a thread that was joined is free a moment later.
void live(int number, bool& lived) {
    lived = ::syscall(SYS_gettid) == the_id;
    if (!lived)
        return;
    const bool even = number % 2 == 0;
    const char* const name = even ? "even" : "odd";
    ::pthread_setname_np(::pthread_self(), name);
    const std::uint64_t length = registers ? 2000 : 40'000;
    if (registers) {
        PROFILE_THREAD(name);
        PROFILE_SCOPE("life");
        even ? even_work(length) : odd_work(length);
    } else {
        even ? even_work(length) : odd_work(length);
    }
}

/// The next thread gets the id if it is free.
bool set_next_id() {
    std::ofstream file("/proc/sys/kernel/ns_last_pid");
    file << the_id - 1 << std::flush;
    return file.good();
}

} // namespace

int main(int count, char** words) {
    if (count != 3)
        return 2;
    registers = std::string(words[1]) == "registered";
    const int threads = std::atoi(words[2]);
    us = test::steps_per_us();
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(200);
    chosen.cpu_budget = 1;
    chosen.threads =
        registers ? scopetree::thread_selection::registered : scopetree::thread_selection::all;
    test::profile profile(chosen);
    profile.start();
    for (int i = 0; i < threads;) {
        if (!set_next_id()) {
            std::fprintf(stderr, "ns_last_pid cannot be written\n");
            return 77;
        }
        bool lived = false;
        std::thread(live, i, std::ref(lived)).join();
        i += lived ? 1 : 0;
    }
    const scopetree::session result = profile.stop();
    int mixed = 0;
    std::uint64_t all_even = 0, all_odd = 0;
    for (const scopetree::thread_tree& thread : result.threads) {
        if (thread.tid == 0)
            continue; // many short ones that ended, together
        const std::uint64_t even = test::sum_below(result, thread, "even_work").samples;
        const std::uint64_t odd = test::sum_below(result, thread, "odd_work").samples;
        all_even += even;
        all_odd += odd;
        mixed += (even != 0 && odd != 0) || (odd != 0 && thread.name == "even") ||
                         (even != 0 && thread.name == "odd")
                     ? 1
                     : 0;
    }
    test::print("threads", threads);
    test::print("samples", all_even + all_odd);
    test::print("threads in the session", result.threads.size());
    test::print("with samples of others", mixed);
    test::print("would be mixed, filed by the id alone", all_even != 0 && all_odd != 0 ? 1 : 0);
    return 0;
}
