// A library with another version or setting of the headers: must be refused, or keep apart.
#include <scopetree/scopetree.hpp>

#include <cstdio>
#include <stdexcept>

extern "C" int use_other_version() {
    try {
        scopetree::profiler profiler;
        profiler.start();
        PROFILE_SCOPE("of the other version");
        std::printf("started\n");
        profiler.stop();
        return 1;
    } catch (const std::exception& error) {
        std::printf("refused: %s\n", error.what());
        return 0;
    }
}
