#include <scopetree/model/utf8.hpp>

#include <catch2/catch.hpp>

#include <string>

using scopetree::detail::decode_utf8;
using scopetree::detail::is_utf8;

TEST_CASE("utf8: characters of every length", "[utf8]") {
    const auto code_of = [](std::string_view text) { return decode_utf8(text).code; };
    CHECK(code_of("a") == 'a');
    CHECK(code_of("\u00e9") == 0xe9);
    CHECK(code_of("\u20ac") == 0x20ac);
    CHECK(code_of("\U0001f600") == 0x1f600);
    CHECK(decode_utf8("\u20acx").size == 3);
    CHECK(is_utf8("a\u00e9\u20ac\U0001f600\U0010ffff"));
    CHECK(is_utf8(""));
    CHECK(is_utf8(std::string_view("\0", 1)));
}

TEST_CASE("utf8: what is none, byte by byte", "[utf8]") {
    for (const char* const text :
         {"\x80", "\xff", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
          "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xe2\x28\xa1", "\xf5\x80\x80\x80"}) {
        INFO(text);
        CHECK_FALSE(decode_utf8(text).valid);
        CHECK(decode_utf8(text).size == 1);
        CHECK_FALSE(is_utf8(std::string("good ") + text));
    }
}
