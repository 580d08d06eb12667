/// A fork whose child finds no lock taken.
#ifndef SCOPETREE_TESTS_SUPPORT_FORK_AT_REST_HPP
#define SCOPETREE_TESTS_SUPPORT_FORK_AT_REST_HPP

#include "thread_state.hpp"

#include <filesystem>
#include <string>
#include <thread>

#include <sys/syscall.h>
#include <unistd.h>

namespace test {

/// All threads but this one sleep, or have gone.
inline bool others_sleep() {
    const std::string own = std::to_string(::syscall(SYS_gettid));
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
        if (const char state = thread_state(task.path().filename());
            state != 'S' && state != '\0' && task.path().filename() != own)
            return false;
    return true;
}

/// What another thread holds nobody lets go of in the child, and a thread that begins or allocates
/// holds the lock of the address sanitizer's allocator, which takes no care of forks.
inline pid_t fork_at_rest() {
    while (!others_sleep())
        std::this_thread::yield();
    return ::fork();
}

} // namespace test

#endif
