/// How much is mapped into this process, to see what is never given back.
#ifndef SCOPETREE_TESTS_SUPPORT_MAPPED_BYTES_HPP
#define SCOPETREE_TESTS_SUPPORT_MAPPED_BYTES_HPP

#include <cstddef>
#include <fstream>

#include <unistd.h>

namespace test {

/// proc(5), /proc/<pid>/statm: the first number is the size in pages.
inline std::size_t mapped_bytes() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace test

#endif
