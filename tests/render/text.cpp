#include <scopetree/render/text.hpp>

#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

#include <stdlib.h>
#include <time.h>

using namespace scopetree;
using test::session_builder;

namespace {

/// What stands below the header, which ends at its second blank line.
std::string tree_of(const session& source, const text_options& chosen = {}) {
    std::string text = to_text(source, chosen);
    const std::size_t header = text.find("\n\n", text.find("Threads:"));
    REQUIRE(header != std::string::npos);
    REQUIRE(text.substr(text.size() - 2) == "\n\n");
    return text.substr(header + 1, text.size() - header - 2);
}

const char* const documented_drawing = R"(
main|main.cpp:10|10
  b|app.cpp:4|50
    c|app.cpp:5|500
  a|app.cpp:3|100
    ~lib1|foo/x.h:7|0
      ~lib2|foo/y.h:1|20
        ~lib3|bar/z.h:1|0
          ~lib4|bar/w.h:2|0
            cb|app.cpp:50|300
  tiny|app.cpp:9|5
)";

} // namespace

TEST_CASE("text: the documentation's example", "[text]") {
    session_builder built;
    built.thread("main", documented_drawing);
    CHECK(tree_of(*built) == R"(
0.985 main  main.cpp:10
├─ 0.550 b  app.cpp:4
│  ├─ 0.500 c  app.cpp:5
│  └─ 0.050 [self]  app.cpp
├─ 0.420 a  app.cpp:3
│  ├─ 0.320 lib1  foo/x.h:7
│  │     [3 frames hidden]  foo, bar
│  │        0.300 lib4  bar/w.h:2
│  │        └─ 0.300 cb  app.cpp:50
│  └─ 0.100 [self]  app.cpp
└─ 0.010 [self]  main.cpp
)");
}

TEST_CASE("text: a whole report", "[text]") {
    setenv("TZ", "UTC", 1);
    tzset();
    scope_figures parse;
    parse.calls = 1'204'331;
    session_builder built;
    built.thread("main", "main|main.cpp:10|100\n  >parse|parse.cpp:7|405/400|0\n", {parse})
        .thread("worker", "run|worker.cpp:3|60/50\n  wait|worker.cpp:9|440/0\n");
    built->recorded_unix_ns = 1'748'786'602'000'000'000;
    CHECK(to_text(*built) == R"(
scopetree 0.1.0

  Program:   ./program
  Recorded:  2025-06-01 14:03:22     Samples:   1,005
  Duration:  0.505 s                 CPU time:  0.550 s
  Interval:  1 ms                    Threads:   2

── main ── 0.505 s wall · 0.500 s CPU
0.505 main  main.cpp:10
├─ 0.405 ▸ parse  parse.cpp:7  ×1,204,331  336 ns each
└─ 0.100 [self]  main.cpp

── worker ── 0.500 s wall · 0.050 s CPU
0.500 run  worker.cpp:3
├─ 0.440 wait  worker.cpp:9
└─ 0.060 [self]  worker.cpp

)");
    text_options chosen;
    chosen.clock = report_clock::cpu;
    chosen.unicode = toggle::off;
    chosen.short_mode = true;
    CHECK(to_text(*built, chosen) == R"(
scopetree ...........................................
.
.  ./program
.  Times: CPU
.
.  -- main -- 0.505 s wall, 0.500 s CPU
.  0.500 main  main.cpp:10
.  |- 0.400 > parse  parse.cpp:7  x1,204,331  332 ns each
.  `- 0.100 [self]  main.cpp
.
.  -- worker -- 0.500 s wall, 0.050 s CPU
.  0.050 run  worker.cpp:3
.....................................................

)");
}

TEST_CASE("text: merged threads are one tree", "[text]") {
    text_options chosen;
    chosen.threads = thread_display::merged;
    session_builder built;
    built.thread("a", "run|w.cpp:1|30\n  work|w.cpp:2|20\n")
        .thread("b", "run|w.cpp:1|40\n  work|w.cpp:2|5\nstop|w.cpp:3|5\n");
    CHECK(tree_of(*built, chosen) == R"(
0.100 all threads
├─ 0.095 run  w.cpp:1
│  ├─ 0.070 [self]  w.cpp
│  └─ 0.025 work  w.cpp:2
└─ 0.005 stop  w.cpp:3
)");
}

TEST_CASE("text: scopes of merged threads add their calls", "[text]") {
    scope_figures calls;
    calls.calls = 10;
    session_builder built;
    built.thread("a", ">s|w.cpp:1|30|0\n", {calls}).thread("b", ">s|w.cpp:1|50|0\n", {calls});
    text_options chosen;
    chosen.threads = thread_display::merged;
    CHECK(tree_of(*built, chosen) == "\n0.080 ▸ s  w.cpp:1  ×20  4.00 ms each\n");
}

TEST_CASE("text: a scope reached through different functions", "[text]") {
    scope_figures calls;
    calls.calls = 10;
    session_builder built;
    built.thread("main", "a|a.cpp:1|0\n  >s|w.cpp:1|30|0\nb|a.cpp:2|0\n  >s|w.cpp:1|50|0\n",
                 {calls});
    CHECK(tree_of(*built) == R"(
0.080 main
├─ 0.050 b  a.cpp:2
│  └─ 0.050 ▸ s  w.cpp:1  ×10  8.00 ms each
└─ 0.030 a  a.cpp:1
   └─ 0.030 ▸ s  w.cpp:1  ×10  8.00 ms each
)");
}

TEST_CASE("text: hide and show", "[text]") {
    session_builder built;
    built.thread("main", documented_drawing);
    text_options chosen;
    chosen.show = {"foo/*", "bar/*"};
    chosen.hide = {"c"};
    CHECK(tree_of(*built, chosen) == R"(
0.985 main  main.cpp:10
├─ 0.550 b  app.cpp:4
│  ├─ 0.500 c  app.cpp:5
│  └─ 0.050 [self]  app.cpp
├─ 0.420 a  app.cpp:3
│  ├─ 0.320 lib1  foo/x.h:7
│  │  └─ 0.320 lib2  foo/y.h:1
│  │     ├─ 0.300 lib3  bar/z.h:1
│  │     │  └─ 0.300 lib4  bar/w.h:2
│  │     │     └─ 0.300 cb  app.cpp:50
│  │     └─ 0.020 [self]  foo/y.h
│  └─ 0.100 [self]  app.cpp
└─ 0.010 [self]  main.cpp
)");
}

TEST_CASE("text: percent of the total", "[text]") {
    session_builder built;
    built.thread("main", "main|main.cpp:1|1\n  a|a.cpp:1|2\n");
    text_options chosen;
    chosen.time = time_display::percent_of_total;
    CHECK(tree_of(*built, chosen) ==
          "\n100.0% main  main.cpp:1\n├─ 66.7% a  a.cpp:1\n└─ 33.3% [self]  main.cpp\n");
}

TEST_CASE("text: flat lists of separate threads", "[text]") {
    session_builder built;
    built.thread("main", "~_start||0\n  main|main.cpp:1|2\n    a|a.cpp:1|3\n")
        .thread("worker", "run|w.cpp:1|4\n");
    text_options chosen;
    chosen.flat = true;
    CHECK(tree_of(*built, chosen).find(R"(
0.003 a  a.cpp:1
0.002 main  main.cpp:1

── worker ── 0.004 s wall · 0.004 s CPU
0.004 run  w.cpp:1
)") != std::string::npos);
}

TEST_CASE("text: a thread without CPU time", "[text]") {
    session_builder built;
    built.thread("idle", "wait|w.cpp:1|500/0\n");
    text_options chosen;
    chosen.clock = report_clock::cpu;
    CHECK(tree_of(*built, chosen) == "\n0.000 idle\n");
}

TEST_CASE("text: decimals follow the interval", "[text]") {
    session_builder built;
    built.thread("main", "main|main.cpp:1|1\n");
    built->interval_ns = 200'000;
    CHECK(tree_of(*built) == "\n0.0010 main  main.cpp:1\n");
}

TEST_CASE("text: nothing was recorded", "[text]") {
    session_builder built;
    CHECK(tree_of(*built) == "\nNo samples were recorded.\n");
    built.thread("main", "");
    CHECK(tree_of(*built) == "\n0.000 main\n");
    built->threads[0].nodes.clear();
    CHECK(tree_of(*built) == "\nNo samples were recorded.\n");
    CHECK_NOTHROW(to_text(session()));
}

TEST_CASE("text: only scopes", "[text]") {
    scope_figures once;
    once.calls = 1;
    scope_figures often;
    often.calls = 3;
    session_builder built;
    built.thread("main", ">load|a.cpp:1|0|0\n  >parse|a.cpp:2|0|1\n", {once, often});
    CHECK(tree_of(*built) == "\n0.000 ▸ load  a.cpp:1  ×1\n└─ 0.000 ▸ parse  a.cpp:2  ×3\n");
}

TEST_CASE("text: only [self]", "[text]") {
    session_builder built;
    built.thread("main", "");
    built->threads[0].nodes[0].wall_ns = 5'000'000;
    CHECK(tree_of(*built) == "\n0.005 main\n");
}

TEST_CASE("text: a timeline", "[text]") {
    scope_figures once, often;
    once.calls = 1;
    often.calls = 3;
    session_builder built;
    built
        .thread("main",
                "~_start||0\n  main|main.cpp:10|10\n    >load|load.cpp:3|100|0\n"
                "    parse|parse.cpp:7|400\n      >token|parse.cpp:9|90|1\n",
                {once, often})
        .timeline("main 5, parse 200, token 50, load 100, parse 200, token 40, main 5")
        .thread("worker", "run|worker.cpp:3|500\n");
    built->notes = {"the timeline was thinned"};
    text_options chosen;
    chosen.timeline = true;
    CHECK(tree_of(*built, chosen).find(R"(
── main ── 0.600 s wall · 0.600 s CPU
0.600 main  main.cpp:10
├─ 0.250 parse  parse.cpp:7
│  ├─ 0.200 [self]  parse.cpp
│  └─ 0.050 ▸ token  parse.cpp:9
├─ 0.100 ▸ load  load.cpp:3  ×1
└─ 0.240 parse  parse.cpp:7
   ├─ 0.200 [self]  parse.cpp
   └─ 0.040 ▸ token  parse.cpp:9

── worker ── 0.500 s wall · 0.500 s CPU
The order of this thread's calls was not kept.
)") != std::string::npos);
    const std::string text = to_text(*built, chosen);
    CHECK(text.find("\n  Times:     wall, in the order of the calls\n") != std::string::npos);
    CHECK(text.find("\n  Note:      the timeline was thinned\n") != std::string::npos);
}

TEST_CASE("text: in a timeline every thread stands alone", "[text]") {
    session_builder built;
    for (int i = 0; i < 12; ++i)
        built.thread("worker", "run|w.cpp:1|5\n").timeline("run 5");
    text_options chosen;
    chosen.timeline = true;
    CHECK(to_text(*built, chosen).find("worker, 12 of 12") != std::string::npos);
}

TEST_CASE("text: a timeline of threads that never ran, or of none", "[text]") {
    text_options chosen;
    chosen.timeline = true;
    session_builder built;
    CHECK(tree_of(*built, chosen) == "\nNo samples were recorded.\n");
    built.thread("main", "");
    CHECK(tree_of(*built, chosen) == "\n0.000 main\n");
}

TEST_CASE("text: what cannot be shown is refused", "[text]") {
    session_builder built;
    built.thread("main", "main|main.cpp:1|1\n");
    text_options chosen;
    chosen.timeline = true;
    CHECK_THROWS_AS(to_text(*built, chosen), std::invalid_argument);
    CHECK_THROWS_WITH(to_text(*built, chosen), Catch::Contains("no timeline"));
    chosen.flat = true;
    CHECK_THROWS_AS(to_text(*built, chosen), std::invalid_argument);
    CHECK_THROWS_WITH(to_text(*built, chosen), Catch::Contains("flat and timeline"));
    built->threads[0].nodes[1].frame = 99;
    CHECK_THROWS_AS(to_text(*built), std::invalid_argument);
}

TEST_CASE("text: colour only where asked for", "[text]") {
    session_builder built;
    built.thread("main", documented_drawing);
    text_options chosen;
    CHECK(to_text(*built).find('\033') == std::string::npos);
    chosen.color = toggle::on;
    CHECK(to_text(*built, chosen).find('\033') != std::string::npos);
    std::ostringstream stream;
    write_text(stream, *built, {}, terminal{true, false, 0});
    CHECK(stream.str().find('\033') != std::string::npos);
    CHECK(stream.str().find("├") == std::string::npos);
}

TEST_CASE("text: ASCII means ASCII, whatever the names", "[text]") {
    session_builder built;
    built.thread("größe", ">über|ä.cpp:1|5|0\nb|b.cpp:1|5\n", {scope_figures{3, false, {}}})
        .thread("main\x1b[2J", "a|a.cpp:1|1\n");
    built->program = "./größe";
    built->notes = {"größe"};
    text_options chosen;
    chosen.unicode = toggle::off;
    for (const bool flat : {false, true}) {
        chosen.flat = flat;
        const std::string text = to_text(*built, chosen);
        CHECK(std::all_of(text.begin(), text.end(),
                          [](char c) { return c == '\n' || (c >= ' ' && c < 0x7f); }));
    }
}

TEST_CASE("text: every combination of options survives every kind of session", "[text]") {
    std::vector<session> sessions;
    sessions.emplace_back();
    sessions.emplace_back();
    sessions.back().threads.resize(2);
    sessions.push_back(test::deep_session(2'000));
    session_builder built;
    built.thread("main", documented_drawing)
        .thread("", "")
        .thread("main", ">s|a.cpp:1|0|0\n", {{}});
    sessions.push_back(*built);
    for (std::uint32_t i = 0; i < 5; ++i)
        sessions.back().threads[0].timeline.push_back({i + 1, i * 100, i * 20});
    std::size_t rendered = 0, refused = 0;
    for (const session& source : sessions) {
        for (unsigned bits = 0; bits < 128 * 3; ++bits) {
            text_options chosen;
            chosen.timeline = bits >= 64 * 3;
            chosen.show_all = (bits & 1) != 0;
            chosen.flat = (bits & 2) != 0;
            chosen.flat_time = (bits & 4) != 0 ? flat_time_kind::total : flat_time_kind::self;
            chosen.short_mode = (bits & 8) != 0;
            chosen.threads = (bits & 16) != 0 ? thread_display::merged : thread_display::separate;
            chosen.time = (bits & 32) != 0 ? time_display::percent_of_total : time_display::seconds;
            chosen.clock = static_cast<report_clock>(bits / 64 % 3);
            try {
                rendered += to_text(source, chosen).empty() ? 0 : 1;
            } catch (const std::invalid_argument&) {
                ++refused; // a flat timeline, one of merged threads, one that is not there
            }
        }
    }
    const std::size_t one = 64 * 3;
    CHECK(rendered == sessions.size() * one + (sessions.size() - 1) * one / 4);
    CHECK(rendered + refused == sessions.size() * one * 2);
}

TEST_CASE("text: a million nodes", "[text]") {
    session source = test::deep_session(1'000'000, 300);
    for (std::size_t i = 1; i < source.threads[0].nodes.size(); ++i) {
        call_node& node = source.threads[0].nodes[i];
        node.parent = static_cast<std::uint32_t>((i - 1) / 10);
        node.wall_ns = 1'000;
    }
    CHECK(tree_of(source).find("\n1.000 main\n") == 0);
}

TEST_CASE("text: how to see it again", "[text]") {
    CHECK(show_again_hint("2025-06-01-140322-100") ==
          "To view this report with different options, run:\n"
          "    scopetree show --prev 2025-06-01-140322-100 [options]\n");
}
