// Work whose shares the program itself knows, by reading its clocks around every slice.
//     shares MODE [frame_pointers]

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

namespace {

TEST_OWN_FRAME void seventy(std::uint64_t steps) {
    test::work(steps);
}
TEST_OWN_FRAME void twenty(std::uint64_t steps) {
    test::work(steps);
}
TEST_OWN_FRAME void ten(std::uint64_t steps) {
    test::work(steps);
}

/// Runs a slice; the clock's advance meanwhile is the truth.
template <class Slice>
std::int64_t timed_by(clockid_t clock, Slice&& slice) {
    const std::int64_t before = test::read_clock(clock);
    slice();
    return test::read_clock(clock) - before;
}

struct truth {
    std::int64_t seventy = 0, twenty = 0, ten = 0;
};

/// Slices in turn, for `busy_ns` of the thread's CPU time. They are long: a signal that is on its
/// way when a system call begins is taken at its end, so reading this clock draws samples to
/// itself.
truth mix(std::uint64_t us, std::uint64_t first, std::uint64_t second, std::uint64_t third,
          std::int64_t busy_ns) {
    truth so_far;
    const std::int64_t end = test::cpu_ns() + busy_ns;
    while (test::cpu_ns() < end) {
        so_far.seventy += timed_by(CLOCK_THREAD_CPUTIME_ID, [&] { seventy(first * us); });
        so_far.twenty += timed_by(CLOCK_THREAD_CPUTIME_ID, [&] { twenty(second * us); });
        so_far.ten += timed_by(CLOCK_THREAD_CPUTIME_ID, [&] { ten(third * us); });
    }
    return so_far;
}

/// Prints what the tree and what the program's own clock say, both as shares of the functions'
/// time.
void report(const std::string& label, const scopetree::session& result, const std::string& thread,
            const truth& clock) {
    const scopetree::thread_tree& tree = test::thread_named(result, thread);
    const double whole = static_cast<double>(clock.seventy + clock.twenty + clock.ten);
    const std::pair<const char*, std::int64_t> functions[] = {
        {"seventy", clock.seventy}, {"twenty", clock.twenty}, {"ten", clock.ten}};
    test::times all;
    for (const auto& [name, ns] : functions) {
        const test::times below = test::sum_below(result, tree, name);
        all.cpu_ns += below.cpu_ns;
        all.samples += below.samples;
    }
    for (const auto& [name, ns] : functions) {
        const test::times below = test::sum_below(result, tree, name);
        test::print(label + name + " reported",
                    static_cast<double>(below.cpu_ns) / static_cast<double>(all.cpu_ns));
        test::print(label + name + " true", static_cast<double>(ns) / whole);
    }
    test::print(label + "samples", all.samples);
    test::print(label + "elsewhere",
                1 - static_cast<double>(all.cpu_ns) / static_cast<double>(test::sum(tree).cpu_ns));
}

void one_thread(test::profile& profile, std::uint64_t us) {
    profile.start();
    PROFILE_SCOPE("mix");
    const truth clock = mix(us, 35'000, 10'000, 5000, 1'200'000'000);
    report("", profile.stop(), "main", clock);
}

void two_threads(test::profile& profile, std::uint64_t us) {
    profile.start();
    truth first, second;
    std::thread one([&] {
        PROFILE_THREAD("one");
        first = mix(us, 35'000, 10'000, 5000, 1'000'000'000);
    });
    std::thread two([&] {
        PROFILE_THREAD("two");
        second = mix(us, 5000, 27'000, 18'000, 1'000'000'000);
    });
    one.join();
    two.join();
    const scopetree::session result = profile.stop();
    report("one ", result, "one", first);
    report("two ", result, "two", second);
}

/// Beside the kernel's own milliseconds, whose tick decides when threads of a busy machine run.
constexpr std::int64_t step_ns = 1'010'000;

/// Every function has its own place within each step: whoever looks once a step always sees the
/// same one. Truth is the work done, since slices are too short to read clocks.
void lockstep(test::profile& profile, std::uint64_t us) {
    profile.start();
    PROFILE_SCOPE("mix");
    truth work;
    // By the clock: how fast a processor is may have changed since it was measured.
    std::int64_t now = test::wall_ns();
    for (const std::int64_t end = now + 1'200'000'000; now < end; now = test::wall_ns()) {
        const std::int64_t place = now % step_ns;
        constexpr std::int64_t slice = 10;
        if (place < 700'000) {
            seventy(slice * us);
            work.seventy += slice;
        } else if (place < 900'000) {
            twenty(slice * us);
            work.twenty += slice;
        } else {
            ten(slice * us);
            work.ten += slice;
        }
    }
    report("", profile.stop(), "main", work);
}

/// Woken by a timer at every step, for the one work and for the other in turn. They are equally
/// long: on a busy machine the sampler's timer is late while others work, never while they wait.
void lockstep_with_sleep(test::profile& profile, std::uint64_t us) {
    profile.start();
    PROFILE_SCOPE("mix");
    truth work;
    std::int64_t next = test::wall_ns();
    constexpr int steps = 2400;
    for (int i = 0; i < steps; ++i) {
        next = std::max(next + step_ns, test::wall_ns());
        const timespec until{next / 1'000'000'000, next % 1'000'000'000};
        while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) != 0) {
        }
        if (i % 2 == 0) {
            seventy(400 * us);
            work.seventy += 400;
        } else {
            twenty(400 * us);
            work.twenty += 400;
        }
    }
    test::print("steps", steps);
    report("", profile.stop(), "main", work);
}

TEST_OWN_FRAME void asleep() {
    test::sleep_ms(7);
}

/// Sleep against spin, by wall time. The number of looks is that of the timer's ticks: a look at a
/// sleeping thread takes no sample.
void sleep_and_spin(test::profile& profile, std::uint64_t us) {
    profile.start();
    PROFILE_SCOPE("mix");
    std::int64_t slept = 0, spun = 0;
    for (int i = 0; i < 200; ++i) {
        slept += timed_by(CLOCK_MONOTONIC, asleep);
        spun += timed_by(CLOCK_MONOTONIC, [&] { seventy(3000 * us); });
    }
    const scopetree::session result = profile.stop();
    const scopetree::thread_tree& tree = test::thread_named(result, "main");
    const auto all = static_cast<double>(test::sum(tree).wall_ns);
    const auto share = [&](const char* name) {
        return static_cast<double>(test::sum_below(result, tree, name).wall_ns) / all;
    };
    const auto whole = static_cast<double>(slept + spun);
    test::print("asleep reported", share("asleep"));
    test::print("asleep true", static_cast<double>(slept) / whole);
    test::print("seventy reported", share("seventy"));
    test::print("seventy true", static_cast<double>(spun) / whole);
    test::print("ticks", result.figures.ticks);
    test::print("asleep CPU share", static_cast<double>(test::sum_below(result, "asleep").cpu_ns) /
                                        static_cast<double>(test::sum(tree).cpu_ns));
}

} // namespace

int main(int count, char** words) {
    const std::string mode = count > 1 ? words[1] : "";
    const bool follow = count > 2 && std::strcmp(words[2], "frame_pointers") == 0;
    test::profile profile({},
                          follow ? test::capture::frame_pointers : test::capture::boost_stacktrace);
    const std::uint64_t us = test::steps_per_us();
    if (mode == "one_thread")
        one_thread(profile, us);
    else if (mode == "two_threads")
        two_threads(profile, us);
    else if (mode == "lockstep")
        lockstep(profile, us);
    else if (mode == "lockstep_with_sleep")
        lockstep_with_sleep(profile, us);
    else if (mode == "sleep_and_spin")
        sleep_and_spin(profile, us);
    else
        return 2;
    return 0;
}
