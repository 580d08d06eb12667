#include <scopetree/scope.hpp>

#include <chrono>
#include <cmath>

double work(double milliseconds) {
    PROFILE_SCOPE("consumer's work");
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::duration<double, std::milli>(milliseconds);
    double sum = 0;
    while (std::chrono::steady_clock::now() < end)
        sum += std::sqrt(sum + 1);
    return sum;
}
