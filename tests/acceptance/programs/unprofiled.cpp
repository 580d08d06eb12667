// A program that knows nothing of scopetree, with threads.

#include "../support/program.hpp"

#include <csignal>
#include <cstdio>
#include <thread>

#include <pthread.h>

namespace {

TEST_OWN_FRAME void work_of_one() {
    test::work(60'000'000);
}

TEST_OWN_FRAME void work_of_other() {
    test::work(60'000'000);
}

TEST_OWN_FRAME void work_of_main() {
    test::work(60'000'000);
}

/// As libraries do with threads of their own: others handle the program's signals.
void hold_back_signals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

} // namespace

int main() {
    std::thread one([] {
        ::pthread_setname_np(::pthread_self(), "one");
        work_of_one();
    });
    std::thread other([] {
        ::pthread_setname_np(::pthread_self(), "other");
        hold_back_signals();
        work_of_other();
    });
    work_of_main();
    one.join();
    other.join();
    std::puts("the program's own output");
    return 5;
}
