/// The loops that scope_cost times. Each runs its body `iterations` times, and is never inlined.
#pragma once

namespace variants {

// The same source, compiled into the program and into a shared object.
void plain(long iterations);
void shared_object(long iterations);

void eight_deep(long iterations);
void siblings(long iterations);
void timed(long iterations);
void compiled_out(long iterations);

// Floors.
void empty_loop(long iterations);
void empty_call(long iterations);
void two_rdtsc(long iterations);

inline constexpr int sibling_count = 64;
inline constexpr int depth = 8;

} // namespace variants

/// Keeps the compiler from merging or dropping iterations; costs no instruction.
#define KEEP_LOOP() __asm__ volatile("" ::: "memory")
