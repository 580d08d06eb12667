// A library that is loaded, called and unloaded: scopes, an exception, a thread-local.

#include <scopetree/scope.hpp>

#include <cstring>

namespace {
thread_local char of_thread[256];
}

extern "C" __attribute__((visibility("default"))) int call_library(int value) {
    PROFILE_SCOPE("in the gone library");
    std::memset(of_thread, value, sizeof of_thread);
    try {
        PROFILE_TIMED_SCOPE("throws in the gone library");
        if (of_thread[7] == value)
            throw value;
    } catch (int thrown) {
        for (volatile int k = 0; k < 3000;)
            k = k + 1;
        return thrown;
    }
    return -1;
}

extern "C" __attribute__((visibility("default"))) const char* name_in_library() {
    return "a name in the library";
}
