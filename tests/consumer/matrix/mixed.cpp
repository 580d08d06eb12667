// A program beside a library that was built with another version or setting of the headers.
#include "scopes.hpp"

#include <scopetree/scopetree.hpp>

#include <cstdio>

extern "C" int use_other_version();

int main() {
    scopetree::profiler profiler;
    profiler.start();
    enter_scopes(20'000);
    const int mixed = use_other_version();
    const scopetree::session result = profiler.stop();
    std::printf("samples: %s\n", result.figures.samples > 5 ? "some" : "none");
    return mixed;
}
