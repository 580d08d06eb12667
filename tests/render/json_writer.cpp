#include <scopetree/render/json_writer.hpp>

#include <boost/json/parse.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <sstream>

using scopetree::detail::json_writer;

TEST_CASE("json writer: commas, keys and lines", "[json_writer]") {
    std::ostringstream stream;
    json_writer out(stream);
    out.open_object();
    out.member("number", std::int64_t{-5});
    out.member("big", std::numeric_limits<std::uint64_t>::max());
    out.member("text", "a\"b");
    out.member("flag", true);
    out.key("list");
    out.open_array();
    out.end_line();
    out.value(1);
    out.end_line();
    out.value(std::string("x"));
    out.json("[2]");
    out.end_line();
    out.close_array();
    out.key("empty");
    out.open_array();
    out.close_array();
    out.key("nothing");
    out.open_object();
    out.close_object();
    out.close_object();
    out.finish();
    CHECK(stream.str() == R"({"number":-5,"big":18446744073709551615,"text":"a\"b","flag":true,)"
                          "\"list\":[\n1,\n\"x\",[2]\n],\"empty\":[],\"nothing\":{}}\n");
    CHECK_NOTHROW(boost::json::parse(stream.str()));
}

TEST_CASE("json writer: what the program's locale does to numbers does not matter",
          "[json_writer]") {
    struct grouping : std::numpunct<char> {
        char do_thousands_sep() const override { return '.'; }
        std::string do_grouping() const override { return "\3"; }
    };
    std::ostringstream stream;
    stream.imbue(std::locale(std::locale::classic(), new grouping));
    json_writer out(stream);
    out.value(1234567);
    out.finish();
    CHECK(stream.str() == "1234567\n");
}

TEST_CASE("json writer: depth and size are no matter", "[json_writer]") {
    constexpr std::size_t deep = 200'000;
    std::ostringstream stream;
    json_writer out(stream);
    for (std::size_t i = 0; i < deep; ++i)
        out.open_array();
    for (std::size_t i = 0; i < deep; ++i)
        out.close_array();
    out.finish();
    CHECK(stream.str() == std::string(deep, '[') + std::string(deep, ']') + "\n");
}
