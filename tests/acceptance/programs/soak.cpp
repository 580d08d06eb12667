// Everything that is hard on a profiler, in turn, in one process, for as long as is asked for.
//     soak SECONDS LIBRARY [naive]

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

std::uint64_t us = 0;

void works() {
    PROFILE_SCOPE("works");
    test::work(100 * us);
}

void starts_threads() {
    PROFILE_SCOPE("starts threads");
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i)
        threads.emplace_back([] {
            PROFILE_SCOPE("short life");
            works();
        });
    for (std::thread& thread : threads)
        thread.join();
}

TEST_OWN_FRAME void throw_from(int depth) {
    PROFILE_SCOPE("throws");
    if (depth == 0)
        throw depth;
    throw_from(depth - 1);
    __asm__ volatile("");
}

void throws() {
    for (int i = 0; i < 300; ++i) {
        try {
            throw_from(8);
        } catch (int) {
        }
    }
}

void loads(const char* path) {
    PROFILE_SCOPE("loads");
    for (int i = 0; i < 10; ++i) {
        void* const library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr)
            std::abort();
        reinterpret_cast<int (*)(int)>(::dlsym(library, "call_library"))(i);
        ::dlclose(library);
    }
}

void forks() {
    PROFILE_SCOPE("forks");
    for (int i = 0; i < 3; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            works();
            ::_exit(0);
        }
        ::waitpid(child, nullptr, 0);
    }
}

/// To a few depths only: each is a path of its own, and paths take memory, if seen.
TEST_OWN_FRAME int recurse(int depth) {
    PROFILE_SCOPE("recurses");
    if (depth > 0)
        return recurse(depth - 1) + 1;
    works();
    return 1;
}

void waits() {
    PROFILE_SCOPE("waits");
    test::sleep_ms(5);
}

/// What a profiler does at first: keeps the record of each thread, and a file open.
void keeps_all() {
    constexpr std::size_t record = 64 * 1024;
    static std::vector<std::vector<char>> records;
    for (int i = 0; i < 16; ++i)
        records.emplace_back(record, 'x');
    [[maybe_unused]] const int kept = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

long resident_kilobytes() {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.compare(0, 6, "VmRSS:") == 0)
            return std::atol(line.c_str() + 6);
    return 0;
}

int open_descriptors() {
    int count = 0;
    DIR* const folder = ::opendir("/proc/self/fd");
    while (::readdir(folder) != nullptr)
        ++count;
    ::closedir(folder);
    return count - 3; // ., .. and the folder itself
}

} // namespace

int main(int count, char** words) {
    if (count < 3)
        return 2;
    const bool naive = count > 3;
    us = test::steps_per_us();
    test::profile profile;
    const int descriptors = open_descriptors();
    profile.start();
    const std::int64_t begin = test::wall_ns();
    const auto ns = static_cast<std::int64_t>(std::atof(words[1]) * 1e9);
    int rounds = 0, most_descriptors = 0;
    long warm = 0, most = 0;
    for (std::int64_t now; (now = test::wall_ns()) < begin + ns; ++rounds) {
        PROFILE_SCOPE("round");
        starts_threads();
        throws();
        loads(words[2]);
        forks();
        recurse(200 + rounds % 5 * 200);
        waits();
        if (naive)
            keeps_all();
        const long resident = resident_kilobytes();
        (now < begin + ns / 4 ? warm : most) =
            std::max(now < begin + ns / 4 ? warm : most, resident);
        most_descriptors = std::max(most_descriptors, open_descriptors());
    }
    const scopetree::session result = profile.stop();
    int inexact = 0;
    for (const scopetree::thread_tree& thread : result.threads)
        inexact += test::sum(thread).wall_ns != thread.wall_ns ? 1 : 0;
    test::print("rounds", rounds);
    test::print("seconds", static_cast<double>(result.duration_ns) / 1e9);
    test::print("samples", result.figures.samples);
    std::size_t nodes = 0;
    for (const scopetree::thread_tree& thread : result.threads)
        nodes += thread.nodes.size();
    test::print("nodes", nodes);
    test::print("kilobytes after a quarter", warm);
    test::print("most kilobytes later", most);
    test::print("more descriptors", most_descriptors - descriptors);
    test::print("descriptors left", open_descriptors() - descriptors);
    test::print("threads whose sum is not exact", inexact);
    test::print("calls of rounds", test::calls_of(result, "round"));
    test::print("calls of short lives", test::calls_of(result, "short life"));
    return 0;
}
