// Programs that make life hard for a profiler that sends signals.
//     signals MODE

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace {

std::atomic<int> handled{0};

void on_urgent(int) {
    ++handled;
    errno = EDOM; // a careless handler: whoever chains to it must not let this through
}

/// The program's own handler of the same signal, installed before the profiler's.
int own_handler(std::uint64_t us) {
    struct sigaction action = {};
    action.sa_handler = &on_urgent;
    ::sigaction(SIGURG, &action, nullptr);
    test::profile profile;
    profile.start();
    PROFILE_SCOPE("work");
    int errno_changed = 0;
    constexpr int sent = 200;
    for (int i = 0; i < sent; ++i) {
        errno = ERANGE;
        // To the process, as the kernel sends it for urgent data: of two such signals that are
        // pending for one thread the kernel keeps one.
        ::kill(::getpid(), SIGURG);
        test::work(2000 * us);
        errno_changed += errno != ERANGE ? 1 : 0;
    }
    const scopetree::session result = profile.stop();
    ::kill(::getpid(), SIGURG); // the profiler's handler is still there, and passes it on
    test::print("sent", sent + 1);
    test::print("handled", handled.load());
    test::print("errno changed", errno_changed);
    test::print("samples", result.figures.samples);
    return 0;
}

/// Threads that come and go by the thousand, some at once.
int many_threads(std::uint64_t us) {
    test::profile profile;
    profile.start();
    constexpr int rounds = 500, at_once = 4;
    for (int i = 0; i < rounds; ++i) {
        std::vector<std::thread> threads;
        for (int k = 0; k < at_once; ++k)
            threads.emplace_back([us, k, i] {
                if (k == 0 && i < 5)
                    PROFILE_THREAD(("early " + std::to_string(i)).c_str());
                PROFILE_SCOPE("short life");
                test::work(100 * us);
            });
        for (std::thread& thread : threads)
            thread.join();
    }
    std::thread last([us] {
        PROFILE_THREAD("last");
        PROFILE_SCOPE("short life");
        test::work(30'000 * us);
    });
    last.join();
    const scopetree::session result = profile.stop();
    test::print("threads", rounds * at_once + 1);
    test::print("calls", test::calls_of(result, "short life"));
    test::print("named last", test::thread_named(result, "last").wall_ns > 0 ? 1 : 0);
    test::print("threads in the session", result.threads.size());
    std::int64_t wall = 0, sum = 0;
    for (const scopetree::thread_tree& thread : result.threads) {
        wall += thread.wall_ns;
        sum += test::sum(thread).wall_ns;
    }
    test::print("adds up", wall == sum ? 1 : 0);
    return 0;
}

/// Calls exec while it is sampled as often as can be; what it becomes exits with 0 at once.
int execute() {
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(10);
    chosen.cpu_budget = 1;
    test::profile profile(chosen);
    profile.start();
    PROFILE_SCOPE("before exec");
    const std::int64_t end = test::wall_ns() + 3'000'000;
    while (test::wall_ns() < end) {
    }
    ::execl("/bin/true", "true", static_cast<char*>(nullptr));
    return 3;
}

int many_execs(const char* self) {
    int killed = 0, failed = 0;
    constexpr int times = 100;
    for (int i = 0; i < times; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::execl(self, self, "exec", static_cast<char*>(nullptr));
            ::_exit(4);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        killed += WIFSIGNALED(status) ? 1 : 0;
        failed += WIFEXITED(status) && WEXITSTATUS(status) != 0 ? 1 : 0;
    }
    test::print("times", times);
    test::print("killed", killed);
    test::print("failed", failed);
    return 0;
}

struct counts_down {
    explicit counts_down(std::atomic<int>& of) : alive(of) { ++alive; }
    ~counts_down() { --alive; }
    counts_down(const counts_down&) = delete;
    counts_down& operator=(const counts_down&) = delete;
    std::atomic<int>& alive;
};

TEST_OWN_FRAME void throw_from(int depth, std::atomic<int>& alive) {
    PROFILE_SCOPE("throwing");
    const counts_down object(alive);
    if (depth == 0)
        throw depth;
    throw_from(depth - 1, alive);
    __asm__ volatile("");
}

/// Exceptions through frames with destructors, on four threads, sampled five thousand times a
/// second.
int throws() {
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(200);
    chosen.cpu_budget = 1;
    test::profile profile(chosen);
    profile.start();
    std::atomic<int> alive{0}, caught{0};
    std::vector<std::thread> threads;
    const std::int64_t end = test::wall_ns() + 3'000'000'000;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            while (test::wall_ns() < end) {
                try {
                    throw_from(10, alive);
                } catch (int) {
                    ++caught;
                }
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    const scopetree::session result = profile.stop();
    test::print("alive", alive.load());
    test::print("caught", caught.load());
    test::print("calls", test::calls_of(result, "throwing"));
    test::print("samples", result.figures.samples);
    test::print("unwinding", result.figures.unwinding);
    return 0;
}

} // namespace

int main(int count, char** words) {
    const std::string mode = count > 1 ? words[1] : "";
    if (mode == "exec")
        return execute();
    if (mode == "many_execs")
        return many_execs(words[0]);
    if (mode == "throws")
        return throws();
    const std::uint64_t us = test::steps_per_us();
    if (mode == "own_handler")
        return own_handler(us);
    if (mode == "many_threads")
        return many_threads(us);
    return 2;
}
