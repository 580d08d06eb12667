#include <scopetree/model/hash_index.hpp>

#include <support/mapped_bytes.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <iterator>
#include <map>
#include <random>
#include <utility>

using scopetree::detail::hash_index;

TEST_CASE("hash index: an empty one holds nothing") {
    hash_index index;
    CHECK(index.find(0, 0) == hash_index::none);
    index.erase_if([](std::uint32_t) { return true; });
    CHECK(index.find(0, 0) == hash_index::none);
}

TEST_CASE("hash index: the order of the two parts of a key matters") {
    hash_index index;
    index.set(1, 2, 12);
    index.set(2, 1, 21);
    CHECK(index.find(1, 2) == 12);
    CHECK(index.find(2, 1) == 21);
    index.set(1, 2, 13);
    CHECK(index.find(1, 2) == 13);
    CHECK(index.find(1, 1) == hash_index::none);
}

TEST_CASE("hash index: does what a map does") {
    // Few keys, so that they are met again; close ones, as addresses and numbers are.
    const std::uint64_t step = GENERATE(as<std::uint64_t>{}, 1, 16, 4096, std::uint64_t{1} << 32);
    std::mt19937 random(static_cast<std::uint32_t>(step));
    hash_index index;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> truth;
    const auto agrees = [&] {
        for (std::uint64_t a = 0; a < 60; ++a)
            for (std::uint64_t b = 0; b < 40; ++b) {
                const auto at = truth.find({a * step, b});
                if (index.find(a * step, b) != (at == truth.end() ? hash_index::none : at->second))
                    return false;
            }
        return true;
    };
    for (int round = 0; round < 30; ++round) {
        for (int i = 0; i < 300; ++i) {
            const std::uint64_t a = random() % 60 * step, b = random() % 40;
            const auto value = static_cast<std::uint32_t>(random());
            if (value == hash_index::none)
                continue;
            index.set(a, b, value);
            truth[{a, b}] = value;
        }
        REQUIRE(agrees());
        const auto divisor = static_cast<std::uint32_t>(2 + random() % 5);
        const auto drop = [&](std::uint32_t value) { return value % divisor == 0; };
        index.erase_if(drop);
        for (auto at = truth.begin(); at != truth.end();)
            at = drop(at->second) ? truth.erase(at) : std::next(at);
        REQUIRE(agrees());
    }
}

TEST_CASE("hash index: memory grows with what it holds, not with what it has seen") {
    constexpr std::size_t much = 16 << 20;
    hash_index index;
    const std::size_t before = test::mapped_bytes();
    for (std::uint32_t round = 0; round < 800; ++round) {
        for (std::uint32_t i = 0; i < 2'000; ++i)
            index.set(i, 0, i);
        if (round >= 400)
            index.erase_if([&](std::uint32_t value) { return value == round; });
    }
    CHECK(test::mapped_bytes() < before + much);
}

TEST_CASE("hash index: a copy goes on by itself") {
    hash_index a;
    a.set(1, 1, 1);
    hash_index b = a;
    b.set(2, 2, 2);
    CHECK(a.find(2, 2) == hash_index::none);
    CHECK(b.find(1, 1) == 1);
}
