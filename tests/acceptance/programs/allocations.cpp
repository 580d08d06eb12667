// Counts what is allocated while known scopes are entered and samples are taken; or in the handler
// of the signal alone, that of each new thread's first signal included.
//     allocations [handler|naive SECONDS]

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace {

std::atomic<std::uint64_t> all_allocations{0}, in_handler{0}, handled{0};
thread_local bool handles = false;

/// Counts a call of the allocator.
struct counter {
    counter& operator++() {
        ++all_allocations;
        in_handler += handles ? 1 : 0;
        return *this;
    }
    operator std::uint64_t() const { return all_allocations; }
} allocations;

} // namespace

// The C library's own names for its allocator, behind the ones that programs use.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) {
    ++allocations;
    return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
    ++allocations;
    return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
    ++allocations;
    return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
    ++allocations;
    return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
    *memory = memalign(alignment, size);
    return *memory == nullptr ? ENOMEM : 0;
}
void free(void* memory) {
    ++allocations;
    __libc_free(memory);
}
}

void* operator new(std::size_t size) {
    ++allocations;
    if (void* const memory = __libc_malloc(size))
        return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    ++allocations;
    __libc_free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    ++allocations;
    __libc_free(memory);
}

namespace {

std::atomic<int> ready{0};
std::atomic<bool> over{false};

TEST_OWN_FRAME void step(int depth, std::uint64_t us) {
    PROFILE_SCOPE("step");
    PROFILE_TIMED_SCOPE("timed step");
    if (depth > 0)
        step(depth - 1, us);
    else
        test::work(us);
    __asm__ volatile("");
}

void worker(std::uint64_t us) {
    for (int i = 0; i < 1000; ++i)
        step(i % 8, us);
    ++ready;
    while (!over)
        for (int i = 0; i < 100; ++i)
            step(i % 8, us);
}

struct sigaction profilers;

/// Around the profiler's handler: whatever that calls is called in here.
void watch(int number, siginfo_t* info, void* context) {
    handles = true;
    ++handled;
    profilers.sa_sigaction(number, info, context);
    handles = false;
}

/// What a handler does at first: keeps what it found in a vector.
void keep_in_vector(int, siginfo_t*, void*) {
    std::vector<int> kept(1);
    __asm__ volatile("" ::"r"(kept.data()) : "memory");
}

/// Threads of one millisecond each, so that many signals are a thread's first.
int watch_handler(double seconds, bool naive, std::uint64_t us) {
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(100);
    chosen.cpu_budget = 1;
    test::profile profile(chosen);
    profile.start();
    struct sigaction action = {};
    action.sa_sigaction = &watch;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    ::sigaction(SIGURG, &action, &profilers);
    if (naive)
        profilers.sa_sigaction = &keep_in_vector;
    const std::int64_t end = test::wall_ns() + static_cast<std::int64_t>(seconds * 1e9);
    int threads = 0;
    for (; test::wall_ns() < end; ++threads)
        std::thread([us] {
            for (int i = 0; i < 20; ++i)
                step(i % 8, 50 * us);
        }).join();
    test::print("threads", threads);
    test::print("calls of the handler", handled.load());
    test::print("allocations in it", in_handler.load());
    if (!naive)
        test::print("samples", profile.stop().figures.samples);
    return 0;
}

} // namespace

int main(int count, char** words) {
    const std::uint64_t us = test::steps_per_us();
    if (count == 3)
        return watch_handler(std::atof(words[2]), std::string(words[1]) == "naive", us);
    test::profile profile;
    profile.start();
    const std::uint64_t before_threads = allocations;
    std::thread first(worker, us), second(worker, us);
    test::print("counts at all", allocations > before_threads ? 1 : 0);
    while (ready < 2)
        test::sleep_ms(1);
    const scopetree::session before = profile.snapshot();
    const std::uint64_t allocated = allocations;
    test::sleep_ms(1000);
    test::print("allocations", allocations - allocated);
    over = true;
    first.join();
    second.join();
    const scopetree::session after = profile.stop();
    test::print("samples", after.figures.samples - before.figures.samples);
    test::print("calls", test::calls_of(after, "step") - test::calls_of(before, "step"));
    return 0;
}
