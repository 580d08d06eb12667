// The whole profiler in a library, for a program that has none.

#include <scopetree/scopetree.hpp>

extern "C" __attribute__((visibility("default"))) int profile_in_library() {
    scopetree::profiler profiler;
    profiler.start();
    const std::int64_t end = scopetree::detail::monotonic_ns() + 200'000'000;
    while (scopetree::detail::monotonic_ns() < end) {
        PROFILE_SCOPE("in the library");
        for (volatile int k = 0; k < 100'000;)
            k = k + 1;
    }
    const scopetree::session result = profiler.stop();
    return static_cast<int>(result.figures.samples);
}
