// Programs that make life hard for a profiler that sends signals.
//     signals MODE [COUNT|SECONDS] [naive]

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

namespace {

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

/// What a profiler does at first: SIGPROF, whose default is to kill.
void start_naive_timer() {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGPROF, &action, nullptr);
    std::thread([target = ::pthread_self()] {
        for (;;)
            ::pthread_kill(target, SIGPROF);
    }).detach();
}

/// Calls exec while it is sampled as often as can be; what it becomes exits with 0 at once.
int execute(bool naive) {
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(10);
    chosen.cpu_budget = 1;
    test::profile profile(chosen);
    if (naive)
        start_naive_timer();
    else
        profile.start();
    PROFILE_SCOPE("before exec");
    const std::int64_t end = test::wall_ns() + 3'000'000;
    while (test::wall_ns() < end) {
    }
    ::execl("/bin/true", "true", static_cast<char*>(nullptr));
    return 3;
}

int many_execs(const char* self, int times, const char* how) {
    const bool naive = std::string(how) == "naive";
    int done = 0, killed = 0, failed = 0;
    for (; done < times && !(naive && killed != 0); ++done) { // one is enough to know
        const pid_t child = ::fork();
        if (child == 0) {
            ::execl(self, self, "exec", "0", how, static_cast<char*>(nullptr));
            ::_exit(4);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        killed += WIFSIGNALED(status) ? 1 : 0;
        failed += WIFEXITED(status) && WEXITSTATUS(status) != 0 ? 1 : 0;
    }
    test::print("times", done);
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

/// What a profiler does at first: unwinds from wherever it finds the thread.
void start_naive_profiler(const std::vector<std::thread>& threads, const std::atomic<bool>& over) {
    struct sigaction action = {};
    action.sa_handler = [](int) {
        int frames = 0;
        const auto count = [](_Unwind_Context*, void* of) {
            ++*static_cast<int*>(of);
            return _URC_NO_REASON;
        };
        _Unwind_Backtrace(count, &frames);
    };
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGURG, &action, nullptr);
    while (!over) {
        for (const std::thread& thread : threads)
            ::pthread_kill(const_cast<std::thread&>(thread).native_handle(), SIGURG);
        test::sleep_ns(100'000);
    }
}

/// Exceptions through frames with destructors, on four threads, sampled five thousand times a
/// second; so many a second altogether, or as many as can be.
int throws(double seconds, int rate, bool naive) {
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(200);
    chosen.cpu_budget = 1;
    test::profile profile(chosen);
    std::atomic<int> alive{0}, caught{0};
    std::vector<std::thread> threads;
    const std::int64_t begin = test::wall_ns();
    const std::int64_t end = begin + static_cast<std::int64_t>(seconds * 1e9);
    std::atomic<bool> over{false};
    if (!naive)
        profile.start();
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (std::int64_t now; (now = test::wall_ns()) < end;) {
                if (rate != 0 && caught >= (now - begin) / (1'000'000'000 / rate)) {
                    test::sleep_ns(500'000);
                    continue;
                }
                try {
                    throw_from(10, alive);
                } catch (int) {
                    ++caught;
                }
            }
            over = true;
        });
    if (naive)
        start_naive_profiler(threads, over);
    for (std::thread& thread : threads)
        thread.join();
    if (naive)
        return 0;
    const scopetree::session result = profile.stop();
    const auto samples = static_cast<double>(result.figures.samples);
    test::print("alive", alive.load());
    test::print("caught", caught.load());
    test::print("caught a second", caught / seconds);
    test::print("calls", test::calls_of(result, "throwing"));
    test::print("samples", result.figures.samples);
    test::print("unwinding", result.figures.unwinding);
    test::print("share of stacks cut short",
                static_cast<double>(result.figures.unwinding + result.figures.truncated) / samples);
    return 0;
}

} // namespace

int main(int count, char** words) {
    const std::string mode = count > 1 ? words[1] : "";
    const double amount = count > 2 ? std::atof(words[2]) : 0;
    const std::string how = count > 3 ? words[3] : "";
    if (mode == "exec")
        return execute(how == "naive");
    if (mode == "execs")
        return many_execs(words[0], static_cast<int>(amount), how.c_str());
    if (mode == "throws")
        return throws(amount, 0, how == "naive");
    if (mode == "throws_slowly")
        return throws(amount, 1000, how == "naive");
    if (mode == "many_threads")
        return many_threads(test::steps_per_us());
    return 2;
}
