#include <scopetree/render/text_flat.hpp>

#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

#include <scopetree/process/collapse_runtime.hpp>
#include <scopetree/process/group_library_frames.hpp>

#include <random>
#include <sstream>

using namespace scopetree;
using namespace scopetree::detail;
using test::session_builder;

namespace {

std::string flat_of(const session& source, const text_options& chosen = {}) {
    report_context context{source, chosen, shorten_paths(source), {}, 3};
    context.hidden = hidden_frames(source, context.paths, chosen);
    view_tree tree = test::view_of(source, chosen.clock);
    collapse_runtime(tree);
    std::ostringstream stream;
    text_writer out(stream, {});
    write_flat(out, context, tree, "", "main");
    out.flush();
    return stream.str();
}

const char* const drawing = R"(
main|main.cpp:1|100
  fib|main.cpp:2|10
    fib|main.cpp:2|20
      fib|main.cpp:2|300
      ~malloc|malloc.c:1|60
  >parse|main.cpp:3|9|0
    ~malloc|malloc.c:9|500
  small|main.cpp:4|1
)";

session drawn() {
    scope_figures parse;
    parse.calls = 2;
    session_builder built;
    built.thread("main", drawing, {parse});
    return *built;
}

} // namespace

TEST_CASE("flat: self times", "[render]") {
    CHECK(flat_of(drawn()) == R"(0.560 malloc  malloc.c:1
0.330 fib  main.cpp:2
0.100 main  main.cpp:1
0.010 [2 more]
)");
}

TEST_CASE("flat: totals count the outermost of nested calls", "[render]") {
    text_options chosen;
    chosen.flat_time = flat_time_kind::total;
    CHECK(flat_of(drawn(), chosen) == R"(1.000 main  main.cpp:1
0.560 malloc  malloc.c:1
0.509 ▸ parse  main.cpp:3  ×2  255 ms each
0.390 fib  main.cpp:2
)");
}

TEST_CASE("flat: show_all keeps what is below the threshold", "[render]") {
    text_options chosen;
    chosen.show_all = true;
    CHECK(flat_of(drawn(), chosen) == R"(0.560 malloc  malloc.c:1
0.330 fib  main.cpp:2
0.100 main  main.cpp:1
0.009 ▸ parse  main.cpp:3  ×2  255 ms each
0.001 small  main.cpp:4
)");
}

TEST_CASE("flat: both clocks and percent", "[render]") {
    session_builder built;
    built.thread("main", "a|a.cpp:1|600/100\nb|a.cpp:2|400/300\n");
    text_options chosen;
    chosen.clock = report_clock::both;
    CHECK(flat_of(*built, chosen) == "0.600/0.100 a  a.cpp:1\n0.400/0.300 b  a.cpp:2\n");
    chosen.time = time_display::percent_of_total;
    CHECK(flat_of(*built, chosen) == "60.0%/25.0% a  a.cpp:1\n40.0%/75.0% b  a.cpp:2\n");
    chosen.clock = report_clock::cpu;
    CHECK(flat_of(*built, chosen) == "75.0% b  a.cpp:2\n25.0% a  a.cpp:1\n");
}

TEST_CASE("flat: time of the thread's root itself is not lost", "[render]") {
    session_builder built;
    built.thread("main", "~_start||30\n  main|main.cpp:1|70\n");
    CHECK(flat_of(*built) == "0.070 main  main.cpp:1\n0.030 main\n");
    text_options chosen;
    chosen.flat_time = flat_time_kind::total;
    CHECK(flat_of(*built, chosen) == "0.070 main  main.cpp:1\n");
}

TEST_CASE("flat: scopes without samples keep their counts", "[render]") {
    session_builder built;
    scope_figures figures;
    figures.calls = 3;
    built.thread("main", "main|main.cpp:1|0\n  >s|main.cpp:2|0|0\n", {figures});
    CHECK(flat_of(*built) == "0.000 ▸ s  main.cpp:2  ×3\n");
}

TEST_CASE("flat: self times add up to the root's, whatever the tree", "[render]") {
    for (unsigned seed = 0; seed < 100; ++seed) {
        std::mt19937 random(seed);
        session source = test::deep_session(1 + seed * 3, 5);
        for (std::size_t i = 1; i < source.threads[0].nodes.size(); ++i) {
            call_node& node = source.threads[0].nodes[i];
            node.parent = static_cast<std::uint32_t>(random() % i);
            node.wall_ns = static_cast<std::int64_t>(random() % 1'000'000);
            node.cpu_ns = static_cast<std::int64_t>(random() % 1'000'000);
        }
        source.threads[0].nodes[0].wall_ns = 77;
        const view_tree tree = test::view_of(source, report_clock::both);
        std::int64_t sum = 0;
        std::int64_t second_sum = 0;
        for (const flat_entry& entry : flatten(tree, flat_time_kind::self)) {
            sum += entry.time;
            second_sum += entry.second_time;
        }
        INFO("seed " << seed);
        CHECK(sum == tree.root().time);
        CHECK(second_sum == tree.root().second_time);
        for (const flat_entry& entry : flatten(tree, flat_time_kind::total)) {
            CHECK(entry.time <= tree.root().time);
            CHECK(entry.open == 0);
        }
    }
}

TEST_CASE("flat: where no function reaches the threshold, the first ten are shown", "[render]") {
    std::string many;
    for (int i = 0; i < 200; ++i)
        many += "f" + std::to_string(i) + "|a.cpp:1|" + std::to_string(i < 7 ? 5 : 4) + "\n";
    session_builder built;
    built.thread("main", many);
    const std::string text = flat_of(*built);
    CHECK(text.find("0.005 f0  a.cpp:1\n") == 0);
    CHECK(text.find("0.004 f199  a.cpp:1\n") != std::string::npos); // as long as the tenth
    std::string falling;
    for (int i = 0; i < 200; ++i)
        falling += "f" + std::to_string(i) + "|a.cpp:1|" + std::to_string(1'000 - i) + "\n";
    session_builder other;
    other.thread("main", falling);
    const std::string first_ten = flat_of(*other);
    CHECK(std::count(first_ten.begin(), first_ten.end(), '\n') == 11);
    CHECK(first_ten.find("0.991 f9  a.cpp:1\n170.") != std::string::npos);
    CHECK(first_ten.find(" [190 more]\n") != std::string::npos);
}

TEST_CASE("flat: a stack of 100,000 frames", "[render]") {
    const session source = test::deep_session(100'000, 2);
    text_options chosen;
    chosen.flat_time = flat_time_kind::total;
    CHECK(flat_of(source, chosen) == "1.000 function_0  deep.cpp\n1.000 function_1  deep.cpp\n");
}
