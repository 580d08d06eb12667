/// Becomes a shared object: thread-locals and hidden state are reached in another way there.
#include "variants.hpp"

#include <scopetree/scope.hpp>

__attribute__((noinline)) void variants::shared_object(long iterations) {
    for (long i = 0; i < iterations; ++i) {
        PROFILE_SCOPE("shared object");
        KEEP_LOOP();
    }
}
