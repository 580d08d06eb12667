/// Threads that wait for something: they should cost nothing.
#pragma once

#include "../support/statistics.hpp"

#include <scopetree/scopetree.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

namespace bench {

/// A number of threads inside a scope, waiting for a condition until this ends.
class blocked_threads {
public:
    explicit blocked_threads(int count) {
        for (int i = 0; i < count; ++i)
            threads_.emplace_back([this] { wait(); });
    }
    ~blocked_threads() {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            ended_ = true;
        }
        changed_.notify_all();
        for (std::thread& thread : threads_)
            thread.join();
    }
    blocked_threads(const blocked_threads&) = delete;
    blocked_threads& operator=(const blocked_threads&) = delete;

private:
    void wait() {
        PROFILE_SCOPE("wait");
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return ended_; });
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false;
    std::vector<std::thread> threads_;
};

/// How far a figure of the profiler's own advanced between two sessions of one run.
template <class Figure>
double advance(const scopetree::session& before, const scopetree::session& after, Figure figure) {
    return static_cast<double>(after.figures.*figure - before.figures.*figure);
}

inline double elapsed_ns(const scopetree::session& before, const scopetree::session& after) {
    return static_cast<double>(after.duration_ns - before.duration_ns);
}

/// How much of its speed a busy thread keeps beside `count` blocked ones, and how many of the ticks
/// that an undisturbed timer would have had there were.
template <class Window>
void measure_beside_blocked(int count, int rounds, Window&& window) {
    scopetree::profiler profiler;
    profiler.start(); // threads are registered by a scope that they meet while a profiler runs
    const blocked_threads crowd(count);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const scopetree::session before = profiler.snapshot();
    for (int i = 0; i < rounds; ++i)
        window();
    const scopetree::session after = profiler.stop();
    std::vector<double> kept, kept_cpu;
    std::mt19937 random(1);
    for (int round = 0; round < rounds; ++round) {
        double wall[2] = {}, cpu[2] = {};
        for (const std::size_t sampled : shuffled(2, random)) {
            scopetree::profiler own; // destroyed without stop(): no names are looked up
            if (sampled != 0)
                own.start();
            const auto speed = window();
            wall[sampled] = speed.wall;
            cpu[sampled] = speed.cpu;
        }
        kept.push_back(100 * wall[1] / wall[0]);
        kept_cpu.push_back(100 * cpu[1] / cpu[0]);
    }
    std::printf(
        "\n%d blocked threads and a busy one, which keeps of its speed: wall %.2f ± %.2f %%, "
        "CPU %.2f ± %.2f %% (target 97);\nticks kept: %.1f %% (target 95)\n",
        count, median(kept), median_error(kept), median(kept_cpu), median_error(kept_cpu),
        100 * advance(before, after, &scopetree::run_figures::ticks) *
            static_cast<double>(after.interval_ns) / elapsed_ns(before, after));
}

/// What `count` blocked threads and nothing else cost in `seconds`.
inline void measure_blocked_alone(int count, int seconds) {
    scopetree::profiler profiler;
    profiler.start();
    const blocked_threads crowd(count);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const scopetree::session before = profiler.snapshot();
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    const scopetree::session after = profiler.stop();
    using figures = scopetree::run_figures;
    std::printf("\n%d blocked threads alone, %d s: %.0f signals while they came, then %.0f "
                "(target 0); sampler %.2f %% of a core (target 5);\n%.0f %% of the ticks visited "
                "only some of them\n",
                count, seconds, static_cast<double>(before.figures.signals),
                advance(before, after, &figures::signals),
                100 * advance(before, after, &figures::sampler_cpu_ns) / elapsed_ns(before, after),
                100 * advance(before, after, &figures::thinned_ticks) /
                    advance(before, after, &figures::ticks));
}

} // namespace bench
