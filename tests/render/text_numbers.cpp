#include <scopetree/render/text_numbers.hpp>

#include <catch2/catch.hpp>

#include <clocale>
#include <cstdio>
#include <limits>

using namespace scopetree::detail;

TEST_CASE("numbers: decimals follow the interval", "[render]") {
    CHECK(decimals_for(1'000'000) == 3);
    CHECK(decimals_for(200'000) == 4);
    CHECK(decimals_for(999'999) == 4);
    CHECK(decimals_for(1'000'001) == 3);
    CHECK(decimals_for(10'000'000) == 2);
    CHECK(decimals_for(10'000) == 5);
    CHECK(decimals_for(1'000'000'000) == 0);
    CHECK(decimals_for(10'000'000'000) == 0);
    CHECK(decimals_for(1) == 9);
    CHECK(decimals_for(0) == 9);
    CHECK(decimals_for(-5) == 9);
}

TEST_CASE("numbers: seconds", "[render]") {
    CHECK(format_seconds(985'000'000, 3) == "0.985");
    CHECK(format_seconds(0, 3) == "0.000");
    CHECK(format_seconds(499'999, 3) == "0.000");
    CHECK(format_seconds(500'000, 3) == "0.001");
    CHECK(format_seconds(999'500'000, 3) == "1.000");
    CHECK(format_seconds(12'345'678'901, 4) == "12.3457");
    CHECK(format_seconds(1'499'999'999, 0) == "1");
    CHECK(format_seconds(1'500'000'000, 0) == "2");
    CHECK(format_seconds(1, 9) == "0.000000001");
    CHECK(format_seconds(-1'500'000'000, 1) == "-1.5");
    CHECK(format_seconds(-1, 3) == "0.000");
    CHECK(format_seconds(std::numeric_limits<std::int64_t>::max(), 9) == "9223372036.854775807");
    CHECK(format_seconds(std::numeric_limits<std::int64_t>::min(), 9) == "-9223372036.854775808");
}

TEST_CASE("numbers: percent, as printf prints it", "[render]") {
    for (std::int64_t part = 0; part <= 3'000; ++part) {
        char expected[16];
        std::snprintf(expected, sizeof expected, "%.1f%%",
                      100.0 * static_cast<double>(part) / 2'000);
        INFO(part);
        CHECK(format_percent(part, 2'000) == expected);
    }
    CHECK(format_percent(1, 3) == "33.3%");
    CHECK(format_percent(2, 3) == "66.7%");
    CHECK(format_percent(-1, 4) == "-25.0%");
    CHECK(format_percent(5, 0) == "0.0%");
}

TEST_CASE("numbers: counts", "[render]") {
    CHECK(format_count(0) == "0");
    CHECK(format_count(999) == "999");
    CHECK(format_count(1'000) == "1,000");
    CHECK(format_count(1'204'331) == "1,204,331");
    CHECK(format_count(std::numeric_limits<std::uint64_t>::max()) == "18,446,744,073,709,551,615");
}

TEST_CASE("numbers: durations have three significant digits", "[render]") {
    struct {
        double ns;
        const char* text;
    } const rows[] = {
        {0, "0 ns"},          {-5, "0 ns"},           {0.336, "0.34 ns"},   {3.356, "3.36 ns"},
        {5, "5 ns"},          {33, "33 ns"},          {33.36, "33.4 ns"},   {336, "336 ns"},
        {336.4, "336 ns"},    {9.996, "10.0 ns"},     {99.96, "100 ns"},    {999.4, "999 ns"},
        {999.6, "1.00 µs"},   {1'000, "1.00 µs"},     {1'204, "1.20 µs"},   {99'960, "100 µs"},
        {999'600, "1.00 ms"}, {4'310'000, "4.31 ms"}, {12.34e6, "12.3 ms"}, {999.6e6, "1.00 s"},
        {1.05e9, "1.05 s"},   {59.9e9, "59.9 s"},     {3'600e9, "3600 s"},  {1e18, "1000000000 s"},
    };
    for (const auto& row : rows)
        CHECK(format_duration(row.ns, true) == row.text);
    CHECK(format_duration(1'204, false) == "1.20 us");
    CHECK(format_duration(std::numeric_limits<double>::infinity(), true).find(" s") !=
          std::string::npos);
    CHECK(format_duration(std::numeric_limits<double>::quiet_NaN(), true) == "0 ns");
}

TEST_CASE("numbers: round durations", "[render]") {
    CHECK(format_round_duration(1e6, true) == "1 ms");
    CHECK(format_round_duration(200e3, true) == "200 µs");
    CHECK(format_round_duration(2.5e6, true) == "2.5 ms");
    CHECK(format_round_duration(10e6, true) == "10 ms");
    CHECK(format_round_duration(100e6, true) == "100 ms");
    CHECK(format_round_duration(10e9, true) == "10 s");
    CHECK(format_round_duration(1.25e6, false) == "1.25 ms");
}

TEST_CASE("numbers: the program's locale changes nothing", "[render]") {
    const std::string before = std::setlocale(LC_ALL, nullptr);
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"})
        std::setlocale(LC_ALL, name); // where one is installed
    CHECK(format_seconds(985'000'000, 3) == "0.985");
    CHECK(format_percent(1, 3) == "33.3%");
    CHECK(format_duration(1'204, false) == "1.20 us");
    std::setlocale(LC_ALL, before.c_str());
}
