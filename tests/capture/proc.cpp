#include <scopetree/capture/proc.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/mman.h>

using namespace scopetree::detail;

namespace {

pid_t own_tid() {
    return static_cast<pid_t>(::syscall(SYS_gettid));
}

/// Threads that do nothing until the end of the test.
class idle_threads {
public:
    explicit idle_threads(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            threads_.emplace_back([this, i] {
                tids_[i] = own_tid();
                ++started_;
                while (!done_)
                    ::usleep(1'000);
            });
        while (started_ != count)
            std::this_thread::yield();
    }
    ~idle_threads() {
        done_ = true;
        for (std::thread& thread : threads_)
            thread.join();
    }
    std::thread& operator[](std::size_t i) { return threads_[i]; }
    pid_t tid(std::size_t i) const { return tids_[i]; }

private:
    std::atomic<bool> done_{false};
    std::atomic<std::size_t> started_{0};
    pid_t tids_[200] = {};
    std::vector<std::thread> threads_;
};

std::string name_of(pid_t tid) {
    char name[64] = "untouched";
    read_thread_name(tid, name);
    return name;
}

} // namespace

TEST_CASE("proc: lists every thread once") {
    const idle_threads idle(200); // more than one reading of the folder holds
    std::multiset<pid_t> listed;
    REQUIRE(for_each_thread([&](pid_t tid) { listed.insert(tid); }));
    CHECK(listed.count(own_tid()) == 1);
    bool each = true;
    for (std::size_t i = 0; i < 200; ++i)
        each = each && listed.count(idle.tid(i)) == 1;
    CHECK(each);
}

TEST_CASE("proc: reads a thread's name") {
    idle_threads idle(2);
    REQUIRE(::pthread_setname_np(idle[0].native_handle(), "worker one") == 0);
    CHECK(name_of(idle.tid(0)) == "worker one");
    REQUIRE(::pthread_setname_np(idle[1].native_handle(), "fifteen letters") == 0);
    CHECK(name_of(idle.tid(1)) == "fifteen letters");
    REQUIRE(::pthread_setname_np(idle[1].native_handle(), "") == 0);
    CHECK(name_of(idle.tid(1)).empty());
}

TEST_CASE("proc: a thread that is gone has no name") {
    CHECK(name_of(0x7fff'fffe).empty());
}

TEST_CASE("proc: finds the mapping of an address") {
    constexpr std::size_t page = 4096;
    auto* const pages = static_cast<char*>(
        ::mmap(nullptr, 3 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(pages != MAP_FAILED);
    // Neighbours of another kind: the one in between stays a mapping of its own.
    REQUIRE(::mprotect(pages + page, page, PROT_READ | PROT_WRITE) == 0);
    const auto middle = reinterpret_cast<std::uintptr_t>(pages + page);
    std::uintptr_t begin = 0, end = 0;
    REQUIRE(find_mapping(middle, begin, end));
    CHECK(begin == middle);
    CHECK(end == middle + page);
    REQUIRE(find_mapping(middle + page - 1, begin, end));
    CHECK(begin == middle);
    ::munmap(pages + page, page);
    CHECK_FALSE(find_mapping(middle, begin, end));
    ::munmap(pages, page);
    ::munmap(pages + 2 * page, page);
}

TEST_CASE("proc: finds this thread's stack") {
    const int local = 0;
    const auto here = reinterpret_cast<std::uintptr_t>(&local);
    std::uintptr_t begin = 0, end = 0;
    REQUIRE(find_mapping(here, begin, end));
    CHECK(begin <= here);
    CHECK(here < end);
}

TEST_CASE("proc: finds a mapping behind very many others") {
    constexpr std::size_t page = 4096, count = 2'000;
    auto* const pages = static_cast<char*>(
        ::mmap(nullptr, count * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(pages != MAP_FAILED);
    for (std::size_t i = 0; i < count; i += 2)
        REQUIRE(::mprotect(pages + i * page, page, PROT_READ | PROT_WRITE) == 0);
    bool right = true;
    // So many in a row that some are the last and the first of a reading.
    for (std::size_t i = 1'000; i < 1'300; ++i) {
        const auto at = reinterpret_cast<std::uintptr_t>(pages + i * page);
        std::uintptr_t begin = 0, end = 0;
        right = right && find_mapping(at, begin, end) && begin == at && end == at + page;
    }
    CHECK(right);
    ::munmap(pages, count * page);
}

TEST_CASE("proc: nothing is mapped at address zero") {
    std::uintptr_t begin = 0, end = 0;
    CHECK_FALSE(find_mapping(0, begin, end));
}

TEST_CASE("proc: the stack pointer of a thread that waits, and of none that runs") {
    std::atomic<std::uintptr_t> inside{0};
    std::atomic<pid_t> tid{0};
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    std::thread waits([&] {
        char byte;
        inside = reinterpret_cast<std::uintptr_t>(&byte);
        tid = own_tid();
        ::syscall(SYS_read, ends[0], &byte, 1, 0, 0, 7); // whose last argument comes next to it
    });
    std::uintptr_t seen = 0;
    while (seen == 0) { // until it has arrived there
        std::this_thread::yield();
        seen = tid == 0 ? 0 : blocked_stack_pointer(tid);
    }
    CHECK(seen <= inside + 64);
    CHECK(seen > inside - 4096);
    REQUIRE(::write(ends[1], "x", 1) == 1);
    waits.join();
    CHECK(blocked_stack_pointer(tid) == 0); // gone
    std::atomic<bool> done{false};
    tid = 0;
    std::thread runs([&] {
        tid = own_tid();
        while (!done) {
        }
    });
    while (tid == 0)
        std::this_thread::yield();
    CHECK(blocked_stack_pointer(tid) == 0);
    done = true;
    runs.join();
    ::close(ends[0]);
    ::close(ends[1]);
}
