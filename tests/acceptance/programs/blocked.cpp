// Many threads that wait and one that works.
//     blocked COUNT MILLISECONDS [speed|naive]

#include "../../support/thread_state.hpp"
#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <linux/futex.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr int most_threads = 1000;
std::atomic<int> tids[most_threads];
std::atomic<int> signals_to[most_threads];
std::atomic<int> interrupted[most_threads];
std::atomic<std::uint32_t> released{0};
int release_event = -1;

long system_call(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#else
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
#endif
}

void count_signal(long tid) {
    for (int i = 0; i < most_threads; ++i)
        if (tids[i].load(std::memory_order_relaxed) == tid)
            ++signals_to[i];
}

} // namespace

/// In place of the C library's: every signal that the profiler sends to a thread passes here. Reads
/// six arguments, as the C library's does, also where the caller gave fewer.
extern "C" __attribute__((no_sanitize("address"))) long syscall(long number, ...) noexcept {
    va_list arguments;
    va_start(arguments, number);
    long a[6];
    for (long& argument : a)
        argument = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_rt_tgsigqueueinfo || number == SYS_tgkill)
        count_signal(a[1]);
    const long result = system_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (result >= 0 || result < -4095)
        return result;
    errno = static_cast<int>(-result);
    return -1;
}

namespace {

// One of the ways to wait; each returns when everything is over or a signal interrupts it.

void in_poll() {
    pollfd event{release_event, POLLIN, 0};
    ::poll(&event, 1, -1);
}

void in_futex() {
    ::syscall(SYS_futex, &released, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
}

void in_read() {
    std::uint64_t value;
    [[maybe_unused]] const ssize_t count = ::read(release_event, &value, sizeof value);
}

void wait_until_released(int index) {
    PROFILE_SCOPE("blocked");
    constexpr void (*ways[])() = {in_poll, in_futex, in_read};
    tids[index] = static_cast<int>(::syscall(SYS_gettid));
    while (released == 0) {
        errno = 0;
        ways[index % 4 - 1]();
        if (errno == EINTR)
            ++interrupted[index];
    }
}

/// One sleep for the whole time: waking up now and then would be running, and be sampled.
void sleep_once(int index, std::int64_t ns) {
    PROFILE_SCOPE("blocked");
    tids[index] = static_cast<int>(::syscall(SYS_gettid));
    timespec left{ns / 1'000'000'000, ns % 1'000'000'000};
    while (::nanosleep(&left, &left) != 0)
        ++interrupted[index];
}

void release(int count) {
    released = 1;
    ::syscall(SYS_futex, &released, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
    const auto tokens = static_cast<std::uint64_t>(count);
    [[maybe_unused]] const ssize_t written = ::write(release_event, &tokens, sizeof tokens);
}

TEST_OWN_FRAME void busy(std::uint64_t us, std::int64_t until) {
    while (test::wall_ns() < until)
        test::work(100 * us);
}

void wait_until_blocked(int threads) {
    for (int i = 0; i < threads; ++i)
        while (tids[i] == 0 || test::thread_state(std::to_string(tids[i])) != 'S')
            test::sleep_ms(1);
}

/// What the sampler did while all waited.
void report(const scopetree::session& result, int threads) {
    int most_signals = 0, most_interrupted = 0, more_often_than_signalled = 0;
    for (int i = 0; i < threads; ++i) {
        most_signals = std::max<int>(most_signals, signals_to[i]);
        most_interrupted = std::max<int>(most_interrupted, interrupted[i]);
        more_often_than_signalled += interrupted[i] > signals_to[i] ? 1 : 0;
    }
    test::print("most signals", most_signals);
    test::print("most interrupted", most_interrupted);
    test::print("interrupted more often than signalled", more_often_than_signalled);
    const test::times all = test::sum_below(result, "blocked");
    test::print("blocked wall", static_cast<double>(all.wall_ns) / threads);
    const scopetree::thread_tree& main = test::thread_named(result, "main");
    const test::times at_work = test::sum_below(result, main, "busy");
    test::print("busy samples", at_work.samples);
    test::print("busy CPU", at_work.cpu_ns);
    test::print("sampler CPU share", static_cast<double>(result.figures.sampler_cpu_ns) /
                                         static_cast<double>(result.duration_ns));
    test::print("ticks", result.figures.ticks);
    test::print("thinned ticks", result.figures.thinned_ticks);
    test::print("duration", result.duration_ns);
}

/// A profile beside one busy thread.
void watch(test::profile& profile, int threads, std::uint64_t us, std::int64_t ns) {
    for (int i = 0; i < threads; ++i)
        signals_to[i] = interrupted[i] = 0;
    profile.start();
    {
        PROFILE_SCOPE("busy");
        busy(us, test::wall_ns() + ns);
    }
    report(profile.snapshot(), threads);
    profile.stop();
}

/// How many steps a busy thread makes in so long.
std::uint64_t steps_in(std::int64_t ns) {
    PROFILE_SCOPE("busy");
    std::uint64_t steps = 0;
    for (const std::int64_t end = test::wall_ns() + ns; test::wall_ns() < end; ++steps)
        test::work(1000);
    return steps;
}

/// The busy thread with and without a profile, in turn.
void compare_speed(test::profile& profile, std::int64_t ns) {
    constexpr std::int64_t window = 500'000'000;
    std::uint64_t with = 0, without = 0;
    double sampler_share = 0;
    int windows = 0;
    for (const std::int64_t end = test::wall_ns() + ns; test::wall_ns() < end; ++windows) {
        profile.start();
        steps_in(window / 2); // all have been seen waiting
        const scopetree::session before = profile.snapshot();
        const std::int64_t begin = test::wall_ns();
        with += steps_in(window);
        const std::int64_t took = test::wall_ns() - begin;
        const scopetree::session after = profile.stop();
        sampler_share +=
            static_cast<double>(after.figures.sampler_cpu_ns - before.figures.sampler_cpu_ns) /
            static_cast<double>(took);
        without += steps_in(window);
    }
    test::print("windows", windows);
    test::print("keeps of its speed", static_cast<double>(with) / static_cast<double>(without));
    test::print("sampler CPU share", sampler_share / windows);
}

/// What a profiler does at first: signals every thread every millisecond, whether it runs or not.
/// Returns the CPU time it took.
std::int64_t signal_all_until(const std::atomic<bool>& over, int threads) {
    const pid_t process = ::getpid();
    while (!over) {
        for (int i = 0; i < threads; ++i)
            ::syscall(SYS_tgkill, process, tids[i].load(), SIGURG);
        test::sleep_ms(1);
    }
    return test::cpu_ns();
}

void compare_speed_of_naive(int threads, std::int64_t ns) {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGURG, &action, nullptr);
    const std::uint64_t without = steps_in(ns / 2);
    std::atomic<bool> over{false};
    std::int64_t took = 0;
    std::thread profiler([&] { took = signal_all_until(over, threads); });
    const std::uint64_t with = steps_in(ns / 2);
    over = true;
    profiler.join();
    int most = 0;
    for (const std::atomic<int>& count : signals_to)
        most = std::max<int>(most, count);
    test::print("most signals", most);
    test::print("sampler CPU share", static_cast<double>(took) / static_cast<double>(ns / 2));
    test::print("keeps of its speed", static_cast<double>(with) / static_cast<double>(without));
}

} // namespace

int main(int count, char** words) {
    if (count < 3)
        return 2;
    const int threads = std::min(std::atoi(words[1]), most_threads);
    const std::int64_t ns = std::atoll(words[2]) * 1'000'000;
    release_event = ::eventfd(0, EFD_SEMAPHORE);
    const std::uint64_t us = test::steps_per_us();
    test::profile profile;
    profile.start();
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i)
        all.emplace_back(i % 4 == 0 ? std::thread(sleep_once, i, 2 * ns)
                                    : std::thread(wait_until_released, i));
    // A thread that is held up on its way to where it waits runs, and is sampled, as often as it is
    // seen there: what counts begins afterwards.
    wait_until_blocked(threads);
    test::print("blocked threads", test::calls_of(profile.stop(), "blocked"));
    const std::string how = count > 3 ? words[3] : "";
    if (how == "naive")
        compare_speed_of_naive(threads, ns);
    else if (how == "speed")
        compare_speed(profile, ns);
    else
        watch(profile, threads, us, ns);
    release(threads);
    for (std::thread& one : all)
        one.join();
    return 0;
}
