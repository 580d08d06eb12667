// Profiles itself by its macros alone and prints a line of its own.
//     automatic [WAY]

#include "../support/profile.hpp"
#include "../support/program.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace {

TEST_OWN_FRAME void works(std::uint64_t us) {
    PROFILE_SCOPE("the scope");
    test::work(60'000 * us); // on a busy machine the timer comes late
}

[[noreturn]] void exits_inside(std::uint64_t us) {
    PROFILE_SCOPE("outer scope");
    works(us);
    PROFILE_SCOPE("inner scope");
    std::exit(7);
}

/// The child ends as any process would; what it says on the streams is the test's to judge.
int forks(std::uint64_t us) {
    works(us);
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
        works(us);
        std::exit(5);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    works(us);
    std::printf("child's exit code: %d\n", WEXITSTATUS(status));
    return 0;
}

/// A child that profiles itself by hand.
int fork_starts(std::uint64_t us) {
    works(us);
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
        test::profile profile;
        profile.start();
        works(us);
        const scopetree::session result = profile.stop();
        std::fprintf(stdout, "child's samples: %s\n", result.figures.samples > 0 ? "some" : "none");
        std::exit(result.threads.size() == 1 ? 5 : 6);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    std::printf("child's exit code: %d\n", WEXITSTATUS(status));
    return 0;
}

/// Goes on when the file is there.
int take_snapshot(std::uint64_t us, const char* file) {
    works(us);
    std::raise(SIGUSR2);
    while (::access(file, F_OK) != 0)
        test::sleep_ms(1);
    ::unlink(file);
    PROFILE_SCOPE("behind the snapshot");
    works(us);
    return 4;
}

/// A thread that never meets a macro.
int has_stranger(std::uint64_t us) {
    std::thread stranger([us] {
        ::pthread_setname_np(::pthread_self(), "stranger");
        test::work(200'000 * us);
    });
    std::thread named([us] {
        PROFILE_THREAD("a thread with a name");
        works(us);
    });
    works(us);
    named.join();
    stranger.join();
    return 0;
}

} // namespace

int main(int count, char** words) {
    test::link_profiler();
    const std::string way = count > 1 ? words[1] : "";
    const std::uint64_t us = test::steps_per_us();
    std::printf("the program's own output\n");
    std::fflush(stdout);
    if (way == "sigterm") {
        works(us);
        std::raise(SIGTERM);
    }
    if (way == "quick_exit") {
        works(us);
        std::quick_exit(8);
    }
    if (way == "snapshot")
        return take_snapshot(us, words[2]);
    if (way == "exit")
        exits_inside(us);
    if (way == "fork")
        return forks(us);
    if (way == "fork_starts")
        return fork_starts(us);
    if (way == "stranger")
        return has_stranger(us);
    works(us);
    return 3;
}
