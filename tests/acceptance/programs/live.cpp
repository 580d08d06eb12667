// Looks at the run that starts by itself, before and after a scope is met, and in a child.

#include <scopetree/service/live.hpp>

#include <scopetree/scope.hpp>

#include "../support/program.hpp"

#include <cstdio>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

int main() {
    test::print("before", scopetree::is_profiling());
    std::vector<std::thread> threads; // started once, whoever asks
    for (int i = 0; i < 4; ++i)
        threads.emplace_back(&scopetree::ensure_profiling);
    for (std::thread& each : threads)
        each.join();
    test::print("ensured", scopetree::is_profiling());
    { PROFILE_SCOPE("the scope"); }
    test::print("after a scope", scopetree::is_profiling());
    try {
        test::print("threads", scopetree::live_session().threads.size());
    } catch (const scopetree::profiler_error& error) {
        std::printf("refused: %s\n", error.what());
    }
    std::fflush(stdout);
    if (::fork() == 0) {
        scopetree::ensure_profiling();
        ::_exit(scopetree::is_profiling() ? 1 : 0);
    }
    int status = 0;
    ::wait(&status);
    test::print("child", WEXITSTATUS(status));
}
