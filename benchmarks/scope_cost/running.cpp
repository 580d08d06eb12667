#include "variants.hpp"

#include <scopetree/scope.hpp>

#include <utility>

__attribute__((noinline)) void variants::plain(long iterations) {
    for (long i = 0; i < iterations; ++i) {
        PROFILE_SCOPE("plain");
        KEEP_LOOP();
    }
}

__attribute__((noinline)) void variants::timed(long iterations) {
    for (long i = 0; i < iterations; ++i) {
        PROFILE_TIMED_SCOPE("timed");
        KEEP_LOOP();
    }
}

template <int Depth>
static inline __attribute__((always_inline)) void nest() {
    PROFILE_SCOPE("nested");
    KEEP_LOOP();
    if constexpr (Depth > 1)
        nest<Depth - 1>();
}

__attribute__((noinline)) void variants::eight_deep(long iterations) {
    for (long i = 0; i < iterations; ++i)
        nest<depth>();
}

template <int Number>
static inline __attribute__((always_inline)) void sibling() {
    PROFILE_SCOPE("sibling");
    KEEP_LOOP();
}

template <int... Numbers>
static inline __attribute__((always_inline)) void
all_siblings(std::integer_sequence<int, Numbers...>) {
    (sibling<Numbers>(), ...);
}

__attribute__((noinline)) void variants::siblings(long iterations) {
    for (long i = 0; i < iterations; ++i)
        all_siblings(std::make_integer_sequence<int, sibling_count>());
}
