// Functions of every kind, and scopes in them.

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <cstdio>
#include <string>

namespace shapes {

inline void inlined_at_o2(std::uint64_t us) {
    test::work(30'000 * us);
}

template <class Value>
TEST_OWN_FRAME void of_any(Value us) {
    test::work(30'000 * us);
}

struct member {
    TEST_OWN_FRAME void function(std::uint64_t us) const {
        PROFILE_SCOPE("in a member");
        test::work(30'000 * us);
    }
};

} // namespace shapes

namespace {

TEST_OWN_FRAME void hidden_in_file(std::uint64_t us) {
    test::work(30'000 * us);
}

TEST_OWN_FRAME void calls_inlined(std::uint64_t us) {
    shapes::inlined_at_o2(us);
    __asm__ volatile("");
}

TEST_OWN_FRAME void makes_lambda(std::uint64_t us) {
    const auto lambda = [](std::uint64_t steps) TEST_OWN_FRAME {
        PROFILE_SCOPE("in a lambda");
        test::work(30'000 * steps);
    };
    lambda(us);
    __asm__ volatile("");
}

TEST_OWN_FRAME void leaf_function(std::uint64_t us) {
    test::work(30'000 * us);
}

/// Two scopes within each other in one function, and a function called from within both.
TEST_OWN_FRAME void nests(std::uint64_t us) {
    PROFILE_SCOPE("outer");
    test::work(10'000 * us);
    PROFILE_SCOPE("inner");
    leaf_function(us);
    __asm__ volatile("");
}

TEST_OWN_FRAME void recurses(int depth, std::uint64_t us) {
    PROFILE_SCOPE("round");
    if (depth > 0)
        recurses(depth - 1, us);
    else
        test::work(40'000 * us);
    __asm__ volatile("");
}

__attribute__((always_inline)) inline void inlined_with_scope(std::uint64_t us) {
    PROFILE_SCOPE("in an inlined function");
    leaf_function(us);
    __asm__ volatile("");
}

TEST_OWN_FRAME void holds_inlined_scope(std::uint64_t us) {
    inlined_with_scope(us);
    __asm__ volatile("");
}

} // namespace

int main() {
    const std::uint64_t us = test::steps_per_us();
    test::profile profile;
    profile.start();
    {
        PROFILE_SCOPE("all");
        hidden_in_file(us);
        calls_inlined(us);
        makes_lambda(us);
        shapes::of_any<unsigned long>(us);
        shapes::member().function(us);
        nests(us);
        recurses(3, us);
        holds_inlined_scope(us);
    }
    for (const std::string& path : test::all_paths(profile.stop()))
        std::printf("%s\n", path.c_str());
    return 0;
}
