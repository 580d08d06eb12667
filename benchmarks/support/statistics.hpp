/// What the benchmarks share: clocks, quantiles, and an order that no drift can hide in.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <numeric>
#include <random>
#include <vector>

namespace bench {

inline std::int64_t clock_ns(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

inline std::int64_t now_ns() {
    return clock_ns(CLOCK_MONOTONIC);
}

inline std::int64_t thread_cpu_ns() {
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/// Linear between the values; `values` must not be empty.
inline double quantile(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    const double at = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

inline double median(const std::vector<double>& values) {
    return quantile(values, 0.5);
}

/// Half the width of a 95 % interval around the median of many values: the notch of a box plot
/// (McGill, Tukey, Larsen 1978).
inline double median_error(const std::vector<double>& values) {
    const double spread = quantile(values, 0.75) - quantile(values, 0.25);
    return 1.57 * spread / std::sqrt(static_cast<double>(values.size()));
}

/// The numbers below `count` in a random order, another one at every call.
inline std::vector<std::size_t> shuffled(std::size_t count, std::mt19937& random) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), random);
    return order;
}

} // namespace bench
