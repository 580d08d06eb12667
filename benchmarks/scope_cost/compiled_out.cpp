#define SCOPETREE_ENABLED 0
#include "variants.hpp"

#include <scopetree/scope.hpp>

__attribute__((noinline)) void variants::compiled_out(long iterations) {
    for (long i = 0; i < iterations; ++i) {
        PROFILE_SCOPE("compiled out");
        KEEP_LOOP();
    }
}
