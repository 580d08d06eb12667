// A plugin with hidden symbols that knows scope.hpp only.

#include <scopetree/scope.hpp>

extern "C" __attribute__((visibility("default"))) void enter_scopes(int times) {
    for (int i = 0; i < times; ++i) {
        PROFILE_SCOPE("in the plugin");
        PROFILE_TIMED_SCOPE("timed in the plugin");
        for (volatile int k = 0; k < 20'000;)
            k = k + 1;
    }
}
