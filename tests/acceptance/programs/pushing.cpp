// A busy service that pushes its profile to a server, which goes away and comes back:
//     pushing SECONDS_AWAY
// The queue holds less than what comes meanwhile.

#include "../../support/recording_server.hpp"
#include "../support/program.hpp"

#include <scopetree/scopetree.hpp>
#include <scopetree/service/push.hpp>
#include <scopetree/service/request.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

using namespace std::chrono_literals;

std::uint64_t us = 0;
std::atomic<bool> is_over{false};
std::atomic<std::uint64_t> served{0};

/// Clients that ask again as soon as they have their answers.
void serve_all_the_time() {
    while (!is_over) {
        scopetree::request request("GET", "/ranking/{id}");
        PROFILE_SCOPE("rank");
        test::work(50 * us);
        ++served;
    }
}

double resident_kilobytes() {
    std::ifstream file("/proc/self/statm");
    double size = 0, resident = 0;
    file >> size >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1'024;
}

/// Requests a second while `goes_on()`, and the most memory seen.
template <class GoesOn>
void measure(const std::string& phase, GoesOn&& goes_on) {
    const std::int64_t begin = test::wall_ns();
    const std::uint64_t before = served;
    double most = 0;
    do {
        test::sleep_ms(20);
        most = std::max(most, resident_kilobytes());
    } while (goes_on());
    const double seconds = static_cast<double>(test::wall_ns() - begin) / 1e9;
    test::print("requests a second " + phase, static_cast<double>(served - before) / seconds);
    test::print("kilobytes " + phase, most);
}

} // namespace

int main(int count, char** words) {
    if (count != 2)
        return 2;
    const auto away_ns = static_cast<std::int64_t>(std::atof(words[1]) * 1e9);
    us = test::steps_per_us();
    const auto accept = [](std::size_t, const test::recording_server::request&) { return 200u; };
    auto server = std::make_unique<test::recording_server>(accept);
    const std::uint16_t port = server->port();

    scopetree::push_options chosen;
    chosen.url = server->url();
    chosen.application = "ranking";
    chosen.interval = 100ms;
    chosen.shortest_pause = 50ms;
    chosen.longest_pause = 500ms;
    chosen.queue_limit = 64 * 1'024; // the least
    scopetree::pusher pusher(chosen);
    std::vector<std::thread> clients;
    for (int i = 0; i < 2; ++i)
        clients.emplace_back(serve_all_the_time);
    std::uint64_t most_waiting = 0;
    const auto figures = [&] {
        const scopetree::push_figures now = pusher.figures();
        most_waiting = std::max(most_waiting, now.waiting_bytes);
        return now;
    };
    const auto begin = test::wall_ns();
    measure("before", [&] { return figures().sent < 5 || test::wall_ns() < begin + away_ns; });
    const std::uint64_t sent_before = figures().sent;
    server.reset();
    const auto gone = test::wall_ns();
    measure("while it is away",
            [&] { return figures().dropped_full == 0 || test::wall_ns() < gone + away_ns; });
    const scopetree::push_figures away = figures();
    server = std::make_unique<test::recording_server>(accept, port);
    const auto back = test::wall_ns();
    measure("after",
            [&] { return figures().sent < away.sent + 5 || test::wall_ns() < back + away_ns; });
    is_over = true;
    for (std::thread& client : clients)
        client.join();
    pusher.stop();
    const scopetree::push_figures end = pusher.figures();
    test::print("sent before", sent_before);
    test::print("sent while it is away", away.sent - sent_before);
    test::print("failures while it is away", away.failures);
    test::print("dropped", end.dropped());
    test::print("taken", end.taken);
    test::print("sent", end.sent);
    test::print("arrived after", server->requests().size());
    test::print("most bytes waiting", most_waiting);
    test::print("bytes that may wait", chosen.queue_limit);
}
