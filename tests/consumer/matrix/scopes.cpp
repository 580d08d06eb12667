// A user's source file, which knows scope.hpp only.
#include "scopes.hpp"

#include <scopetree/scope.hpp>

void enter_scopes(int times) {
    PROFILE_FUNCTION();
    for (int i = 0; i < times; ++i) {
        PROFILE_SCOPE("outer");
        PROFILE_TIMED_SCOPE("inner");
        for (volatile int k = 0; k < 2000;)
            k = k + 1;
    }
}
