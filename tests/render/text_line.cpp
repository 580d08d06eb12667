#include <scopetree/render/text_line.hpp>

#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace scopetree;
using namespace scopetree::detail;

namespace {

scope_figures counted(std::uint64_t calls) {
    scope_figures figures;
    figures.calls = calls;
    return figures;
}

scope_figures timed(std::uint64_t calls, timed_figures times) {
    scope_figures figures;
    figures.calls = calls;
    figures.timed = true;
    figures.times = times;
    return figures;
}

/// A tree that has nothing but these entries.
view_tree tree_of(const std::vector<scope_figures>& figures, std::int64_t time_of_each) {
    view_tree tree;
    for (const scope_figures& f : figures)
        tree.scopes.push_back({&f, time_of_each});
    return tree;
}

std::string written(text_line line, const text_options& chosen, const terminal& properties) {
    const session source;
    const report_context context{source, chosen, {}, {}, 3};
    view_node root;
    root.time = 1'000'000'000;
    root.second_time = 500'000'000;
    std::ostringstream stream;
    text_writer out(stream, properties);
    line_writer(out, context, root).write("|  ", "`- ", std::move(line));
    out.flush();
    return stream.str();
}

text_line example() {
    text_line line;
    line.time = 336'000'000;
    line.second_time = 50'000'000;
    line.name = "parse";
    line.location = "a.cpp:3";
    line.figures = "x2";
    return line;
}

} // namespace

TEST_CASE("line: an entry that is reached in several places counts once", "[render]") {
    const std::vector<scope_figures> figures{counted(4), counted(6)};
    const view_tree tree = tree_of(figures, 1'000);
    const scope_summary once = summarize_scopes(tree, {0, 0, 0});
    CHECK(once.calls == 4);
    CHECK(once.time == 1'000);
    const scope_summary both = summarize_scopes(tree, {1, 0, 1});
    CHECK(both.calls == 10);
    CHECK(both.time == 2'000);
    CHECK(summarize_scopes(tree, {}).calls == 0);
}

TEST_CASE("line: timed entries", "[render]") {
    const std::vector<scope_figures> figures{timed(10, {5'000, 100, 900, 400, 880}),
                                             timed(30, {3'000, 50, 600, 100, 590}), timed(0, {})};
    const view_tree tree = tree_of(figures, 77);
    const scope_summary one = summarize_scopes(tree, {0});
    CHECK(one.time == 5'000); // exact, not sampled
    CHECK_FALSE(one.merged);
    CHECK(format_scope(one, true) == "×10  500 ns each  min 100 ns  p99 880 ns  max 900 ns");
    const scope_summary all = summarize_scopes(tree, {2, 0, 1});
    CHECK(all.merged);
    CHECK(format_scope(all, true) == "×40  200 ns each  min 50 ns  p99 ≤ 880 ns  max 900 ns");
    CHECK(format_scope(all, false) == "x40  200 ns each  min 50 ns  p99 <= 880 ns  max 900 ns");
    CHECK(format_scope(summarize_scopes(tree, {2}), true).empty());
}

TEST_CASE("line: counted entries", "[render]") {
    const std::vector<scope_figures> figures{counted(1'204'331), counted(1), counted(0)};
    const view_tree tree = tree_of(figures, 404'655'216);
    CHECK(format_scope(summarize_scopes(tree, {0}), true) == "×1,204,331  336 ns each");
    CHECK(format_scope(summarize_scopes(tree, {0}), false) == "x1,204,331  336 ns each");
    CHECK(format_scope(summarize_scopes(tree, {1}), true) == "×1"); // the line's time says the rest
    CHECK(format_scope(summarize_scopes(tree, {2}), true).empty());
    const view_tree unsampled = tree_of(figures, 0);
    CHECK(format_scope(summarize_scopes(unsampled, {0}), true) == "×1,204,331");
    const std::vector<scope_figures> single{timed(1, {5'000, 5'000, 5'000, 5'000, 5'000})};
    CHECK(format_scope(summarize_scopes(tree_of(single, 0), {0}), true) == "×1  5.00 µs");
}

TEST_CASE("line: parts and their order", "[render]") {
    const terminal ascii{false, false, 0};
    text_options chosen;
    CHECK(written(example(), chosen, ascii) == "|  `- 0.336 parse  a.cpp:3  x2\n");
    text_line line = example();
    line.is_scope = true;
    line.location.clear();
    CHECK(written(line, chosen, ascii) == "|  `- 0.336 > parse  x2\n");
    CHECK(written(line, chosen, {false, true, 0}) == "|  `- 0.336 ▸ parse  x2\n");
    line.figures.clear();
    CHECK(written(line, chosen, ascii) == "|  `- 0.336 > parse\n");
    chosen.time = time_display::percent_of_total;
    CHECK(written(example(), chosen, ascii) == "|  `- 33.6% parse  a.cpp:3  x2\n");
    chosen.clock = report_clock::both;
    CHECK(written(example(), chosen, ascii) == "|  `- 33.6%/10.0% parse  a.cpp:3  x2\n");
    chosen.time = time_display::seconds;
    CHECK(written(example(), chosen, ascii) == "|  `- 0.336/0.050 parse  a.cpp:3  x2\n");
}

TEST_CASE("line: colours", "[render]") {
    text_line line = example();
    line.name_ink = ink::scope;
    text_options chosen;
    chosen.clock = report_clock::both;
    CHECK(written(line, chosen, {true, true, 0}) ==
          "|  `- \033[33m0.336\033[0m/\033[32m0.050\033[0m \033[1;36mparse\033[0m"
          "  \033[2ma.cpp:3\033[0m  x2\n");
}

TEST_CASE("line: on a terminal the name is elided in the middle", "[render]") {
    text_line line = example();
    line.name = "std::vector<std::pair<int, int>>::emplace_back<std::pair<int, int>>";
    const std::string full = written(line, {}, {false, true, 0});
    CHECK(full.find(line.name) != std::string::npos);
    for (int width = 60; width < 110; ++width) {
        const std::string fitted = written(line, {}, {false, true, width});
        CHECK(display_width(fitted) - 1 ==
              std::min<std::size_t>(static_cast<std::size_t>(width), display_width(full) - 1));
    }
    // It keeps enough to be told by, however narrow the terminal is.
    CHECK(written(line, {}, {false, true, 10}) ==
          "|  `- 0.336 std::vector<…<int, int>>  a.cpp:3  x2\n");
    line.location = "a/very/long/path/to/some/folder/of/the/program/a.cpp:3";
    CHECK(display_width(written(line, {}, {false, true, 80})) - 1 == 80);
}

TEST_CASE("line: frames", "[render]") {
    session source;
    source.frames.resize(3);
    source.frames[0].name = "parse\x1b[2J";
    source.frames[0].file = "a\n.cpp";
    source.frames[0].line = 3;
    source.frames[1].name = "free";
    source.frames[1].line = 4; // no file: it is the module that is shown, and that has no lines
    source.frames[1].module = 0;
    source.frames[2].kind = frame_kind::timed_scope;
    source.modules.resize(1);
    source.modules[0].path = "/lib/libc.so.6";
    const text_options chosen;
    const report_context context{source, chosen, shorten_paths(source), {false, true, false}, 3};
    const text_line own = line_of_frame(context, 0, false);
    CHECK(own.name == "parse?[2J");
    CHECK(own.location == "a?.cpp:3");
    CHECK(own.name_ink == ink::plain);
    CHECK_FALSE(own.is_scope);
    const text_line library = line_of_frame(context, 1, true);
    CHECK(library.location == "libc.so.6");
    CHECK(library.name_ink == ink::faint);
    CHECK(line_of_frame(context, 2, true).is_scope);
    CHECK(line_of_frame(context, 2, true).name_ink == ink::scope);
}
