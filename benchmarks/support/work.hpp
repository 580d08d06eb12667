/// Work for a processor: no memory, no system call, always the same.
#pragma once

#include <cstdint>

namespace bench {

/// About 1 µs for 1000 steps.
inline __attribute__((always_inline)) void spin_steps(std::uint64_t steps) {
    std::uint64_t state = steps | 1;
    for (std::uint64_t i = 0; i < steps; ++i) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        __asm__ volatile("" : "+r"(state)); // or the compiler would leave it out
    }
}

} // namespace bench
