// Two functions take turns; the profile starts by the macro alone.

#include "../support/profile.hpp"
#include "../support/program.hpp"

#include <cstdint>

namespace {

TEST_OWN_FRAME void reads(std::uint64_t us) {
    test::work(40'000 * us);
}

TEST_OWN_FRAME void writes(std::uint64_t us) {
    test::work(40'000 * us);
}

} // namespace

int main() {
    test::link_profiler();
    const std::uint64_t us = test::steps_per_us();
    PROFILE_SCOPE("phases");
    for (int i = 0; i < 4; ++i) {
        reads(us);
        writes(us);
    }
    return 0;
}
