// The sampling signal from elsewhere, ten thousand times a second, and handlers of the program's
// own.
//     storm before|after|instead|naive SECONDS
//     storm restarts|together|stuck COUNT [naive]

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

std::uint64_t us = 0;
std::atomic<std::uint64_t> handled{0}, not_mine{0};
std::atomic<bool> over{false}, held{false}, hold{false};
struct sigaction before_mine;

/// A careless handler: whoever calls it must not let its errno through.
void count_signal(int, siginfo_t* info, void*) {
    // What the profiler sends to a thread is none of this handler's business.
    ++(info->si_code == SI_QUEUE ? not_mine : handled);
    errno = EDOM;
    if (hold) {
        held = true;
        while (hold)
            test::work(100);
        held = false;
    }
}

/// One that was there before the profiler's came calls it; one that replaces it does not.
void count_and_pass_on(int number, siginfo_t* info, void* context) {
    if (info->si_code != SI_QUEUE)
        ++handled;
    if ((before_mine.sa_flags & SA_SIGINFO) != 0)
        before_mine.sa_sigaction(number, info, context);
}

void install(void (*mine)(int, siginfo_t*, void*)) {
    struct sigaction action = {};
    action.sa_sigaction = mine;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    ::sigaction(SIGURG, &action, &before_mine);
}

scopetree::options often() {
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(200);
    chosen.cpu_budget = 1;
    return chosen;
}

/// To the process, as the kernel sends it for urgent data; each when the last has been handled,
/// since of two that are pending the kernel keeps one.
std::uint64_t send_to_process() {
    std::uint64_t sent = 0;
    while (!over) {
        const std::uint64_t seen = handled;
        ::kill(::getpid(), SIGURG);
        ++sent;
        const std::int64_t limit = test::wall_ns() + 10'000'000'000;
        while (handled == seen && test::wall_ns() < limit)
            test::sleep_ns(20'000);
        test::sleep_ns(50'000);
    }
    return sent;
}

/// To threads, without any regard: the kernel drops what meets one that is pending already.
void send_to(const std::vector<pthread_t>& threads) {
    while (!over) {
        for (const pthread_t thread : threads)
            ::pthread_kill(thread, SIGURG);
        test::sleep_ns(50'000);
    }
}

TEST_OWN_FRAME void busy(std::atomic<int>& errno_changed) {
    while (!over) {
        PROFILE_SCOPE("busy");
        errno = ERANGE;
        test::work(20 * us);
        std::atomic_signal_fence(std::memory_order_seq_cst); // errno is to be read again
        errno_changed += errno != ERANGE ? 1 : 0;
    }
}

void block_signal(int how) {
    sigset_t urgent;
    ::sigemptyset(&urgent);
    ::sigaddset(&urgent, SIGURG);
    ::pthread_sigmask(how, &urgent, nullptr);
}

int storm(const std::string& order, double seconds) {
    if (order == "before")
        install(&count_signal);
    test::profile profile(often());
    profile.start();
    if (order == "after")
        install(&count_and_pass_on);
    if (order == "instead")
        install(&count_signal);
    std::atomic<int> errno_changed{0};
    std::thread first(busy, std::ref(errno_changed)), second(busy, std::ref(errno_changed));
    // The first half to the process, each counted; then to the threads as fast as can be.
    block_signal(SIG_BLOCK); // the workers are to take it
    const auto half = static_cast<std::int64_t>(seconds * 5e8);
    std::thread ends([&] { test::sleep_ns(half), over = true; });
    const std::uint64_t sent = send_to_process();
    ends.join();
    first.join();
    second.join();
    const std::uint64_t once_each = handled;
    over = false;
    block_signal(SIG_UNBLOCK);
    const std::uint64_t samples_so_far = profile.snapshot().figures.samples;
    std::thread third(busy, std::ref(errno_changed)), fourth(busy, std::ref(errno_changed));
    const std::vector<pthread_t> targets{third.native_handle(), fourth.native_handle()};
    std::thread ends_again([&] { test::sleep_ns(half), over = true; });
    send_to(targets);
    ends_again.join();
    third.join();
    fourth.join();
    const scopetree::session result = profile.stop();
    test::print("sent", sent);
    test::print("handled", once_each);
    test::print("errno changed", errno_changed.load());
    test::print("profiler's own passed on", not_mine.load());
    test::print("handled from threads", handled - once_each);
    test::print("samples", samples_so_far);
    test::print("samples in the storm", result.figures.samples - samples_so_far);
    for (const std::string& note : result.notes)
        std::printf("note: %s\n", note.c_str());
    return 0;
}

/// What a profiler does at first: takes every such signal for its own, and the program's errno.
int naive_storm(double seconds) {
    static std::atomic<std::uint64_t> samples{0};
    install(&count_signal);
    install([](int, siginfo_t*, void*) {
        ++samples;
        errno = EAGAIN; // as a system call may leave it
    });
    std::atomic<int> errno_changed{0};
    std::thread worker(busy, std::ref(errno_changed));
    std::thread ends(
        [&] { test::sleep_ns(static_cast<std::int64_t>(seconds * 1e9)), over = true; });
    send_to({worker.native_handle()});
    ends.join();
    worker.join();
    test::print("handled from threads", handled.load());
    test::print("errno changed", errno_changed.load());
    test::print("samples in the storm", samples.load());
    return 0;
}

/// Another: gives back its memory when it stops, and does not ask whether a signal is still on its
/// way.
int naive_restarts(int times) {
    static std::atomic<volatile char*> samples{nullptr};
    constexpr std::size_t size = 1 << 16;
    const auto take = [](int, siginfo_t*, void*) {
        volatile char* const to = samples;
        test::work(1000); // unwinds
        if (to != nullptr)
            *to = 1;
    };
    install(take);
    std::atomic<int> errno_changed{0};
    std::thread worker(busy, std::ref(errno_changed));
    std::thread rain([target = worker.native_handle()] { send_to({target}); });
    for (int i = 0; i < times; ++i) {
        void* const memory =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        samples = static_cast<char*>(memory);
        test::work(100 * us);
        samples = nullptr;
        ::munmap(memory, size);
    }
    over = true;
    worker.join();
    rain.join();
    return 0;
}

/// Another: waits at the end until no handler runs any more. An alarm finds it out.
int naive_stop() {
    install(&count_signal);
    std::atomic<int> errno_changed{0};
    std::thread worker(busy, std::ref(errno_changed));
    hold = true;
    while (!held) {
        ::pthread_kill(worker.native_handle(), SIGURG);
        test::sleep_ns(100'000);
    }
    ::alarm(1);
    while (held)
        test::sleep_ns(100'000);
    return 0;
}

/// Profiles that start and stop while signals rain.
int restarts(int times) {
    std::atomic<int> errno_changed{0};
    test::profile profile(often());
    std::thread worker(busy, std::ref(errno_changed));
    std::thread rain([target = worker.native_handle()] { send_to({target}); });
    int exact = 0;
    std::uint64_t samples = 0;
    for (int i = 0; i < times; ++i) {
        profile.start();
        for (int k = 0; k < 100; ++k) {
            PROFILE_SCOPE("counted");
            test::work(10 * us);
        }
        const scopetree::session result = profile.stop();
        exact += test::calls_of(result, "counted") == 100 ? 1 : 0;
        samples += result.figures.samples;
    }
    over = true;
    worker.join();
    rain.join();
    test::print("restarts", times);
    test::print("exact", exact);
    test::print("samples", samples);
    return 0;
}

/// Two threads that start at once: one wins, the other is told.
int together(int times) {
    int started = 0, refused = 0, others = 0;
    for (int i = 0; i < times; ++i) {
        std::atomic<int> ready{0}, tried{0};
        std::atomic<int> won{0}, told{0}, wrong{0};
        const auto competes = [&] {
            test::profile profile(often());
            ++ready;
            while (ready < 2) {
            }
            try {
                profile.start();
                ++won;
                ++tried;
                while (tried < 2)
                    test::sleep_ns(10'000);
                profile.stop();
            } catch (const std::exception& error) {
                const std::string what = error.what();
                ++(what.find("a profiler is running already") != std::string::npos ? told : wrong);
                ++tried;
            }
        };
        std::thread left(competes), right(competes);
        left.join();
        right.join();
        started += won;
        refused += told;
        others += wrong;
    }
    test::print("times", times);
    test::print("started", started);
    test::print("refused", refused);
    test::print("other errors", others);
    return 0;
}

/// Another: looks whether one runs, makes ready, and says that it runs.
int naive_together(int times) {
    std::atomic<int> started{0};
    for (int i = 0; i < times; ++i) {
        std::atomic<int> ready{0};
        std::atomic<bool> running{false};
        const auto competes = [&] {
            ++ready;
            while (ready < 2) {
            }
            if (running)
                return;
            test::sleep_ns(100'000); // makes its thread
            running = true;
            ++started;
        };
        std::thread left(competes), right(competes);
        left.join();
        right.join();
    }
    test::print("times", times);
    test::print("started", started.load());
    return 0;
}

/// Stops while a thread is held up in a handler, and starts again.
int stuck(int times) {
    install(&count_signal);
    test::profile profile(often());
    std::atomic<int> errno_changed{0};
    std::thread worker(busy, std::ref(errno_changed));
    const pthread_t target = worker.native_handle();
    int stopped = 0;
    for (int i = 0; i < times; ++i) {
        profile.start();
        test::sleep_ms(2);
        hold = true;
        while (!held) {
            ::pthread_kill(target, SIGURG);
            test::sleep_ns(100'000);
        }
        profile.stop();
        ++stopped;
        profile.start(); // with a signal of the run before still on its way
        hold = false;
        while (held)
            test::sleep_ns(100'000);
        profile.stop();
    }
    profile.start();
    test::sleep_ms(200);
    const scopetree::session last = profile.stop();
    over = true;
    worker.join();
    test::print("times", times);
    test::print("stopped", stopped);
    test::print("samples afterwards", last.figures.samples);
    return 0;
}

} // namespace

int main(int count, char** words) {
    if (count < 3)
        return 2;
    const std::string mode = words[1];
    const bool naive = count > 3;
    us = test::steps_per_us();
    const test::profile by_hand; // or profiling would start by itself
    if (mode == "restarts" && naive)
        return naive_restarts(std::atoi(words[2]));
    if (mode == "stuck" && naive)
        return naive_stop();
    if (mode == "restarts")
        return restarts(std::atoi(words[2]));
    if (mode == "together" && naive)
        return naive_together(std::atoi(words[2]));
    if (mode == "together")
        return together(std::atoi(words[2]));
    if (mode == "stuck")
        return stuck(std::atoi(words[2]));
    if (mode == "naive")
        return naive_storm(std::atof(words[2]));
    return storm(mode, std::atof(words[2]));
}
