// Takes what services push, in the place of a Grafana Pyroscope server: ingest [PORT]   (0: any
// that is free). At its end (SIGTERM) it prints how much came.
#include "../tests/support/recording_server.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>

#include <pthread.h>
#include <signal.h>

int main(int count, char** arguments) try {
    sigset_t ends; // for all threads: one waits for them
    ::sigemptyset(&ends);
    ::sigaddset(&ends, SIGINT);
    ::sigaddset(&ends, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    const int port = count > 1 ? std::atoi(arguments[1]) : 0;
    const test::recording_server server([](std::size_t, const auto&) { return 200u; },
                                        static_cast<std::uint16_t>(port));
    std::printf("Receiving %s\n", server.url().c_str());
    std::fflush(stdout);
    int signal = 0;
    ::sigwait(&ends, &signal);
    std::size_t bytes = 0;
    const auto requests = server.requests();
    for (const auto& request : requests)
        bytes += request.body().size();
    std::printf("%zu profiles, %zu bytes\n", requests.size(), bytes);
} catch (const std::exception& error) {
    std::fprintf(stderr, "ingest: %s\n", error.what());
    return 1;
}
