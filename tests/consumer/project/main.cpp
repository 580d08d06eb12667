#include <scopetree/scopetree.hpp>

double work(double milliseconds);

int main() {
    PROFILE_FUNCTION();
    return work(100) > 0 ? 0 : 1;
}
