// A known path costs no memory.

#include "support/process.hpp"

#include <catch2/catch.hpp>

// g++ defines a macro for each sanitizer, clang++ has them as features.
#ifndef __has_feature
#define __has_feature(name) 0
#endif

// Sanitizers bring an allocator of their own, which cannot be counted in this way.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                             \
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
TEST_CASE("entering known scopes and taking samples allocates nothing") {
    const test::outcome ended = test::run("allocations");
    INFO(ended.out << ended.error);
    REQUIRE(ended.exit_code == 0);
    const test::figures seen(ended.out);
    CHECK(seen["counts at all"] == 1);
    CHECK(seen["allocations"] == 0);
    CHECK(seen["samples"] > 100);
    CHECK(seen["calls"] > 1000);
}
#endif
