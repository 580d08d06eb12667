#include "variants.hpp"

#include <cstdint>

/// The counter is read without a fence, as profilers that time their scopes do.
static inline std::uint64_t read_counter() {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    std::uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#endif
}

__attribute__((noinline)) void variants::empty_loop(long iterations) {
    for (long i = 0; i < iterations; ++i)
        KEEP_LOOP();
}

__attribute__((noinline)) static void do_nothing() {
    KEEP_LOOP();
}

__attribute__((noinline)) void variants::empty_call(long iterations) {
    for (long i = 0; i < iterations; ++i)
        do_nothing();
}

__attribute__((noinline)) void variants::two_rdtsc(long iterations) {
    for (long i = 0; i < iterations; ++i) {
        std::uint64_t begin = read_counter();
        __asm__ volatile("" : "+r"(begin));
        std::uint64_t elapsed = read_counter() - begin;
        __asm__ volatile("" : "+r"(elapsed));
    }
}
