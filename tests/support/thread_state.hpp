/// What the kernel says that a thread does.
#ifndef SCOPETREE_TESTS_SUPPORT_THREAD_STATE_HPP
#define SCOPETREE_TESTS_SUPPORT_THREAD_STATE_HPP

#include <cstddef>
#include <fstream>
#include <string>

namespace test {

/// proc(5), /proc/<pid>/stat: the third field, 'S' where a thread of this process sleeps; 0 where
/// it has gone.
inline char thread_state(const std::string& tid) {
    std::ifstream file("/proc/self/task/" + tid + "/stat");
    std::string line;
    std::getline(file, line);
    const std::size_t name_end = line.rfind(") ");
    return name_end != std::string::npos ? line[name_end + 2] : '\0';
}

} // namespace test

#endif
