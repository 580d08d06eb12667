/// timeline [MIB]: what the record of the order of calls costs a sample, a minute, and at its limit
/// of MIB (64). In CPU time: most of it is spent on the timer thread.
#include "support/statistics.hpp"

#include <scopetree/model/thread_timeline.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace {

namespace detail = scopetree::detail;

constexpr std::int64_t interval_ns = 1'000'000;
constexpr double mib = 1024.0 * 1024;

detail::timeline_budget budget_of(double limit_mib) {
    detail::timeline_budget budget;
    budget.limit = static_cast<std::size_t>(limit_mib * mib);
    budget.interval_ns = interval_ns;
    return budget;
}

/// Samples at `places` places in turn: nanoseconds for one, and what they take.
void print_samples(const char* what, bool recording, std::uint32_t places) {
    constexpr std::uint32_t samples = 2'000'000;
    detail::timeline_budget budget = budget_of(64);
    detail::thread_timeline timeline;
    if (recording)
        timeline.begin(budget);
    const std::int64_t begin = bench::thread_cpu_ns();
    for (std::uint32_t i = 0; i < samples; ++i)
        timeline.add(i % places, interval_ns);
    const double ns = static_cast<double>(bench::thread_cpu_ns() - begin) / samples;
    const double kib_a_minute = static_cast<double>(timeline.bytes()) / samples * 60'000 / 1024;
    std::printf("%-34s %10.1f %18.1f\n", what, ns, kib_a_minute);
}

/// Fills a timeline, then thins it as the store does: until a quarter of the limit is free.
void print_thinning(double limit_mib) {
    detail::timeline_budget budget = budget_of(limit_mib);
    detail::thread_timeline timeline;
    timeline.begin(budget);
    std::mt19937 random(1);
    std::uint32_t place = 0;
    while (!budget.full)
        timeline.add(++place, 1 + static_cast<std::int64_t>(random() % (2 * interval_ns)));
    int passes = 0;
    const double before = static_cast<double>(timeline.bytes()) / mib;
    const std::int64_t begin = bench::thread_cpu_ns();
    while (timeline.bytes() > budget.limit / 4 * 3) {
        budget.double_shortest();
        timeline.thin();
        ++passes;
    }
    const double ms = static_cast<double>(bench::thread_cpu_ns() - begin) / 1e6;
    std::printf("\n%.0f MiB thinned to %.1f MiB in %.1f ms (%d %s over %u runs)\n", before,
                static_cast<double>(timeline.bytes()) / mib, ms, passes,
                passes == 1 ? "pass" : "passes", place);
}

} // namespace

int main(int count, char** arguments) {
    const double limit_mib = count > 1 ? std::atof(arguments[1]) : 64;
    if (!(limit_mib > 0)) {
        std::fprintf(stderr, "timeline [MIB]: a number above 0\n");
        return 2;
    }
    std::printf("%-34s %10s %18s\n", "timeline, at 1 kHz", "ns/sample", "KiB/thread/minute");
    print_samples("off", false, 1);
    print_samples("on, always at one place", true, 1);
    print_samples("on, at another place every time", true, 1000);
    print_thinning(limit_mib);
    return 0;
}
