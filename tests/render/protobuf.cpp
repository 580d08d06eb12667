#include <scopetree/render/protobuf.hpp>

#include <catch2/catch.hpp>

#include <limits>

using scopetree::detail::protobuf_message;

namespace {

std::string hexadecimal(const protobuf_message& message) {
    std::string text;
    for (const char c : message.encoded()) {
        const auto byte = static_cast<unsigned char>(c);
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

} // namespace

// The expected bytes follow from the rules of the encoding; 150 and "testing" are the examples that
// its documentation shows.
TEST_CASE("protobuf: numbers", "[protobuf]") {
    const auto encoded = [](std::uint32_t field, auto value) {
        protobuf_message message;
        message.number(field, value);
        return hexadecimal(message);
    };
    CHECK(encoded(1, std::uint64_t{150}) == "089601");
    CHECK(encoded(1, std::uint64_t{0}).empty());
    CHECK(encoded(15, std::uint64_t{127}) == "787f");
    CHECK(encoded(16, std::uint64_t{128}) == "80018001");
    CHECK(encoded(1, std::int64_t{-1}) == "08ffffffffffffffffff01");
    CHECK(encoded(1, std::numeric_limits<std::int64_t>::min()) == "0880808080808080808001");
}

TEST_CASE("protobuf: texts, messages and repeated numbers", "[protobuf]") {
    protobuf_message message;
    message.bytes(2, "testing");
    CHECK(hexadecimal(message) == "120774657374696e67");
    protobuf_message outer;
    outer.bytes(6, "");
    outer.message(3, message);
    CHECK(hexadecimal(outer) == "32001a09120774657374696e67");
    protobuf_message packed;
    packed.packed(4, std::vector<std::uint64_t>{3, 270, 0, 86942});
    packed.packed(5, std::vector<std::int64_t>{});
    CHECK(hexadecimal(packed) == "2207038e02009ea705");
    packed.append(message.encoded());
    CHECK(hexadecimal(packed) == "2207038e02009ea705120774657374696e67");
}
