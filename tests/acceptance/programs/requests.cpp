// Requests of four routes at once, on a thread each, with shares that the program itself knows.
//     requests THREADS REQUESTS-EACH

#include "../support/program.hpp"

#include <scopetree/profiler.hpp>
#include <scopetree/scope.hpp>
#include <scopetree/service/request.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

std::uint64_t us = 0; ///< steps of work in a microsecond

TEST_OWN_FRAME void compute_0(std::uint64_t for_us) {
    test::work(for_us * us);
}
TEST_OWN_FRAME void compute_1(std::uint64_t for_us) {
    test::work(for_us * us);
}
TEST_OWN_FRAME void compute_2(std::uint64_t for_us) {
    test::work(for_us * us);
}
TEST_OWN_FRAME void compute_3(std::uint64_t for_us) {
    test::work(for_us * us);
}
TEST_OWN_FRAME void fetch_0(std::int64_t ms) {
    test::sleep_ms(ms);
}
TEST_OWN_FRAME void fetch_1(std::int64_t ms) {
    test::sleep_ms(ms);
}
TEST_OWN_FRAME void fetch_2(std::int64_t ms) {
    test::sleep_ms(ms);
}
TEST_OWN_FRAME void fetch_3(std::int64_t ms) {
    test::sleep_ms(ms);
}

struct route {
    const char* path;
    void (*compute)(std::uint64_t);
    void (*fetch)(std::int64_t);
    std::uint64_t compute_us;
    std::int64_t fetch_ms;
    int passes; ///< of its scope, in a request
};

constexpr int route_count = 4;
const route routes[route_count] = {{"/0", compute_0, fetch_0, 500, 30, 1},
                                   {"/1", compute_1, fetch_1, 1'000, 20, 2},
                                   {"/2", compute_2, fetch_2, 250, 40, 3},
                                   {"/3", compute_3, fetch_3, 2'000, 60, 5}};

/// What the program's clock says of a route.
struct truth {
    std::int64_t computing_ns = 0, fetching_ns = 0;
    std::int64_t computing_cpu_ns = 0; ///< without what other threads had the processor for
    std::vector<std::int64_t> latencies;
};

/// `elapsed` is read right before the request ends.
void serve(const route& of, truth& clock) {
    scopetree::request request("GET", of.path);
    for (int i = 0; i < of.passes; ++i) {
        PROFILE_SCOPE("pass");
        const std::int64_t begin = test::wall_ns();
        const std::int64_t begin_cpu = test::cpu_ns();
        of.compute(of.compute_us / static_cast<std::uint64_t>(of.passes));
        clock.computing_cpu_ns += test::cpu_ns() - begin_cpu;
        const std::int64_t middle = test::wall_ns();
        of.fetch(of.fetch_ms / of.passes);
        clock.computing_ns += middle - begin;
        clock.fetching_ns += test::wall_ns() - middle;
    }
    clock.latencies.push_back(request.elapsed().count());
    request.finish();
}

std::int64_t p99_of(std::vector<std::int64_t> latencies) {
    std::sort(latencies.begin(), latencies.end());
    const auto rank = std::ceil(0.99 * static_cast<double>(latencies.size()));
    return latencies[static_cast<std::size_t>(rank) - 1];
}

std::int64_t time_below(const scopetree::service_profile& in, std::size_t tree,
                        const std::string& function) {
    const scopetree::thread_tree& of = in.trees.threads[tree];
    std::vector<bool> below(of.nodes.size());
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < of.nodes.size(); ++i) {
        const std::string& name = in.trees.frames[of.nodes[i].frame].name;
        below[i] =
            name.find(function) != std::string::npos || (i != 0 && below[of.nodes[i].parent]);
        sum += below[i] ? of.nodes[i].wall_ns : 0;
    }
    return sum;
}

std::int64_t sum_of(const scopetree::thread_tree& tree) {
    std::int64_t sum = 0;
    for (const scopetree::call_node& node : tree.nodes)
        sum += node.wall_ns;
    return sum;
}

std::uint64_t passes_in(const scopetree::service_profile& in, std::size_t tree) {
    std::set<std::uint32_t> entries;
    std::uint64_t sum = 0;
    for (const scopetree::call_node& node : in.trees.threads[tree].nodes)
        if (node.scope != scopetree::no_index && in.trees.frames[node.frame].name == "pass" &&
            entries.insert(node.scope).second)
            sum += in.trees.threads[tree].scopes[node.scope].calls;
    return sum;
}

void report(const scopetree::service_profile& in, std::size_t index, const truth& clock) {
    const scopetree::route_figures& figures = in.routes[index];
    const std::string number = figures.route.substr(1);
    const std::string label = "route " + number + " ";
    const auto latency = static_cast<double>(figures.latency_ns);
    test::print(label + "requests", figures.requests);
    test::print(label + "latency of the tree", sum_of(in.trees.threads[index]));
    test::print(label + "latency", figures.latency_ns);
    test::print(label + "passes", passes_in(in, index));
    test::print(label + "p99", figures.p99_ns);
    test::print(label + "true p99", p99_of(clock.latencies));
    const double whole = static_cast<double>(clock.computing_ns + clock.fetching_ns);
    test::print(label + "computing",
                static_cast<double>(time_below(in, index, "compute_" + number)) / latency);
    test::print(label + "truly computing", static_cast<double>(clock.computing_ns) / whole);
    test::print(label + "on a processor", static_cast<double>(clock.computing_cpu_ns) / whole);
    test::print(label + "fetching",
                static_cast<double>(time_below(in, index, "fetch_" + number)) / latency);
    test::print(label + "truly fetching", static_cast<double>(clock.fetching_ns) / whole);
    test::print(label + "intervals", latency / static_cast<double>(in.trees.interval_ns));
    std::int64_t others = 0;
    for (int other = 0; other < route_count; ++other)
        if (std::to_string(other) != number)
            others += time_below(in, index, "compute_" + std::to_string(other)) +
                      time_below(in, index, "fetch_" + std::to_string(other));
    test::print(label + "of others", others);
}

} // namespace

int main(int, char** arguments) {
    const int thread_count = std::atoi(arguments[1]);
    const int requests = std::atoi(arguments[2]);
    us = test::steps_per_us();
    scopetree::profiler profiler;
    profiler.start();
    std::mutex mutex;
    truth clock[route_count];
    std::vector<std::thread> threads;
    for (int t = 0; t < thread_count; ++t)
        threads.emplace_back([&, t] {
            truth own;
            for (int i = 0; i < requests; ++i)
                serve(routes[t % route_count], own);
            const std::lock_guard<std::mutex> locked(mutex);
            truth& all = clock[t % route_count];
            all.computing_ns += own.computing_ns;
            all.computing_cpu_ns += own.computing_cpu_ns;
            all.fetching_ns += own.fetching_ns;
            all.latencies.insert(all.latencies.end(), own.latencies.begin(), own.latencies.end());
        });
    for (std::thread& thread : threads)
        thread.join();
    const scopetree::service_profile made = profiler.requests();
    test::print("routes", made.routes.size());
    test::print("kept", made.requests.size());
    std::int64_t wrong = 0;
    for (std::size_t i = 0; i < made.requests.size(); ++i)
        wrong += sum_of(made.trees.threads[made.routes.size() + i]) != made.requests[i].latency_ns;
    test::print("kept with another sum than their latency", wrong);
    for (std::size_t i = 0; i < made.routes.size(); ++i)
        report(made, i, clock[std::atoi(made.routes[i].route.c_str() + 1)]);
}
