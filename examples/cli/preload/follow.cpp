// Before the exec functions of the C library. They are called behind fork and vfork, where nothing
// may be allocated: what is added to the environment stands on the stack.

#include "follow.hpp"

#include "next.hpp"

#include <cstdarg>
#include <cstddef>
#include <cstring>

#include <alloca.h>
#include <unistd.h>

namespace {

using words = char* const*;
using exec_at_path = int(const char*, words, words);
using exec_at_descriptor = int(int, words, words);
using exec_at_folder = int(int, const char*, words, words, int);

/// Set before anything here is constructed; never freed.
struct {
    pid_t pid;     // 0: nothing is followed
    char* order;   // the variable
    char* preload; // `LD_PRELOAD=` and the path
} followed;

constexpr std::size_t name_size = sizeof "LD_PRELOAD=" - 1;

std::size_t count(words list) noexcept {
    std::size_t size = 0;
    while (list != nullptr && list[size] != nullptr)
        ++size;
    return size;
}

bool is_preload(const char* entry) noexcept {
    return std::strncmp(entry, "LD_PRELOAD=", name_size) == 0;
}

/// Calls `exec` with the environment and, where this is the process that is profiled, what makes
/// the new program be profiled.
template <class Exec>
int with_order(words environment, Exec exec) noexcept {
    if (followed.pid == 0 || followed.pid != ::getpid())
        return exec(environment);
    const std::size_t size = count(environment);
    const auto entries = static_cast<char**>(alloca((size + 3) * sizeof(char*)));
    char** last = entries;
    bool has_preload = false;
    for (std::size_t i = 0; i < size; ++i) {
        char* entry = environment[i];
        if (is_preload(entry) && !has_preload) {
            has_preload = true;
            const auto joined =
                static_cast<char*>(alloca(std::strlen(followed.preload) + std::strlen(entry) + 1));
            std::strcpy(joined, followed.preload);
            std::strcat(joined, ":");
            std::strcat(joined, entry + name_size);
            entry = joined;
        }
        *last++ = entry;
    }
    if (!has_preload)
        *last++ = followed.preload;
    *last++ = followed.order;
    *last = nullptr;
    return exec(entries);
}

preload::next<exec_at_path> next_execve("execve");
preload::next<exec_at_path> next_execvpe("execvpe");
preload::next<exec_at_descriptor> next_fexecve("fexecve");
preload::next<exec_at_folder> next_execveat("execveat");

__attribute__((constructor)) void find_them() {
    next_execve.find();
    next_execvpe.find();
    next_fexecve.find();
    next_execveat.find();
}

} // namespace

void preload::follow(const std::string& order, const std::string& library) {
    followed.order = ::strdup(order.c_str());
    followed.preload = ::strdup(("LD_PRELOAD=" + library).c_str());
    followed.pid = ::getpid();
}

PRELOAD_EXPORT int execve(const char* path, words arguments, words environment) noexcept {
    return with_order(environment, [&](words all) { return next_execve(path, arguments, all); });
}

PRELOAD_EXPORT int execvpe(const char* name, words arguments, words environment) noexcept {
    return with_order(environment, [&](words all) { return next_execvpe(name, arguments, all); });
}

PRELOAD_EXPORT int execv(const char* path, words arguments) noexcept {
    return execve(path, arguments, environ);
}

PRELOAD_EXPORT int execvp(const char* name, words arguments) noexcept {
    return execvpe(name, arguments, environ);
}

PRELOAD_EXPORT int fexecve(int file, words arguments, words environment) noexcept {
    return with_order(environment, [&](words all) { return next_fexecve(file, arguments, all); });
}

PRELOAD_EXPORT int execveat(int folder, const char* path, words arguments, words environment,
                            int flags) noexcept {
    return with_order(
        environment, [&](words all) { return next_execveat(folder, path, arguments, all, flags); });
}

/// Makes an array, `arguments`, of the arguments from `first` up to the null pointer, behind which
/// `rest` stands then.
#define COLLECT_ARGUMENTS(first)                                                                   \
    va_list rest;                                                                                  \
    va_start(rest, first);                                                                         \
    std::size_t size = 1;                                                                          \
    while (va_arg(rest, const char*) != nullptr)                                                   \
        ++size;                                                                                    \
    va_end(rest);                                                                                  \
    const auto arguments = static_cast<char**>(alloca((size + 1) * sizeof(char*)));                \
    va_start(rest, first);                                                                         \
    arguments[0] = const_cast<char*>(first);                                                       \
    for (std::size_t i = 1; i <= size; ++i)                                                        \
        arguments[i] = va_arg(rest, char*);

PRELOAD_EXPORT int execl(const char* path, const char* first, ...) noexcept {
    COLLECT_ARGUMENTS(first)
    va_end(rest);
    return execv(path, arguments);
}

PRELOAD_EXPORT int execlp(const char* name, const char* first, ...) noexcept {
    COLLECT_ARGUMENTS(first)
    va_end(rest);
    return execvp(name, arguments);
}

PRELOAD_EXPORT int execle(const char* path, const char* first, ...) noexcept {
    COLLECT_ARGUMENTS(first)
    const words environment = va_arg(rest, words);
    va_end(rest);
    return execve(path, arguments, environment);
}
