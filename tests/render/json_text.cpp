#include <scopetree/render/json_text.hpp>

#include <boost/json/parse.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace scopetree::detail;

TEST_CASE("json text: quoted and escaped", "[json_text]") {
    CHECK(json_text("") == R"("")");
    CHECK(json_text("app::parse<int>") == R"("app::parse<int>")");
    CHECK(json_text("a\"b\\c\n\x01") == R"("a\"b\\c\n\u0001")");
    CHECK(json_text(std::string("a\0b", 3)) == R"("a\u0000b")");
    CHECK(json_text("größe 木") == "\"größe 木\"");
}

TEST_CASE("json text: what is not UTF-8 becomes U+FFFD", "[json_text]") {
    const std::string mark = "\xef\xbf\xbd";
    CHECK(valid_utf8("a\xff\x62") == "a" + mark + "b");
    CHECK(valid_utf8("\xc3") == mark);
    CHECK(valid_utf8("\xed\xa0\x80") == mark + mark + mark); // a surrogate
    CHECK(valid_utf8("\xc3\xb6\x80") == "ö" + mark);
}

TEST_CASE("json text: every byte reads back", "[json_text]") {
    std::string all;
    for (int byte = 0; byte < 256; ++byte)
        all += static_cast<char>(byte);
    const auto back = boost::json::parse(json_text(all)).as_string();
    CHECK(std::string(back.data(), back.size()) == valid_utf8(all));
    CHECK(valid_utf8(all).substr(0, 128) == all.substr(0, 128));
}
