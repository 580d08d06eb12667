/// What /proc tells of this process: its threads, their names and stacks. Never calls malloc.
#ifndef SCOPETREE_CAPTURE_PROC_HPP
#define SCOPETREE_CAPTURE_PROC_HPP

#include <scopetree/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Calls `found(pid_t)` for every thread of this process. False when /proc cannot be read.
template <class Found>
bool for_each_thread(Found&& found) {
    const int folder = ::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return false;
    alignas(8) char entries[4096];
    for (;;) {
        const long size = ::syscall(SYS_getdents64, folder, entries, sizeof entries);
        if (size <= 0)
            break;
        for (long at = 0; at < size;) {
            // struct linux_dirent64: inode, offset, record length, type, name
            unsigned short length;
            std::memcpy(&length, entries + at + 16, sizeof length);
            const long tid = std::strtol(entries + at + 19, nullptr, 10);
            if (tid > 0)
                found(static_cast<pid_t>(tid));
            at += length;
        }
    }
    ::close(folder);
    return true;
}

/// The name the kernel has for a thread, at most 15 bytes; empty if it cannot be read.
template <std::size_t Size>
void read_thread_name(pid_t tid, char (&name)[Size]) noexcept {
    static_assert(Size >= 16);
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/comm", static_cast<int>(tid));
    name[0] = '\0';
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    const ssize_t size = ::read(file, name, Size - 1);
    ::close(file);
    name[size > 0 ? size - 1 : 0] = '\0';
}

/// The stack pointer of a thread that is blocked in a system call; 0 when it is running or cannot
/// be looked at. /proc/<pid>/syscall: number, six arguments, stack pointer, program counter
/// (proc(5)).
inline std::uintptr_t blocked_stack_pointer(pid_t tid) noexcept {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/syscall", static_cast<int>(tid));
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    char text[256];
    const ssize_t size = ::read(file, text, sizeof text - 1);
    ::close(file);
    text[size > 0 ? size : 0] = '\0';
    const char* field = text;
    for (int skipped = 0; skipped < 7 && field != nullptr; ++skipped) {
        field = std::strchr(field, ' ');
        field += field != nullptr ? 1 : 0;
    }
    return field == nullptr ? 0 : std::strtoull(field, nullptr, 16);
}

/// The mapping that `address` lies in: a thread's stack. False if there is none. Reads the list of
/// mappings once, O(their number).
inline bool find_mapping(std::uintptr_t address, std::uintptr_t& begin,
                         std::uintptr_t& end) noexcept {
    const int file = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    char text[4096];
    std::size_t filled = 0;
    bool found = false;
    while (!found) {
        const ssize_t size = ::read(file, text + filled, sizeof text - 1 - filled);
        if (size <= 0)
            break;
        filled += static_cast<std::size_t>(size);
        text[filled] = '\0';
        char* line = text;
        for (char* next; !found && (next = std::strchr(line, '\n')) != nullptr; line = next + 1) {
            char* dash = nullptr;
            begin = std::strtoull(line, &dash, 16);
            end = *dash == '-' ? std::strtoull(dash + 1, nullptr, 16) : 0;
            found = address >= begin && address < end;
        }
        filled = static_cast<std::size_t>(text + filled - line);
        std::memmove(text, line, filled);
        if (filled == sizeof text - 1)
            filled = 0; // no such line; never loop on it
    }
    ::close(file);
    return found;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
