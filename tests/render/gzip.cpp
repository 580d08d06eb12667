#include <scopetree/render/gzip.hpp>

#include "support/gunzip.hpp"

#include <catch2/catch.hpp>

#include <sstream>

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

TEST_CASE("gzip: a small file, byte by byte", "[gzip]") {
    // The checksum of "123456789" is the one that descriptions of CRC-32 give.
    const std::string expected("\x1f\x8b\x08\0\0\0\0\0\0\xff" //
                               "\x01\x09\0\xf6\xff"
                               "123456789"
                               "\x26\x39\xf4\xcb\x09\0\0\0",
                               32);
    CHECK(gzipped("123456789", 100) == expected);
    CHECK(gzipped("123456789", 2) == expected);
}

TEST_CASE("gzip: sizes around a block's", "[gzip]") {
    for (const std::size_t size :
         {0u, 1u, 65'534u, 65'535u, 65'536u, 131'070u, 131'071u, 300'000u}) {
        INFO(size);
        std::string bytes;
        for (std::size_t i = 0; i < size; ++i)
            bytes += static_cast<char>(i * 7 + i / 256);
        CHECK(test::gunzip(gzipped(bytes, 1'000)) == bytes);
        CHECK(test::gunzip(gzipped(bytes, 1'000'000)) == bytes);
    }
}
