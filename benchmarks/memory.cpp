/// memory [SECONDS]: what further scopes and samples on known paths add to the resident memory.
///
/// A billion scopes, then SECONDS (60) of samples; fewer scopes if SECONDS is less than 60.
#include "support/statistics.hpp"
#include "support/work.hpp"

#include <scopetree/scopetree.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <unistd.h>

namespace {

double resident_kb() {
    long pages = 0;
    std::ifstream statm("/proc/self/statm");
    statm >> pages >> pages;
    return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

__attribute__((noinline)) void enter_scopes(long count) {
    for (long i = 0; i < count; i += 2) {
        PROFILE_SCOPE("outer");
        PROFILE_SCOPE("inner");
        __asm__ volatile("" ::: "memory");
    }
}

__attribute__((noinline)) void nested_work(int depth) {
    PROFILE_SCOPE("level");
    if (depth > 1)
        nested_work(depth - 1);
    bench::spin_steps(10'000);
}

__attribute__((noinline)) void work_for(double seconds) {
    const std::int64_t end = bench::now_ns() + static_cast<std::int64_t>(seconds * 1e9);
    while (bench::now_ns() < end)
        nested_work(20);
}

void print(const char* what, double number, double before, double after) {
    std::printf("%-22s %13.0f %10.0f %10.0f %+8.0f %14.6f\n", what, number, before, after,
                after - before, (after - before) * 1024 / number);
}

} // namespace

int main(int count, char** arguments) {
    const double seconds = count > 1 ? std::atof(arguments[1]) : 60;
    if (!(seconds > 0)) {
        std::fprintf(stderr, "memory [SECONDS]: a number above 0\n");
        return 2;
    }
    const long scopes = static_cast<long>(1e9 * std::min(1.0, seconds / 60));
    scopetree::profiler profiler;
    profiler.start();
    enter_scopes(1000);
    work_for(std::max(1.0, seconds / 6)); // until its instructions have nearly all been sampled
    std::printf("memory: resident, in KiB\n\n%-22s %13s %10s %10s %8s %14s\n", "", "number",
                "before", "after", "growth", "bytes for each");
    double before = resident_kb();
    enter_scopes(scopes);
    print("scopes, known path", static_cast<double>(scopes), before, resident_kb());
    before = resident_kb();
    work_for(seconds);
    const double after = resident_kb();
    const scopetree::session result = profiler.stop();
    print("samples", static_cast<double>(result.figures.samples), before, after);
}
