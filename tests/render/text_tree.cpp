#include <scopetree/render/text_tree.hpp>

#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

#include <scopetree/process/processors.hpp>

#include <sstream>

using namespace scopetree;
using namespace scopetree::detail;
using test::session_builder;

namespace {

std::string tree_of(const session& source, const text_options& chosen = {},
                    const terminal& properties = {}, const std::string& indent = "") {
    report_context context{source, chosen, shorten_paths(source), {}, 3};
    context.hidden = hidden_frames(source, context.paths, chosen);
    view_tree tree = test::view_of(source, chosen.clock);
    process(tree, chosen, context.hidden);
    std::ostringstream stream;
    text_writer out(stream, properties);
    tree_writer(out, context, tree, frame_lines(out, context, tree, ""))
        .write(indent, shown_root(tree, context.chosen.clock));
    out.flush();
    return stream.str();
}

std::string tree_of(const std::string& drawing, const text_options& chosen = {},
                    const terminal& properties = {}, const std::string& indent = "") {
    session_builder built;
    built.thread("thread", drawing);
    return tree_of(*built, chosen, properties, indent);
}

std::string at_level(int level, const std::string& text) {
    std::string blanks;
    for (int i = 0; i < level; ++i)
        blanks += "  ";
    return blanks + text + "\n";
}

} // namespace

TEST_CASE("tree: a root is replaced by an only child with all its time", "[render]") {
    CHECK(tree_of("a|a.cpp:1|9\n") == "0.009 a  a.cpp:1\n");
    CHECK(tree_of("a|a.cpp:1|9\nb|a.cpp:2|1\n") ==
          "0.010 thread\n├─ 0.009 a  a.cpp:1\n└─ 0.001 b  a.cpp:2\n");
    // What is left out belongs to somebody.
    CHECK(tree_of("a|a.cpp:1|1998\nb|a.cpp:2|2\n") == "2.000 thread\n└─ 1.998 a  a.cpp:1\n");
    text_options chosen;
    chosen.clock = report_clock::both;
    CHECK(tree_of("a|a.cpp:1|1998/1000\nb|a.cpp:2|0/2\n", chosen) ==
          "1.998/1.002 thread\n└─ 1.998/1.000 a  a.cpp:1\n");
}

TEST_CASE("tree: glyphs", "[render]") {
    const char* const drawing = R"(
a|a.cpp:1|1
  b|a.cpp:2|0
    c|a.cpp:3|6
    d|a.cpp:4|4
      e|a.cpp:5|3
  f|a.cpp:6|0
    g|a.cpp:7|5
)";
    CHECK(tree_of(drawing) == R"(0.019 a  a.cpp:1
├─ 0.013 b  a.cpp:2
│  ├─ 0.007 d  a.cpp:4
│  │  ├─ 0.004 [self]  a.cpp
│  │  └─ 0.003 e  a.cpp:5
│  └─ 0.006 c  a.cpp:3
├─ 0.005 f  a.cpp:6
│  └─ 0.005 g  a.cpp:7
└─ 0.001 [self]  a.cpp
)");
    CHECK(tree_of(drawing, {}, {false, false, 0}, ".  ") == R"(.  0.019 a  a.cpp:1
.  |- 0.013 b  a.cpp:2
.  |  |- 0.007 d  a.cpp:4
.  |  |  |- 0.004 [self]  a.cpp
.  |  |  `- 0.003 e  a.cpp:5
.  |  `- 0.006 c  a.cpp:3
.  |- 0.005 f  a.cpp:6
.  |  `- 0.005 g  a.cpp:7
.  `- 0.001 [self]  a.cpp
)");
}

TEST_CASE("tree: a group whose last member leads out", "[render]") {
    CHECK(tree_of(R"(
main|main.cpp:1|0
  ~a|lib/a.h:1|0
    ~b|other/b.h:1|0
      ~c|lib/c.h:1|0
        ~d|third/d.h:1|0
          app|main.cpp:2|90
    ~e|lib/e.h:1|5
  after|main.cpp:3|5
)") == R"(0.100 main  main.cpp:1
├─ 0.095 a  lib/a.h:1
│     [3 frames hidden]  lib, other, third
│        0.090 d  third/d.h:1
│        └─ 0.090 app  main.cpp:2
└─ 0.005 after  main.cpp:3
)");
}

TEST_CASE("tree: what is below a member not shown stands in its place", "[render]") {
    // x is shown, as it leads out to p; its child y is not, y's child z is: z stands where y would.
    CHECK(tree_of(R"(
main|main.cpp:1|1
  ~a|lib/a.h:1|0
    ~b|lib/b.h:1|0
      ~x|lib/x.h:1|0
        p|main.cpp:2|40
        ~y|lib/y.h:1|0
          ~z|lib/z.h:1|0
            q|main.cpp:3|30
        ~w|lib/w.h:1|5
)") == R"(0.076 main  main.cpp:1
├─ 0.075 a  lib/a.h:1
│     [3 frames hidden]  lib
│        0.075 x  lib/x.h:1
│        ├─ 0.040 p  main.cpp:2
│        └─ 0.030 z  lib/z.h:1
│           └─ 0.030 q  main.cpp:3
└─ 0.001 [self]  main.cpp
)");
}

TEST_CASE("tree: the corner goes to the last child that is shown", "[render]") {
    // w, the last child of x, is a member with nothing below it that is shown.
    const std::string text = tree_of(R"(
main|main.cpp:1|1
  ~x|lib/x.h:1|0
    ~v|lib/v.h:1|6
      ~u|lib/u.h:1|6
    ~z|lib/z.h:1|0
      ~y|lib/y.h:1|0
        p|main.cpp:2|40
        ~w|lib/w.h:1|5
)");
    CHECK(text == R"(0.058 main  main.cpp:1
├─ 0.057 x  lib/x.h:1
│     [5 frames hidden]  lib
│        0.045 y  lib/y.h:1
│        └─ 0.040 p  main.cpp:2
└─ 0.001 [self]  main.cpp
)");
}

TEST_CASE("tree: one hidden frame is printed, not described", "[render]") {
    CHECK(tree_of("main|main.cpp:1|1\n  ~a|lib/a.h:1|0\n    ~b|lib/b.h:1|9\n") ==
          R"(0.010 main  main.cpp:1
├─ 0.009 a  lib/a.h:1
│  └─ 0.009 b  lib/b.h:1
└─ 0.001 [self]  main.cpp
)");
}

TEST_CASE("tree: libraries are cut to 40 characters", "[render]") {
    const auto libraries = [](const std::vector<std::string>& names) {
        std::string drawing = "main|main.cpp:1|1\n";
        int level = 0;
        for (const std::string& name : names)
            drawing += at_level(++level, "~f|" + name + "/a.h:1|0");
        drawing += at_level(++level, "~f|" + names.front() + "/b.h:1|0");
        drawing += at_level(++level, "app|main.cpp:2|9");
        const std::string text = tree_of(drawing);
        const std::size_t begin = text.find("hidden]") + 7;
        return text.substr(begin, text.find('\n', begin) - begin);
    };
    const std::string ten = "abcdefghij";
    CHECK(libraries({ten, "k", "l", ten, "k"}) == "  abcdefghij, k, l");
    CHECK(libraries({ten, ten + "1234567890", "123456"}) ==
          "  abcdefghij, abcdefghij1234567890, 123456"); // exactly 40
    CHECK(libraries({ten, ten + "1234567890", "1234567"}) ==
          "  abcdefghij, abcdefghij1234567890, 123...");
    CHECK(libraries(std::vector<std::string>(50, ten)) == "  abcdefghij");
}

TEST_CASE("tree: no library name is known", "[render]") {
    CHECK(tree_of("main|main.cpp:1|1\n  ~a||0\n    ~b||0\n      ~c||0\n        ~d||0\n          "
                  "app|main.cpp:2|9\n")
              .find("│     [2 frames hidden]\n") != std::string::npos);
}

TEST_CASE("tree: hostile names", "[render]") {
    session_builder built;
    built.thread("thread", "a|a.cpp:1|5\nb|b.cpp:1|4\n");
    built->frames[0].name = "t\x1b[2J";
    built->frames[1].name = "a\n└─ forged";
    built->frames[2].file = "\x9b"
                            "31m\u202e.cpp";
    const std::string text = tree_of(*built);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("\n└─ forged") == std::string::npos);
    CHECK(text.find("\x9b") == std::string::npos);
    CHECK(text.find("\u202e") == std::string::npos);
}

TEST_CASE("tree: colours and their absence leave the same text", "[render]") {
    const char* const drawing = R"(
main|main.cpp:1|1
  >s|main.cpp:2|3
  ~a|lib/a.h:1|0
    ~b|lib/b.h:1|0
      ~c|lib/c.h:1|0
        app|main.cpp:3|9
)";
    const std::string colored = tree_of(drawing, {}, {true, true, 0});
    std::string stripped;
    for (std::size_t i = 0; i < colored.size(); ++i) {
        if (colored[i] == '\033')
            i = colored.find('m', i);
        else
            stripped += colored[i];
    }
    CHECK(stripped == tree_of(drawing));
    CHECK(colored.find("\033[2ma\033[0m") != std::string::npos);      // a library's function
    CHECK(colored.find("\033[1;36m▸ s\033[0m") != std::string::npos); // a scope
    CHECK(colored.find("\033[31m0.013\033[0m main") != std::string::npos);
}

TEST_CASE("tree: indentation starts again every 256 levels", "[render]") {
    const std::string text = tree_of(test::deep_session(600, 1));
    std::istringstream lines(text);
    std::vector<std::string> all;
    for (std::string line; std::getline(lines, line);)
        all.push_back(line);
    REQUIRE(all.size() == 600);
    CHECK(all[1] == "└─ 1.000 function_0  deep.cpp");
    CHECK(all[255] == std::string(254 * 3, ' ') + "└─ 1.000 function_0  deep.cpp");
    CHECK(all[256] == "256» └─ 1.000 function_0  deep.cpp");
    CHECK(all[257] == "256»    └─ 1.000 function_0  deep.cpp");
    CHECK(all[512] == "512» └─ 1.000 function_0  deep.cpp");
}

TEST_CASE("tree: after a deep branch the indentation is what it was", "[render]") {
    session source = test::deep_session(600, 1);
    frame late;
    late.name = late.full_name = "late";
    late.application = true;
    source.frames.push_back(late);
    for (const std::uint32_t parent : {1u, 300u}) {
        call_node node;
        node.parent = parent;
        node.frame = static_cast<std::uint32_t>(source.frames.size() - 1);
        node.wall_ns = 100'000'000;
        source.threads[0].nodes.push_back(node);
    }
    const std::string text = tree_of(source);
    CHECK(text.find("\n└─ 0.100 late\n") != std::string::npos);
    CHECK(text.find("\n256» " + std::string(44 * 3, ' ') + "└─ 0.100 late\n") != std::string::npos);
}

TEST_CASE("tree: a stack of 100,000 frames", "[render]") {
    for (const std::size_t functions : {std::size_t{1}, std::size_t{7}}) {
        const std::string text = tree_of(test::deep_session(100'000, functions));
        CHECK(text.size() > 1'000'000);
        CHECK(text.size() < 100'000'000);
    }
}
