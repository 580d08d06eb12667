// Starting, stopping and looking at profiles by hand.

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <cstdio>
#include <exception>
#include <string>

namespace {

TEST_OWN_FRAME void works(std::uint64_t us) {
    PROFILE_SCOPE("work");
    test::work(20'000 * us);
}

template <class Action>
void print_error(const char* label, Action&& action) {
    try {
        action();
        std::printf("%s: no error\n", label);
    } catch (const std::exception& error) {
        std::printf("%s: %s\n", label, error.what());
    }
}

void snapshots(std::uint64_t us) {
    test::profile profile;
    profile.start();
    works(us);
    const scopetree::session first = profile.snapshot();
    const scopetree::session again = profile.snapshot();
    works(us);
    const scopetree::session last = profile.stop();
    const auto wall = [](const scopetree::session& from) {
        return test::sum(test::thread_named(from, "main")).wall_ns;
    };
    test::print("snapshot adds up", wall(first) == first.threads.at(0).wall_ns ? 1 : 0);
    test::print("snapshot calls", test::calls_of(first, "work"));
    test::print("snapshots grow", wall(first) <= wall(again) && wall(again) < wall(last) ? 1 : 0);
    test::print("calls in the end", test::calls_of(last, "work"));
    test::print("wall in the end", wall(last));
    test::print("duration", last.duration_ns);
}

/// Every run is told only of its own scopes.
void many_runs() {
    test::profile profile;
    int exact = 0;
    constexpr int runs = 200;
    for (int i = 0; i < runs; ++i) {
        profile.start();
        for (int k = 0; k <= i; ++k) {
            PROFILE_SCOPE("counted anew");
        }
        const scopetree::session result = profile.stop();
        exact += test::calls_of(result, "counted anew") == static_cast<std::uint64_t>(i + 1);
        {
            PROFILE_SCOPE("counted anew"); // while nothing runs
        }
    }
    test::print("runs", runs);
    test::print("runs with exact counts", exact);
}

} // namespace

int main() {
    const std::uint64_t us = test::steps_per_us();
    {
        test::profile first, second;
        print_error("stop before start", [&] { first.stop(); });
        print_error("snapshot before start", [&] { first.snapshot(); });
        first.start();
        print_error("second", [&] { second.start(); });
        print_error("twice", [&] { first.start(); });
        first.stop();
        print_error("second afterwards", [&] {
            second.start();
            second.stop();
        });
    }
    snapshots(us);
    many_runs();
    return 0;
}
