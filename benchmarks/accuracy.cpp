/// accuracy [SECONDS]: measured shares of time against the truth.
///
/// The truth is what the program's own readings of the clock around each part say. The bound is
/// what chance allows: 2.58 standard deviations of a share estimated from so many independent
/// samples, which one row in a hundred exceeds.
#include "support/statistics.hpp"
#include "support/work.hpp"

#include <scopetree/scopetree.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace {

/// Time that passed in one part, by the program's own clock.
class stop_watch {
public:
    template <class Work>
    void time(Work&& work) {
        const std::int64_t begin = bench::now_ns();
        work();
        total_ns_ += bench::now_ns() - begin;
    }
    double total_ns() const { return static_cast<double>(total_ns_); }

private:
    std::int64_t total_ns_ = 0;
};

struct three_parts {
    stop_watch a, b, c;
};

void spin_us(std::uint64_t microseconds) {
    bench::spin_steps(1000 * microseconds);
}

void sleep_until(std::int64_t at_ns) {
    const timespec at{at_ns / 1'000'000'000, at_ns % 1'000'000'000};
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) != 0)
        ;
}

/// Three functions that share the processor; the lengths differ from pass to pass.
void mix(three_parts& truth, double seconds, unsigned a, unsigned b, unsigned c) {
    std::mt19937 random(a);
    const std::int64_t end = bench::now_ns() + static_cast<std::int64_t>(seconds * 1e9);
    while (bench::now_ns() < end) {
        const unsigned pass = 20 + static_cast<unsigned>(random()) % 20;
        truth.a.time([&] {
            PROFILE_SCOPE("a");
            spin_us(pass * a);
        });
        truth.b.time([&] {
            PROFILE_SCOPE("b");
            spin_us(pass * b);
        });
        truth.c.time([&] {
            PROFILE_SCOPE("c");
            spin_us(pass * c);
        });
    }
}

/// The worst program for a sampler: the same thing at the same moment of every millisecond.
void lockstep(three_parts& truth, double seconds) {
    std::int64_t tick = bench::now_ns() / 1'000'000 * 1'000'000;
    const std::int64_t end = tick + static_cast<std::int64_t>(seconds * 1e9);
    while (tick < end) {
        tick += 1'000'000;
        truth.c.time([&] {
            PROFILE_SCOPE("c");
            sleep_until(tick);
        });
        truth.a.time([] {
            PROFILE_SCOPE("a");
            spin_us(150);
        });
        truth.b.time([] {
            PROFILE_SCOPE("b");
            spin_us(300);
        });
        tick = std::max(tick, bench::now_ns() / 1'000'000 * 1'000'000);
    }
}

void sleep_and_spin(three_parts& truth, double seconds) {
    std::mt19937 random(1);
    const std::int64_t end = bench::now_ns() + static_cast<std::int64_t>(seconds * 1e9);
    while (bench::now_ns() < end) {
        truth.a.time([&] {
            PROFILE_SCOPE("a");
            sleep_until(bench::now_ns() + static_cast<std::int64_t>(random() % 6'000'000));
        });
        truth.b.time([&] {
            PROFILE_SCOPE("b");
            spin_us(random() % 2'000);
        });
    }
}

/// Wall time of all scopes of that name in a thread's tree.
double time_of(const scopetree::session& source, const scopetree::thread_tree& thread,
               const char* name) {
    double total = 0;
    for (std::uint32_t i = 0; i < thread.nodes.size(); ++i)
        for (std::uint32_t at = i; at != scopetree::no_index; at = thread.nodes[at].parent) {
            const scopetree::frame& frame = source.frames[thread.nodes[at].frame];
            if (frame.kind == scopetree::frame_kind::scope && frame.name == name) {
                total += static_cast<double>(thread.nodes[i].wall_ns);
                break;
            }
        }
    return total;
}

struct shares {
    double measured[3];
    double truth[3];
};

shares shares_of(const scopetree::session& source, const scopetree::thread_tree& thread,
                 const three_parts& truth) {
    shares result{};
    const stop_watch* const watches[] = {&truth.a, &truth.b, &truth.c};
    const char* const names[] = {"a", "b", "c"};
    double measured = 0, actual = 0;
    for (int i = 0; i < 3; ++i) {
        measured += result.measured[i] = time_of(source, thread, names[i]);
        actual += result.truth[i] = watches[i]->total_ns();
    }
    for (int i = 0; i < 3; ++i) {
        result.measured[i] /= measured;
        result.truth[i] /= actual;
    }
    return result;
}

void print(const char* what, const scopetree::session& source, const scopetree::thread_tree& thread,
           const three_parts& truth, const char* const* parts) {
    const shares found = shares_of(source, thread, truth);
    const double samples =
        static_cast<double>(thread.wall_ns) / static_cast<double>(source.interval_ns);
    for (int i = 0; i < 3 && parts[i] != nullptr; ++i) {
        const double share = found.truth[i];
        const double bound = 2.576 * std::sqrt(share * (1 - share) / samples);
        const double off = found.measured[i] - share;
        std::printf("%-22s %-8s %9.2f %9.2f %+8.2f %8.2f  %s\n", what, parts[i],
                    100 * found.measured[i], 100 * share, 100 * off, 100 * bound,
                    std::abs(off) <= bound ? "inside" : "OUTSIDE");
    }
}

template <class Work>
void measure(const char* what, const char* const (&parts)[3], Work&& work) {
    three_parts truth;
    scopetree::profiler profiler;
    profiler.start();
    std::thread([&] { work(truth); }).join();
    const scopetree::session result = profiler.stop();
    print(what, result, result.threads.front(), truth, parts);
}

void measure_two_threads(double seconds) {
    three_parts truth[2];
    scopetree::profiler profiler;
    profiler.start();
    std::thread first([&] {
        PROFILE_THREAD("first");
        mix(truth[0], seconds, 60, 30, 10);
    });
    std::thread second([&] {
        PROFILE_THREAD("second");
        mix(truth[1], seconds, 5, 25, 70);
    });
    first.join();
    second.join();
    const scopetree::session result = profiler.stop();
    const char* const parts[] = {"a", "b", "c"};
    for (const scopetree::thread_tree& thread : result.threads)
        if (thread.name == "first")
            print("first of two threads", result, thread, truth[0], parts);
        else
            print("second of two threads", result, thread, truth[1], parts);
}

} // namespace

int main(int count, char** arguments) {
    const double seconds = count > 1 ? std::atof(arguments[1]) : 10;
    if (!(seconds > 0)) {
        std::fprintf(stderr, "accuracy [SECONDS]: a number above 0\n");
        return 2;
    }
    std::printf("accuracy: shares of wall time in %%, %.0f s each at 1 kHz\n\n"
                "%-22s %-8s %9s %9s %8s %8s\n",
                seconds, "", "part", "measured", "truth", "off by", "bound");
    measure("70 / 20 / 10", {"a", "b", "c"},
            [&](three_parts& truth) { mix(truth, seconds, 70, 20, 10); });
    measure_two_threads(seconds);
    measure("in step with 1 ms", {"a", "b", "sleep"},
            [&](three_parts& truth) { lockstep(truth, seconds); });
    measure("sleep and spin", {"sleep", "spin", nullptr},
            [&](three_parts& truth) { sleep_and_spin(truth, seconds); });
}
