#include <scopetree/render/sanitize.hpp>

#include <catch2/catch.hpp>

using scopetree::detail::display_width;
using scopetree::detail::elide_middle;
using scopetree::detail::sanitize;
using scopetree::detail::take_columns;

TEST_CASE("sanitize: control characters are replaced", "[render]") {
    const std::string mark = "\xef\xbf\xbd";
    CHECK(sanitize("a\x1b[31mb", true) == "a" + mark + "[31mb");
    CHECK(sanitize("a\r\n\tb", true) == "a" + mark + mark + mark + "b");
    CHECK(sanitize(std::string("a\0b", 3), true) == "a" + mark + "b");
    CHECK(sanitize("\x7f", true) == mark);
    CHECK(sanitize("a\u009bb", true) == "a" + mark + "b"); // C1: the one-byte ESC [
    CHECK(sanitize("a\x9b"
                   "b",
                   true) == "a" + mark + "b"); // the same, raw
    CHECK(sanitize("a\u202eb\u2066c\u200f\u061c", true) ==
          "a" + mark + "b" + mark + "c" + mark + mark);
    CHECK(sanitize("a\u2028b", true) == "a" + mark + "b");
    for (int code = 0; code < 0xa0; ++code) {
        std::string text;
        if (code >= 0x80)
            text += '\xc2';
        text += static_cast<char>(code);
        INFO(code);
        CHECK(sanitize(text, true) == (code >= 0x20 && code < 0x7f ? text : mark));
        CHECK(sanitize(text, false) == (code >= 0x20 && code < 0x7f ? text : "?"));
    }
}

TEST_CASE("sanitize: harmless text stays as it is", "[render]") {
    for (const char* text : {"", "operator<<(std::ostream&, int) ~!@#$%^&*", "größe", "関数",
                             "\u00a0\u00b5", "\U0001f600", "\U0010ffff"})
        CHECK(sanitize(text, true) == text);
}

TEST_CASE("sanitize: what is not UTF-8 is replaced byte by byte", "[render]") {
    const std::string mark = "\xef\xbf\xbd";
    CHECK(sanitize("\xff", true) == mark);
    CHECK(sanitize("\xc3", true) == mark);
    CHECK(sanitize("\xc0\x80", true) == mark + mark);            // overlong
    CHECK(sanitize("\xe0\x82\x9b", true) == mark + mark + mark); // overlong U+009B
    CHECK(sanitize("\xed\xa0\x80", true) == mark + mark + mark); // a surrogate
    CHECK(sanitize("\xf4\x90\x80\x80", true) == mark + mark + mark + mark);
    CHECK(sanitize("\xf0\x8f\xbf\xbf", true) == mark + mark + mark + mark);
    CHECK(sanitize("\xe2\x82", true) == mark + mark);
    CHECK(sanitize("\xe2\x82x", true) == mark + mark + "x");
}

TEST_CASE("sanitize: without Unicode only ASCII is left", "[render]") {
    CHECK(sanitize("gr\u00f6\u00dfe", false) == "gr??e");
    CHECK(sanitize("\u95a2\u6570[]", false) == "??[]");
    CHECK(sanitize("\xff\x1b", false) == "??");
}

TEST_CASE("width: columns, not bytes", "[render]") {
    CHECK(display_width("") == 0);
    CHECK(display_width("abc") == 3);
    CHECK(display_width("größe") == 5);
    CHECK(display_width("関数") == 4);
    CHECK(take_columns("関数x", 3) == "関");
    CHECK(take_columns("abc", 9) == "abc");
}

TEST_CASE("elide: the middle goes", "[render]") {
    CHECK(elide_middle("abcdefghij", 10, true) == "abcdefghij");
    CHECK(elide_middle("abcdefghij", 9, true) == "abcd…ghij");
    CHECK(elide_middle("abcdefghij", 8, true) == "abcd…hij");
    CHECK(elide_middle("abcdefghij", 8, false) == "abc...ij");
    CHECK(elide_middle("äöüäöüäöü", 5, true) == "äö…öü");
    for (std::size_t width = 5; width < 20; ++width) {
        CHECK(display_width(elide_middle("関数関数関数関数関数関数", width, true)) <= width);
        CHECK(display_width(elide_middle("abcdefghijklmnopqrstuvwxyz", width, false)) == width);
    }
    CHECK(elide_middle("abcdef", 0, true) == "abcdef"); // no room for anything
}
