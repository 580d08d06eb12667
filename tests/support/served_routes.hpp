/// What a middleware has counted, for tests of adaptors.
#ifndef SCOPETREE_TESTS_SUPPORT_SERVED_ROUTES_HPP
#define SCOPETREE_TESTS_SUPPORT_SERVED_ROUTES_HPP

#include <scopetree/profiler.hpp>
#include <scopetree/service/live.hpp>
#include <scopetree/service/middleware_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace test {

/// A run of the profiler that a test has for itself: make it before the middleware.
class own_run {
public:
    own_run() { profiler_.start(); }

private:
    scopetree::profiler profiler_;
};

inline scopetree::middleware_options quiet() {
    scopetree::middleware_options chosen;
    chosen.print_each_request = false;
    return chosen;
}

/// `METHOD route requests errors` of every route that was served in the run, a line each, sorted.
inline std::string served() {
    std::vector<std::string> lines;
    for (const scopetree::route_figures& route : scopetree::live_requests().routes)
        if (route.requests != 0)
            lines.push_back(route.method + " " + route.route + " " +
                            std::to_string(route.requests) + " " + std::to_string(route.errors) +
                            "\n");
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const std::string& line : lines)
        text += line;
    return text;
}

/// An answer reaches the client before its request ends.
inline bool wait_for_requests(std::uint64_t count) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    std::uint64_t ended = 0;
    do {
        ended = 0;
        for (const scopetree::route_figures& route : scopetree::live_requests().routes)
            ended += route.requests;
        if (ended < count)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    } while (ended < count && std::chrono::steady_clock::now() < limit);
    return ended >= count;
}

} // namespace test

#endif
