#include <scopetree/render/gzip.hpp>

#include "support/gunzip.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <random>
#include <sstream>
#include <string>
#include <string_view>

namespace {

std::string gzipped(const std::string& bytes, std::size_t piece) {
    std::ostringstream stream;
    scopetree::detail::gzip_writer out(stream);
    for (std::size_t i = 0; i < bytes.size(); i += piece)
        out.write(std::string_view(bytes).substr(i, piece));
    out.finish();
    return stream.str();
}

} // namespace

TEST_CASE("gzip: what is around the compressed bytes", "[gzip]") {
    // The checksum of "123456789" is the one that descriptions of CRC-32 give.
    const std::string packed = gzipped("123456789", 2);
    CHECK(packed.substr(0, 10) == std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10));
    CHECK(packed.substr(packed.size() - 8) == std::string("\x26\x39\xf4\xcb\x09\0\0\0", 8));
    CHECK(test::gunzip(packed) == "123456789");
}

TEST_CASE("gzip: what says the same again and again takes little", "[gzip]") {
    std::string bytes;
    for (int i = 0; i < 20'000; ++i)
        bytes += "std::vector<int>::push_back " + std::to_string(i % 100);
    const std::string packed = gzipped(bytes, 1'000);
    CHECK(packed.size() < bytes.size() / 10);
    CHECK(test::gunzip(packed) == bytes);
}

TEST_CASE("gzip: sizes around those of buffers, of bytes that repeat and of others", "[gzip]") {
    for (const std::size_t size : {0u, 1u, 4'095u, 4'096u, 4'097u, 65'534u, 65'535u, 65'536u,
                                   131'070u, 131'071u, 300'000u}) {
        INFO(size);
        std::mt19937 random(42);
        std::string repeating, other;
        for (std::size_t i = 0; i < size; ++i) {
            repeating += static_cast<char>(i * 7 + i / 256);
            other += static_cast<char>(random());
        }
        for (const std::string& bytes : {repeating, other}) {
            CHECK(test::gunzip(gzipped(bytes, 1'000)) == bytes);
            CHECK(test::gunzip(gzipped(bytes, 1'000'000)) == bytes);
        }
    }
}
