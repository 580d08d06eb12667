#include <scopetree/capture/mapped_memory.hpp>

#include <support/mapped_bytes.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <random>
#include <string>
#include <utility>
#include <vector>

using scopetree::detail::arena;
using scopetree::detail::map_pages;
using scopetree::detail::mapped_allocator;
using scopetree::detail::mapped_vector;

namespace {

bool is_zero(const void* memory, std::size_t bytes) {
    const auto* const at = static_cast<const unsigned char*>(memory);
    for (std::size_t i = 0; i < bytes; ++i)
        if (at[i] != 0)
            return false;
    return true;
}

} // namespace

TEST_CASE("memory: pages are zeroed and can be written") {
    void* const pages = map_pages(10'000);
    REQUIRE(pages != nullptr);
    CHECK(is_zero(pages, 10'000));
    std::memset(pages, 1, 10'000);
    ::munmap(pages, 10'000);
}

TEST_CASE("memory: what the kernel does not have is null or bad_alloc") {
    constexpr std::size_t too_much = std::numeric_limits<std::size_t>::max() / 4;
    CHECK(map_pages(too_much) == nullptr);
    CHECK(arena().allocate(too_much) == nullptr);
    mapped_allocator<char> allocator;
    CHECK_THROWS_AS(allocator.allocate(too_much), std::bad_alloc);
}

TEST_CASE("memory: an arena's pieces are aligned, zeroed and apart") {
    std::mt19937 random(1);
    arena memory;
    std::vector<std::pair<unsigned char*, std::size_t>> pieces;
    bool right = true;
    for (int i = 0; i < 2'000; ++i) {
        // Small ones, around a quarter of a chunk, and larger than a chunk.
        const std::size_t sizes[] = {1 + random() % 100, 16'370 + random() % 30,
                                     60'000 + random() % 10'000};
        const std::size_t bytes = sizes[i % 50 == 0 ? 2 : i % 10 == 0 ? 1 : 0];
        auto* const piece = static_cast<unsigned char*>(memory.allocate(bytes));
        REQUIRE(piece != nullptr);
        right = right && reinterpret_cast<std::uintptr_t>(piece) % 16 == 0 && is_zero(piece, bytes);
        std::memset(piece, i % 255 + 1, bytes);
        pieces.push_back({piece, bytes});
    }
    CHECK(right);
    for (std::size_t i = 0; i < pieces.size(); ++i)
        for (std::size_t k = 0; k < pieces[i].second; ++k)
            right = right && pieces[i].first[k] == i % 255 + 1;
    CHECK(right);
}

TEST_CASE("memory: an arena makes objects of zeros") {
    struct thing {
        int number;
        void* pointer;
    };
    arena memory;
    const thing* const made = memory.make<thing>();
    REQUIRE(made != nullptr);
    CHECK(made->number == 0);
    CHECK(made->pointer == nullptr);
}

TEST_CASE("memory: a mapped vector grows like any other") {
    mapped_vector<std::uint64_t> numbers;
    for (std::uint64_t i = 0; i < 100'000; ++i)
        numbers.push_back(i);
    mapped_vector<std::uint64_t> copy = numbers;
    const mapped_vector<std::uint64_t> moved = std::move(copy);
    bool right = moved.size() == numbers.size();
    for (std::uint64_t i = 0; i < moved.size(); ++i)
        right = right && moved[i] == i;
    CHECK(right);
    CHECK(mapped_allocator<int>() == mapped_allocator<char>());
    CHECK_FALSE(mapped_allocator<int>() != mapped_allocator<char>());
}

TEST_CASE("memory: a mapped vector gives back what it had") {
    const auto fill = [] {
        mapped_vector<std::uint64_t> numbers;
        for (std::uint64_t i = 0; i < 100'000; ++i)
            numbers.push_back(i);
    };
    fill();
    const std::size_t before = test::mapped_bytes();
    for (int i = 0; i < 50; ++i)
        fill();
    CHECK(test::mapped_bytes() < before + (8 << 20)); // one of them takes a megabyte
}

TEST_CASE("memory: a mapped vector's first page is mapped once") {
    mapped_vector<std::uint64_t> numbers;
    CHECK(numbers.capacity() == 0); // none before it is needed
    numbers.push_back(0);
    const std::uint64_t* const first = numbers.data();
    for (std::uint64_t i = 1; i < 512; ++i)
        i % 2 == 0 ? numbers.push_back(i) : static_cast<void>(numbers.emplace_back(i));
    CHECK(numbers.data() == first);
    CHECK(numbers[511] == 511);
    struct large {
        char bytes[10'000];
    };
    mapped_vector<large> one;
    one.push_back(large{});
    CHECK(one.size() == 1);
}
