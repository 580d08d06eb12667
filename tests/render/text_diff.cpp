#include <scopetree/render/text_diff.hpp>

#include "support/random_session.hpp"
#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

#include <string>

#include <stdlib.h>
#include <time.h>

using namespace scopetree;
using test::session_builder;

namespace {

/// What stands below the header.
std::string tree_of(const session& before, const session& after, text_options chosen = {}) {
    chosen.short_mode = true;
    return "\n" + to_text(diff(before, after), chosen);
}

session drawn(const std::string& drawing) {
    session_builder built;
    built.thread("main", drawing);
    return *built;
}

const char* const one = R"(
main|main.cpp:1|100
  parse|parse.cpp:2|400
  write|write.cpp:3|300
  same|same.cpp:4|100
)";

const char* const other = R"(
main|main.cpp:1|100
  parse|parse.cpp:2|450
  write|write.cpp:3|100
  same|same.cpp:4|101
  new|new.cpp:5|50
)";

} // namespace

TEST_CASE("text diff: what changed most comes first", "[text]") {
    CHECK(tree_of(drawn(one), drawn(other)) == R"(
-0.099 main  main.cpp:1  0.900 → 0.801
├─ -0.200 write  write.cpp:3  0.300 → 0.100
├─ +0.050 parse  parse.cpp:2  0.400 → 0.450
└─ +0.050 new  new.cpp:5  0.000 → 0.050

)");
}

TEST_CASE("text diff: shares of the total before", "[text]") {
    text_options chosen;
    chosen.time = time_display::percent_of_total;
    chosen.unicode = toggle::off;
    CHECK(tree_of(drawn(one), drawn(other), chosen) == R"(
-11.0% main  main.cpp:1  100.0% -> 89.0%
|- -22.2% write  write.cpp:3  33.3% -> 11.1%
|- +5.6% parse  parse.cpp:2  44.4% -> 50.0%
`- +5.6% new  new.cpp:5  0.0% -> 5.6%

)");
}

TEST_CASE("text diff: the threshold, and all there is", "[text]") {
    text_options chosen;
    chosen.filter_threshold = 0.1;
    CHECK(tree_of(drawn(one), drawn(other), chosen) == R"(
-0.099 main  main.cpp:1  0.900 → 0.801
└─ -0.200 write  write.cpp:3  0.300 → 0.100

)");
    chosen.show_all = true;
    CHECK(tree_of(drawn(one), drawn(other), chosen) == R"(
-0.099 main  main.cpp:1  0.900 → 0.801
├─ -0.200 write  write.cpp:3  0.300 → 0.100
├─ +0.050 parse  parse.cpp:2  0.400 → 0.450
├─ +0.050 new  new.cpp:5  0.000 → 0.050
├─ +0.001 same  same.cpp:4  0.100 → 0.101
└─ 0.000 [self]  main.cpp  0.100 → 0.100

)");
}

TEST_CASE("text diff: exactly the threshold is shown", "[text]") {
    text_options chosen;
    chosen.filter_threshold = 0.07;
    const char* const before = "main|m.cpp:1|93\n  f|m.cpp:2|0\n  g|m.cpp:3|7\n";
    CHECK(tree_of(drawn(before), drawn("main|m.cpp:1|94\n  f|m.cpp:2|6\n"), chosen) == R"(
0.000 main  m.cpp:1  0.100 → 0.100
└─ -0.007 g  m.cpp:3  0.007 → 0.000

)");
    CHECK(tree_of(drawn(before), drawn("main|m.cpp:1|93\n  f|m.cpp:2|7\n"), chosen) == R"(
0.000 main  m.cpp:1  0.100 → 0.100
├─ +0.007 f  m.cpp:2  0.000 → 0.007
└─ -0.007 g  m.cpp:3  0.007 → 0.000

)");
}

TEST_CASE("text diff: nothing has changed", "[text]") {
    CHECK(tree_of(drawn(one), drawn(one)) == R"(
0.000 all threads  0.900 → 0.900
Nothing has changed by 1.0% of the total or more.

)");
    CHECK(tree_of({}, {}) == R"(
0.000000000 all threads  0.000000000 → 0.000000000
Nothing has changed by 1.0% of the total or more.

)");
}

TEST_CASE("text diff: changes that make up for each other are shown", "[text]") {
    CHECK(tree_of(drawn("run|r.cpp:1|0\n  a|r.cpp:2|100\n  b|r.cpp:3|50\n"),
                  drawn("run|r.cpp:1|0\n  a|r.cpp:2|50\n  b|r.cpp:3|100\n")) == R"(
0.000 run  r.cpp:1  0.150 → 0.150
├─ +0.050 b  r.cpp:3  0.050 → 0.100
└─ -0.050 a  r.cpp:2  0.100 → 0.050

)");
}

TEST_CASE("text diff: calls of scopes", "[text]") {
    scope_figures seven, nine;
    seven.calls = 7;
    nine.calls = 9'000;
    session_builder before, after;
    before.thread("main", ">s|a.cpp:1|10|0\n>t|a.cpp:2|10|0\n", {seven});
    after.thread("main", ">s|a.cpp:1|50|0\n>t|a.cpp:2|60|1\n", {nine, seven});
    CHECK(tree_of(*before, *after) == R"(
+0.090 main  0.020 → 0.110
├─ +0.050 ▸ t  a.cpp:2  0.010 → 0.060  ×7
└─ +0.040 ▸ s  a.cpp:1  0.010 → 0.050  ×7 → ×9,000

)");
}

TEST_CASE("text diff: start-up and unchanged library frames are left out", "[text]") {
    const char* const before = R"(
~_start||0
  main|m.cpp:1|10
    ~std::sort|/usr/include/c++/12/a.h:1|1
      ~std::__introsort|/usr/include/c++/12/a.h:2|50
        less|m.cpp:2|100
)";
    const char* const after = R"(
~_start||0
  main|m.cpp:1|10
    ~std::sort|/usr/include/c++/12/a.h:1|1
      ~std::__introsort|/usr/include/c++/12/a.h:2|80
        less|m.cpp:2|200
)";
    CHECK(tree_of(drawn(before), drawn(after)) == R"(
+0.130 main  m.cpp:1  0.161 → 0.291
└─ +0.130 std::__introsort  a.h:2  0.150 → 0.280
   ├─ +0.100 less  m.cpp:2  0.100 → 0.200
   └─ +0.030 [self]  a.h  0.050 → 0.080

)");
}

TEST_CASE("text diff: threads apart and merged", "[text]") {
    session_builder before, after;
    before.thread("a", "run|r.cpp:1|10\n").thread("b", "run|r.cpp:1|20\n");
    after.thread("b", "run|r.cpp:1|70\n").thread("c", "run|r.cpp:1|30\n");
    CHECK(tree_of(*before, *after) == R"(
+0.070 all threads  0.030 → 0.100
├─ +0.050 b  0.020 → 0.070
│  └─ +0.050 run  r.cpp:1  0.020 → 0.070
├─ +0.030 c  0.000 → 0.030
│  └─ +0.030 run  r.cpp:1  0.000 → 0.030
└─ -0.010 a  0.010 → 0.000
   └─ -0.010 run  r.cpp:1  0.010 → 0.000

)");
    text_options chosen;
    chosen.threads = thread_display::merged;
    CHECK(tree_of(*before, *after, chosen) == R"(
+0.070 run  r.cpp:1  0.030 → 0.100

)");
}

TEST_CASE("text diff: the header", "[text]") {
    setenv("TZ", "UTC", 1);
    tzset();
    session before = drawn(one);
    session after = drawn(other);
    before.recorded_unix_ns = 1'748'786'602'000'000'000;
    after.recorded_unix_ns = 1'748'786'702'000'000'000;
    after.program = "./other \x1b[31m";
    text_options chosen;
    chosen.clock = report_clock::cpu;
    const std::string text = to_text(diff(before, after), chosen);
    CHECK(text.substr(0, text.find("\n\n", 20)) == R"(
scopetree 0.1.0

  Before:    ./program
             2025-06-01 14:03:22, 0.900 s, CPU time 0.900 s, 900 samples
  After:     ./other �[31m
             2025-06-01 14:05:02, 0.801 s, CPU time 0.801 s, 801 samples
  Times:     CPU)");
}

TEST_CASE("text diff: colours and width", "[text]") {
    terminal properties;
    properties.color = true;
    properties.width = 44;
    session before = drawn("f|a.cpp:1|100\n");
    session after = drawn("f|a.cpp:1|200\n");
    before.frames[1].name = after.frames[1].name = "a_function_with_a_name_that_is_long_indeed";
    text_options chosen;
    chosen.short_mode = true;
    std::ostringstream stream;
    write_text(stream, diff(before, after), chosen, properties);
    CHECK(stream.str() == "\033[31m+0.100\033[0m a_function_w…long_indeed  \033[2ma.cpp:1\033[0m  "
                          "0.100 → 0.200\n\n");
}

TEST_CASE("text diff: options that make no sense are refused", "[text]") {
    const session_diff made = diff({}, {});
    text_options chosen;
    chosen.flat = true;
    CHECK_THROWS_AS(to_text(made, chosen), std::invalid_argument);
    chosen = {};
    chosen.timeline = true;
    CHECK_THROWS_AS(to_text(made, chosen), std::invalid_argument);
    chosen = {};
    chosen.clock = report_clock::both;
    CHECK_THROWS_WITH(to_text(made, chosen), Catch::Contains("wall or cpu"));
}

TEST_CASE("text diff: any two sessions, and deep ones", "[text]") {
    for (unsigned seed = 0; seed < 40; ++seed) {
        const session_diff made = diff(test::random_session(seed), test::random_session(seed + 1));
        text_options chosen;
        CHECK_FALSE(to_text(made, chosen).empty());
        chosen.show_all = true;
        chosen.threads = thread_display::merged;
        CHECK_FALSE(to_text(made, chosen).empty());
    }
    const session deep = test::deep_session(100'000);
    CHECK_FALSE(to_text(diff({}, deep)).empty());
}
