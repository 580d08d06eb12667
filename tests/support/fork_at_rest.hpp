/// A fork whose child finds no lock taken.
#ifndef SCOPETREE_TESTS_SUPPORT_FORK_AT_REST_HPP
#define SCOPETREE_TESTS_SUPPORT_FORK_AT_REST_HPP

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <sys/syscall.h>
#include <unistd.h>

namespace test {

/// All threads but this one sleep, or have gone.
inline bool others_sleep() {
    const std::string own = std::to_string(::syscall(SYS_gettid));
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(task.path() / "stat");
        std::string line;
        std::getline(file, line);
        const std::size_t name_end = line.rfind(')');
        if (task.path().filename() != own && name_end != std::string::npos &&
            line.compare(name_end, 3, ") S") != 0)
            return false;
    }
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
