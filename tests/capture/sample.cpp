#include <scopetree/capture/sample.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <deque>
#include <new>
#include <random>
#include <utility>

using scopetree::stack_extent;
using scopetree::detail::sample;
using scopetree::detail::sample_ring;

namespace {

constexpr std::uint32_t overhead = 1 + sample_ring::header_words;

/// Rings are made for records, which are never freed; these are few.
sample_ring& open_ring() {
    auto* const ring = new (scopetree::detail::map_pages(sizeof(sample_ring))) sample_ring;
    REQUIRE(ring->open());
    return *ring;
}

/// Writes a sample whose contents follow from `number`. False when the ring is full.
bool put(sample_ring& ring, std::uint32_t number, std::uint32_t room, std::uint32_t count) {
    std::uintptr_t* const pcs = ring.reserve(room);
    if (pcs == nullptr)
        return false;
    for (std::uint32_t i = 0; i < room; ++i)
        pcs[i] = i < count ? number + i : ~std::uintptr_t{0};
    sample taken;
    taken.time_ns = number;
    taken.cpu_ns = -1;
    taken.handler_ns = 2 * std::int64_t{number};
    taken.count = count;
    taken.extent = number % 2 == 0 ? stack_extent::complete : stack_extent::truncated;
    taken.in_kernel = number % 3 == 0;
    ring.commit(taken);
    return true;
}

bool is_right(const sample& taken, std::uint32_t number, std::uint32_t count) {
    bool right =
        taken.time_ns == number && taken.cpu_ns == -1 &&
        taken.handler_ns == 2 * std::int64_t{number} && taken.count == count &&
        taken.in_kernel == (number % 3 == 0) &&
        taken.extent == (number % 2 == 0 ? stack_extent::complete : stack_extent::truncated);
    for (std::uint32_t i = 0; i < count; ++i)
        right = right && taken.pcs[i] == number + i;
    return right;
}

std::uint32_t drain_count(sample_ring& ring) {
    std::uint32_t count = 0;
    ring.drain([&](const sample&) { ++count; });
    return count;
}

} // namespace

TEST_CASE("ring: a sample comes out as it went in") {
    sample_ring& ring = open_ring();
    REQUIRE(put(ring, 7, 100, 3));
    int met = 0;
    ring.drain([&](const sample& taken) {
        CHECK(is_right(taken, 7, 3));
        ++met;
    });
    CHECK(met == 1);
    CHECK(drain_count(ring) == 0);
    CHECK(ring.take_dropped() == 0);
}

TEST_CASE("ring: what was reserved and not committed is not seen") {
    sample_ring& ring = open_ring();
    REQUIRE(ring.reserve(10) != nullptr);
    CHECK(drain_count(ring) == 0);
    REQUIRE(put(ring, 1, 10, 10));
    CHECK(drain_count(ring) == 1);
}

TEST_CASE("ring: opening it again keeps what is in it") {
    sample_ring& ring = open_ring();
    REQUIRE(put(ring, 1, 10, 10));
    REQUIRE(ring.open());
    CHECK(drain_count(ring) == 1);
}

TEST_CASE("ring: counts what it has no room for") {
    sample_ring& ring = open_ring();
    const std::uint32_t fitting = sample_ring::word_count / (overhead + 100);
    for (std::uint32_t i = 0; i < fitting; ++i)
        REQUIRE(put(ring, i, 100, 100));
    CHECK_FALSE(put(ring, fitting, 100, 100));
    CHECK_FALSE(put(ring, fitting, 100, 100));
    CHECK(ring.take_dropped() == 2);
    CHECK(ring.take_dropped() == 0);
    CHECK(drain_count(ring) == fitting);
    CHECK(put(ring, 0, 100, 100));
}

TEST_CASE("ring: can be filled to its last word") {
    sample_ring& ring = open_ring();
    const std::uint32_t most = sample_ring::word_count - overhead;
    REQUIRE(put(ring, 5, most, most));
    CHECK_FALSE(put(ring, 6, 0, 0));
    ring.drain([&](const sample& taken) { CHECK(is_right(taken, 5, most)); });
    REQUIRE(put(ring, 6, most, most));
    ring.drain([&](const sample& taken) { CHECK(is_right(taken, 6, most)); });
}

TEST_CASE("ring: an empty one takes the largest sample wherever it stands") {
    constexpr std::uint32_t most = sample_ring::max_pcs;
    for (std::uint32_t at = 0; at < sample_ring::word_count; at += 61) {
        sample_ring& ring = open_ring();
        for (std::uint32_t left = at; left >= 2 * overhead; left -= overhead)
            REQUIRE((put(ring, 1, 0, 0) && drain_count(ring) == 1));
        INFO("at about " << at);
        REQUIRE(put(ring, 3, most, most));
        REQUIRE(drain_count(ring) == 1);
        REQUIRE(put(ring, 4, most, most));
        REQUIRE(drain_count(ring) == 1);
    }
}

TEST_CASE("ring: does what a queue does") {
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        std::mt19937 random(seed);
        const auto below = [&](std::uint32_t limit) {
            return static_cast<std::uint32_t>(random() % limit);
        };
        sample_ring& ring = open_ring();
        std::deque<std::pair<std::uint32_t, std::uint32_t>> truth;
        std::uint64_t dropped = 0;
        bool right = true;
        std::uint32_t words = 0;
        for (std::uint32_t number = 0; number < 5'000; ++number) {
            const std::uint32_t room = below(seed % 2 == 0 ? 60 : 1'500);
            const std::uint32_t count = room == 0 ? 0 : below(room + 1);
            if (put(ring, number, room, count)) {
                truth.push_back({number, count});
                words += overhead + count;
            } else {
                ++dropped;
                // Refused for want of room only; what was skipped at the end is less than a sample.
                right =
                    right && words + (overhead + 1'500) + overhead + room > sample_ring::word_count;
            }
            if (below(20) != 0)
                continue;
            ring.drain([&](const sample& taken) {
                right = right && !truth.empty() &&
                        is_right(taken, truth.front().first, truth.front().second);
                if (!truth.empty())
                    truth.pop_front();
            });
            right = right && truth.empty();
            words = 0;
        }
        INFO("seed " << seed);
        CHECK(right);
        CHECK(ring.take_dropped() == dropped);
        CHECK((seed % 2 == 0 || dropped > 0));
    }
}
