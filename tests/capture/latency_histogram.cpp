#include <scopetree/capture/latency_histogram.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <vector>

using scopetree::detail::latency_histogram;

TEST_CASE("latencies: none have no quantiles") {
    const auto empty = std::make_unique<latency_histogram>();
    CHECK(empty->count() == 0);
    CHECK(empty->quantile(0.5) == 0);
}

TEST_CASE("latencies: one below zero, by clocks that disagree, is none") {
    const auto some = std::make_unique<latency_histogram>();
    some->add(-5);
    CHECK(some->count() == 1);
    CHECK(some->quantile(0.5) == 0);
}

TEST_CASE("latencies: short ones are exact") {
    const auto some = std::make_unique<latency_histogram>();
    for (std::int64_t ns = 1; ns <= 32; ++ns)
        some->add(ns);
    CHECK(some->count() == 32);
    CHECK(some->quantile(0.0) == 1);
    CHECK(some->quantile(0.5) == 16);
    CHECK(some->quantile(1.0) == 32);
}

TEST_CASE("latencies: what no clock can give counts as the nearest there is") {
    const auto some = std::make_unique<latency_histogram>();
    some->add(-5);
    CHECK(some->quantile(1.0) == 0);
    some->add(INT64_MAX);
    const double longest = static_cast<double>(latency_histogram::longest_ns);
    CHECK(static_cast<double>(some->quantile(1.0)) == Approx(longest).epsilon(0.02));
    some->clear();
    CHECK(some->count() == 0);
}

TEST_CASE("latencies: quantiles are within 2 % of the exact ones") {
    std::mt19937_64 random(4711);
    for (const double spread : {0.1, 1.0, 3.0}) {
        const auto some = std::make_unique<latency_histogram>();
        std::lognormal_distribution<double> latency(std::log(2e6), spread);
        std::vector<std::int64_t> all;
        for (int i = 0; i < 20'000; ++i)
            all.push_back(static_cast<std::int64_t>(latency(random)));
        for (const std::int64_t ns : all)
            some->add(ns);
        std::sort(all.begin(), all.end());
        for (const double share : {0.01, 0.5, 0.95, 0.99, 0.999, 1.0}) {
            const auto rank = static_cast<std::size_t>(
                std::max(std::ceil(share * static_cast<double>(all.size())), 1.0));
            CAPTURE(spread, share);
            CHECK(static_cast<double>(some->quantile(share)) ==
                  Approx(static_cast<double>(all[rank - 1])).epsilon(1.0 / 64));
        }
    }
}

TEST_CASE("latencies: none is lost when several threads add") {
    const auto shared = std::make_unique<latency_histogram>();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 25'000; ++i)
                shared->add(1'000 * (i % 7));
        });
    for (std::thread& thread : threads)
        thread.join();
    CHECK(shared->count() == 100'000);
}
