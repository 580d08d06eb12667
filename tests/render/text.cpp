#include <scopetree/render/text.hpp>

#include "support/session_builder.hpp"

#include <catch2/catch.hpp>

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
