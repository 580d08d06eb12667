/// sampling_overhead [ROUNDS]: how much slower a busy thread gets at 1 kHz.
///
/// Windows of work without signals, with signals to an empty handler (the floor) and with sampling
/// follow each other in a random order within one process, so that what else happens on the machine
/// meets them all alike. A slowdown compares windows of the same round; the table shows the median
/// and half the width of its 95 % interval. `wall` is what the user waits; `CPU` leaves out what
/// other programs took from the thread.
///
/// Built with -fno-omit-frame-pointer, so that both ways to capture a stack work on it.
#include "../support/statistics.hpp"
#include "../support/work.hpp"
#include "many_threads.hpp"
#include "signaller.hpp"

#include <scopetree/scopetree.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr std::int64_t window_ns = 50'000'000;

struct speed {
    double wall; ///< units of work per nanosecond
    double cpu;
};

__attribute__((noinline)) speed measure_window() {
    PROFILE_SCOPE("window");
    bench::spin_steps(2'000'000); // the profiler's first samples find new paths
    const std::int64_t begin = bench::now_ns(), cpu_begin = bench::thread_cpu_ns();
    double units = 0;
    std::int64_t now;
    do {
        bench::spin_steps(20'000);
        ++units;
        now = bench::now_ns();
    } while (now < begin + window_ns);
    return {units / static_cast<double>(now - begin),
            units / static_cast<double>(bench::thread_cpu_ns() - cpu_begin)};
}

/// Not a tail call: every level keeps its frame.
__attribute__((noinline)) speed at_depth(int depth) {
    const speed result = depth <= 1 ? measure_window() : at_depth(depth - 1);
    __asm__ volatile("" ::: "memory");
    return result;
}

enum mode { no_signals, empty_handler, boost_stacktrace, frame_pointers, mode_count };
const char* const names[] = {"", "empty handler (floor)", "boost_stacktrace", "frame_pointers"};

template <class Capture>
speed profiled_window(int depth) {
    scopetree::basic_profiler<Capture> profiler; // destroyed without stop(): no names are looked up
    profiler.start();
    return at_depth(depth);
}

speed run_window(std::size_t which, int depth) {
    switch (which) {
    case empty_handler: {
        const bench::signaller signals(::pthread_self());
        return at_depth(depth);
    }
    case boost_stacktrace:
        return profiled_window<scopetree::boost_stacktrace>(depth);
    case frame_pointers:
        return profiled_window<scopetree::frame_pointers>(depth);
    default:
        return at_depth(depth);
    }
}

/// Slowdowns in percent, and by how much they lie above those of another mode.
struct slowdowns {
    std::vector<double> wall, cpu, cpu_above_floor;
};

void print(int depth, const char* name, const slowdowns& of) {
    std::printf("%5d  %-22s %7.2f ± %4.2f %7.2f ± %4.2f %9.2f ± %4.2f\n", depth, name,
                bench::median(of.wall), bench::median_error(of.wall), bench::median(of.cpu),
                bench::median_error(of.cpu), bench::median(of.cpu_above_floor),
                bench::median_error(of.cpu_above_floor));
}

void measure_depth(int depth, int rounds) {
    slowdowns found[mode_count];
    std::mt19937 random(1);
    for (int round = 0; round < rounds; ++round) {
        speed speeds[mode_count] = {};
        for (const std::size_t which : bench::shuffled(mode_count, random))
            speeds[which] = run_window(which, depth);
        for (std::size_t i = empty_handler; i < mode_count; ++i) {
            found[i].wall.push_back(100 * (speeds[no_signals].wall / speeds[i].wall - 1));
            found[i].cpu.push_back(100 * (speeds[no_signals].cpu / speeds[i].cpu - 1));
            found[i].cpu_above_floor.push_back(found[i].cpu.back() -
                                               found[empty_handler].cpu.back());
        }
    }
    for (std::size_t i = empty_handler; i < mode_count; ++i)
        print(depth, names[i], found[i]);
}

} // namespace

int main(int count, char** arguments) {
    const int rounds = count > 1 ? std::atoi(arguments[1]) : 100;
    if (rounds < 1) {
        std::fprintf(stderr, "sampling_overhead [ROUNDS]: a number from 1\n");
        return 2;
    }
    const scopetree::profiler decides; // from here on nothing starts by itself
    std::printf("sampling_overhead: slowdown in %% at 1 kHz; medians of %d rounds of %lld ms\n\n"
                "%5s  %-22s %14s %14s %16s\n",
                rounds, static_cast<long long>(window_ns / 1'000'000), "depth", "", "wall", "CPU",
                "CPU above floor");
    for (const int depth : {10, 30, 100})
        measure_depth(depth, rounds);
    std::printf(
        "\nTargets: above the floor at most 0.5 points at depth 30 and less, 1.0 at 100.\n");
    bench::measure_beside_blocked(200, std::max(1, rounds / 5), [] { return at_depth(10); });
    bench::measure_blocked_alone(1000, 5);
}
