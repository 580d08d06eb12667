/// The floor of all sampling by signals: the same signals at the same rate, and a handler that does
/// nothing.
#pragma once

#include "../support/statistics.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <random>
#include <thread>

#include <pthread.h>
#include <sys/prctl.h>

namespace bench {

/// Signals one thread while it lives, every millisecond on average.
class signaller {
public:
    explicit signaller(pthread_t target) {
        struct sigaction action = {};
        action.sa_handler = [](int) {};
        action.sa_flags = SA_RESTART;
        ::sigaction(SIGUSR1, &action, nullptr);
        thread_ = std::thread([this, target] { run(target); });
    }
    ~signaller() {
        ended_ = true;
        thread_.join();
    }
    signaller(const signaller&) = delete;
    signaller& operator=(const signaller&) = delete;

private:
    void run(pthread_t target) {
        ::prctl(PR_SET_TIMERSLACK, 1);
        std::mt19937 random(1);
        std::uniform_int_distribution<std::int64_t> interval_ns(500'000, 1'500'000);
        std::int64_t at = now_ns();
        while (!ended_) {
            at += interval_ns(random);
            const timespec deadline{at / 1'000'000'000, at % 1'000'000'000};
            ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, nullptr);
            ::pthread_kill(target, SIGUSR1);
        }
    }

    std::atomic<bool> ended_{false};
    std::thread thread_;
};

} // namespace bench
