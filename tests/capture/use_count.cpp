#include <scopetree/capture/use_count.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

using scopetree::detail::use_count;

TEST_CASE("use count: a use is over when nobody holds it any more") {
    use_count uses;
    CHECK(!uses.is_held(uses.number()));
    uses.begin();
    const std::uint32_t first = uses.number();
    CHECK(uses.is_held(first));
    CHECK(uses.hold(first));
    CHECK(!uses.begin_if_free());
    CHECK(!uses.release());
    CHECK(uses.is_held(first));
    CHECK(uses.release());
    CHECK(!uses.is_held(first));
    CHECK(!uses.hold(first));
    CHECK(uses.number() == first);
    REQUIRE(uses.begin_if_free());
    uses.forget_holders();
    CHECK(!uses.is_held(uses.number()));
    CHECK(uses.begin_if_free());
}

TEST_CASE("use count: the next use is another one") {
    use_count uses;
    REQUIRE(uses.begin_if_free());
    const std::uint32_t first = uses.number();
    uses.release();
    REQUIRE(uses.begin_if_free());
    const std::uint32_t second = uses.number();
    CHECK(second != first);
    CHECK(!uses.is_held(first));
    CHECK(!uses.hold(first));
    CHECK(uses.hold(second));
}

TEST_CASE("use count: of many threads one begins, and others hold that use only") {
    constexpr int rounds = 20'000;
    use_count uses;
    std::atomic<int> inside{0}, begun{0}, together{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int round = 0; round < rounds; ++round) {
                if (!uses.begin_if_free())
                    continue;
                together += inside.fetch_add(1) == 0 ? 0 : 1;
                begun += uses.hold(uses.number()) ? 1 : 0;
                uses.release();
                --inside;
                uses.release();
            }
        });
    for (std::thread& each : threads)
        each.join();
    CHECK(together == 0);
    CHECK(begun > 0);
    CHECK(uses.number() == static_cast<std::uint32_t>(begun));
}
