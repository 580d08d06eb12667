#include <scopetree/render/text_style.hpp>

#include <catch2/catch.hpp>

#include <sstream>

using namespace scopetree::detail;

TEST_CASE("style: the colour says the share of the root's time", "[render]") {
    CHECK(ink_of_share(1) == ink::red);
    CHECK(ink_of_share(0.61) == ink::red);
    CHECK(ink_of_share(0.6) == ink::yellow);
    CHECK(ink_of_share(0.21) == ink::yellow);
    CHECK(ink_of_share(0.2) == ink::green);
    CHECK(ink_of_share(0.051) == ink::green);
    CHECK(ink_of_share(0.05) == ink::faint_green);
    CHECK(ink_of_share(0) == ink::faint_green);
}

TEST_CASE("style: paint is put on only where colours are", "[render]") {
    const auto painted = [](bool color, ink used, const char* text) {
        std::ostringstream stream;
        text_writer out(stream, {color, true, 0});
        out.paint(used, text);
        out.flush();
        return stream.str();
    };
    CHECK(painted(false, ink::red, "x") == "x");
    CHECK(painted(true, ink::red, "x") == "\033[31mx\033[0m");
    CHECK(painted(true, ink::yellow, "x") == "\033[33mx\033[0m");
    CHECK(painted(true, ink::green, "x") == "\033[32mx\033[0m");
    CHECK(painted(true, ink::faint_green, "x") == "\033[92;2mx\033[0m");
    CHECK(painted(true, ink::faint, "x") == "\033[2mx\033[0m");
    CHECK(painted(true, ink::plain, "x") == "x");
    CHECK(painted(true, ink::faint, "").empty());
}

TEST_CASE("style: long text reaches the stream whole and in order", "[render]") {
    std::ostringstream stream;
    std::string expected;
    text_writer out(stream, {});
    for (int i = 0; i < 30'000; ++i) {
        const std::string line = "line " + std::to_string(i);
        out << line;
        out.end_line();
        expected += line + "\n";
    }
    CHECK_FALSE(stream.str().empty()); // does not wait for the end
    out.flush();
    CHECK(stream.str() == expected);
}
