// Threads that all have the same id, one after the other. In a namespace of process ids of its own.
//     reused_ids registered|all COUNT

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
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

int live(int number) {
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
    return static_cast<int>(::syscall(SYS_gettid));
}

/// The next thread gets the id behind this one.
bool set_last_id(int id) {
    std::ofstream file("/proc/sys/kernel/ns_last_pid");
    file << id << std::flush;
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
    std::map<int, std::set<int>> kinds_by_id;
    for (int i = 0; i < threads; ++i) {
        if (!set_last_id(1000)) {
            std::fprintf(stderr, "ns_last_pid cannot be written\n");
            return 77;
        }
        std::thread([&kinds_by_id, i] { kinds_by_id[live(i)].insert(i % 2); }).join();
    }
    const scopetree::session result = profile.stop();
    int mixed = 0;
    std::uint64_t samples = 0;
    for (const scopetree::thread_tree& thread : result.threads) {
        if (thread.tid == 0)
            continue; // many short ones that ended, together
        const std::uint64_t even = test::sum_below(result, thread, "even_work").samples;
        const std::uint64_t odd = test::sum_below(result, thread, "odd_work").samples;
        samples += even + odd;
        mixed += (even != 0 && odd != 0) || (odd != 0 && thread.name == "even") ||
                         (even != 0 && thread.name == "odd")
                     ? 1
                     : 0;
    }
    int mixed_by_id = 0; // what one would do at first: file samples by the id alone
    for (const auto& [id, kinds] : kinds_by_id)
        mixed_by_id += kinds.size() > 1 ? 1 : 0;
    test::print("threads", threads);
    test::print("ids", kinds_by_id.size());
    test::print("samples", samples);
    test::print("threads in the session", result.threads.size());
    test::print("with samples of others", mixed);
    test::print("ids that would have them", mixed_by_id);
    return 0;
}
