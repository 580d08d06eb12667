// A program that has its own use for the short names.
// compile with: -DSCOPETREE_NO_SHORT_MACROS

#include "../support/profile.hpp"

#if defined(PROFILE_SCOPE) || defined(PROFILE_FUNCTION) || defined(PROFILE_TIMED_SCOPE) ||         \
    defined(PROFILE_THREAD)
#error "a short name is defined"
#endif

int main() {
    test::link_profiler();
    SCOPETREE_PROFILE_FUNCTION();
    SCOPETREE_PROFILE_THREAD("the thread");
    SCOPETREE_PROFILE_SCOPE("the scope");
    SCOPETREE_PROFILE_TIMED_SCOPE("the timed scope");
    return 0;
}
