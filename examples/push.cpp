/// A service of two routes that pushes its profile to a Grafana Pyroscope server.
///     push [URL [SECONDS]]    http://127.0.0.1:4040, 60
#include <scopetree/scopetree.hpp>
#include <scopetree/service/push.hpp>
#include <scopetree/service/request.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

std::vector<std::uint32_t> load(std::size_t count) {
    PROFILE_FUNCTION();
    std::vector<std::uint32_t> values(count);
    std::minstd_rand random(1);
    std::generate(values.begin(), values.end(), random);
    return values;
}

void rank() {
    PROFILE_FUNCTION();
    std::vector<std::uint32_t> values = load(100'000);
    std::sort(values.begin(), values.end());
}

/// Serves both routes, one after the other, with a pause as if it waited for clients.
void serve(int worker, clock_type::time_point end) {
    while (clock_type::now() < end) {
        {
            const scopetree::request served("GET", "/ranking/{id}");
            rank();
        }
        {
            const scopetree::request served("POST", "/scores");
            load(50'000);
            PROFILE_SCOPE("wait for the database");
            std::this_thread::sleep_for(std::chrono::milliseconds(2 + worker));
        }
    }
}

} // namespace

int main(int count, char** words) {
    scopetree::push_options options;
    options.application = "ranking";
    options.labels = {{"region", "eu"}};
    if (count > 1)
        options.url = words[1];
    const std::chrono::seconds seconds(count > 2 ? std::atoi(words[2]) : 60);
    try {
        scopetree::pusher pusher(options); // this line is all that a service needs
        std::vector<std::thread> workers;
        for (int i = 0; i < 4; ++i)
            workers.emplace_back(serve, i, clock_type::now() + seconds);
        for (std::thread& each : workers)
            each.join();
        pusher.stop();
        const scopetree::push_figures figures = pusher.figures();
        std::printf(
            "%llu profiles sent, %llu dropped, %llu failures%s%s\n",
            static_cast<unsigned long long>(figures.sent),
            static_cast<unsigned long long>(figures.dropped()),
            static_cast<unsigned long long>(figures.failures),
            figures.last_error.empty() ? "" : "; the last error: ", figures.last_error.c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
