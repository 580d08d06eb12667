// Every macro, turned off.
// compile with: -DSCOPETREE_ENABLED=0

#include <scopetree/scope.hpp>

int main() {
    PROFILE_FUNCTION();
    PROFILE_THREAD("main");
    PROFILE_SCOPE("scope");
    PROFILE_TIMED_SCOPE("timed");
    SCOPETREE_PROFILE_FUNCTION();
    SCOPETREE_PROFILE_THREAD("main");
    SCOPETREE_PROFILE_SCOPE("scope");
    SCOPETREE_PROFILE_TIMED_SCOPE("timed");
    return 0;
}
