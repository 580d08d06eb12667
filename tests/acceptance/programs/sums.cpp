// Threads that know how long they lived and how much CPU time they used.

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

/// Clock readings on both sides of a thread's first scope and of its end: when exactly it begins
/// and ends to be profiled lies between them.
struct life {
    std::int64_t before_begin = 0, after_begin = 0, before_end = 0, after_end = 0;
    std::int64_t cpu = 0;
};

void live(life& of, std::uint64_t us, std::int64_t busy_ns) {
    of.before_begin = test::wall_ns();
    const std::int64_t cpu_before = test::cpu_ns();
    PROFILE_SCOPE("life");
    of.after_begin = test::wall_ns();
    while (test::cpu_ns() - cpu_before < busy_ns) {
        {
            PROFILE_SCOPE("work");
            test::work(3000 * us);
        }
        PROFILE_SCOPE("wait");
        test::sleep_ms(2);
    }
    of.cpu = test::cpu_ns() - cpu_before;
    of.before_end = test::wall_ns();
}

void report(const std::string& name, const life& of, const scopetree::thread_tree& tree) {
    const test::times all = test::sum(tree);
    test::print(name + " tree wall", all.wall_ns);
    test::print(name + " tree CPU", all.cpu_ns);
    test::print(name + " thread wall", tree.wall_ns);
    test::print(name + " thread CPU", tree.cpu_ns);
    test::print(name + " least wall", of.before_end - of.after_begin);
    test::print(name + " most wall", of.after_end - of.before_begin);
    test::print(name + " CPU", of.cpu);
}

} // namespace

int main() {
    const std::uint64_t us = test::steps_per_us();
    test::profile profile;
    life of_main, of_worker, of_waiter;
    profile.start();
    std::thread worker([&] {
        PROFILE_THREAD("worker");
        live(of_worker, us, 500'000'000);
    });
    std::thread waiter([&] {
        of_waiter.before_begin = test::wall_ns();
        PROFILE_THREAD("waiter");
        of_waiter.after_begin = test::wall_ns();
        test::sleep_ms(500);
        of_waiter.before_end = test::wall_ns();
    });
    live(of_main, us, 700'000'000);
    waiter.join();
    of_waiter.after_end = test::wall_ns();
    worker.join();
    of_worker.after_end = test::wall_ns();
    of_main.before_end = test::wall_ns();
    const scopetree::session result = profile.stop();
    of_main.after_end = test::wall_ns();
    test::print("interval", result.interval_ns);
    report("main", of_main, test::thread_named(result, "main"));
    report("worker", of_worker, test::thread_named(result, "worker"));
    report("waiter", of_waiter, test::thread_named(result, "waiter"));
    return 0;
}
