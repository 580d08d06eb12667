// Counts what is allocated while known scopes are entered and samples are taken.

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <thread>

namespace {
std::atomic<std::uint64_t> allocations{0};
}

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

} // namespace

int main() {
    const std::uint64_t us = test::steps_per_us();
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
