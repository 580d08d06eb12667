/// scope_cost [ROUNDS]: what a scope costs, beside two readings of the time-stamp counter.
///
/// Every round times every variant once for about 0.1 ms, in a random order; the table shows
/// medians over the rounds, and the median of the ratios to two readings in the same round.
#include "../support/statistics.hpp"
#include "variants.hpp"

#include <scopetree/scopetree.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

struct variant {
    const char* name;
    void (*run)(long iterations);
    int scopes_in_iteration;
    double target; ///< as a ratio to two rdtsc, or in ns if `absolute`; 0: a floor, no target
    bool absolute;
    bool two_threads;
};

using variants::depth, variants::sibling_count;

const variant not_running[] = {
    {"two rdtsc (floor)", variants::two_rdtsc, 1, 0, false, false},
    {"empty loop (floor)", variants::empty_loop, 1, 0, false, false},
    {"empty call (floor)", variants::empty_call, 1, 0, false, false},
    {"scope, compiled out", variants::compiled_out, 1, 0, false, false},
    {"scope, not running", variants::plain, 1, 1.0, true, false},
    {"  in a shared object", variants::shared_object, 1, 1.0, true, false},
    {"  timed", variants::timed, 1, 1.0, true, false},
};

const variant running[] = {
    {"two rdtsc (floor)", variants::two_rdtsc, 1, 0, false, false},
    {"empty loop (floor)", variants::empty_loop, 1, 0, false, false},
    {"empty call (floor)", variants::empty_call, 1, 0, false, false},
    {"scope, running", variants::plain, 1, 0.12, false, false},
    {"  in a shared object", variants::shared_object, 1, 0.3, false, false},
    {"  8 deep, each", variants::eight_deep, depth, 0.3, false, false},
    {"  64 alternating, each", variants::siblings, sibling_count, 0.3, false, false},
    {"  on two threads", variants::plain, 1, 0.3, false, true},
    {"timed scope, running", variants::timed, 1, 1.1, false, false},
};

/// A second thread that runs scopes while it is told to.
class companion {
public:
    companion() : thread_([this] { run(); }) {}
    ~companion() {
        state_ = ended;
        thread_.join();
    }
    void work() {
        state_ = wanted;
        while (state_ != working)
            ;
    }
    void rest() { state_ = resting; }

private:
    enum state { resting, wanted, working, ended };

    void run() {
        for (state now; (now = state_) != ended;) {
            if (now == wanted)
                state_.compare_exchange_strong(now, working);
            if (now == resting)
                std::this_thread::sleep_for(std::chrono::microseconds(50));
            else
                variants::plain(1000);
        }
    }

    std::atomic<state> state_{resting};
    std::thread thread_;
};

/// Nanoseconds of one scope.
double cost_of(const variant& which, companion& other) {
    const long iterations = 20'000 / which.scopes_in_iteration;
    if (which.two_threads)
        other.work();
    which.run(iterations / 10); // back in the caches
    const std::int64_t begin = bench::now_ns();
    which.run(iterations);
    const std::int64_t end = bench::now_ns();
    if (which.two_threads)
        other.rest();
    return static_cast<double>(end - begin) /
           static_cast<double>(iterations * which.scopes_in_iteration);
}

void print(const variant& which, double ns, double ratio) {
    std::printf("%-24s %8.2f %10.3f", which.name, ns, ratio);
    if (which.target == 0) {
        std::printf("\n");
        return;
    }
    const bool met = (which.absolute ? ns : ratio) <= which.target;
    std::printf("   <= %.4g%s %s\n", which.target, which.absolute ? " ns" : "    ",
                met ? "met" : "MISSED");
}

template <std::size_t Count>
void measure(const char* title, const variant (&all)[Count], int rounds, companion& other) {
    std::vector<double> costs[Count], ratios[Count];
    std::mt19937 random(1);
    for (int round = 0; round < rounds; ++round) {
        for (const std::size_t i : bench::shuffled(Count, random))
            costs[i].push_back(cost_of(all[i], other));
        for (std::size_t i = 0; i < Count; ++i)
            ratios[i].push_back(costs[i].back() / costs[0].back());
    }
    std::printf("%-24s %8s %10s   target\n", title, "ns", "ratio");
    for (std::size_t i = 0; i < Count; ++i)
        print(all[i], bench::median(costs[i]), bench::median(ratios[i]));
    std::printf("\n");
}

} // namespace

int main(int count, char** arguments) {
    const int rounds = count > 1 ? std::atoi(arguments[1]) : 2000;
    if (rounds < 1) {
        std::fprintf(stderr, "scope_cost [ROUNDS]: a number from 1\n");
        return 2;
    }
    std::printf("scope_cost: enter and leave; medians of %d rounds; ratio: to two rdtsc\n\n",
                rounds);
    scopetree::profiler profiler; // from here on nothing starts by itself
    companion other;
    measure("profiling off", not_running, rounds, other);
    profiler.start();
    measure("profiling at 1 kHz", running, rounds, other);
    profiler.stop();
}
