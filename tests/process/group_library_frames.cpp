#include <scopetree/process/group_library_frames.hpp>

#include "support/view_drawing.hpp"

#include <scopetree/process/processors.hpp>

#include <catch2/catch.hpp>

using namespace scopetree;
using test::session_builder;

namespace {

/// The groups, as `root: member member(hidden) …`.
std::string groups_of(const session& source, const text_options& chosen = {}) {
    detail::view_tree tree = test::view_of(source);
    detail::process(tree, chosen,
                    detail::hidden_frames(source, detail::shorten_paths(source), chosen));
    const auto name = [&](std::uint32_t node) {
        return tree.nodes[node].kind == detail::view_kind::self
                   ? std::string("[self]")
                   : tree.frame_of(tree.nodes[node]).name;
    };
    std::string text;
    for (const detail::view_group& group : tree.groups) {
        text += name(group.root) + ":";
        std::uint32_t hidden = 0;
        for (const std::uint32_t member : group.members) {
            text += " " + name(member);
            if (!tree.nodes[member].shown) {
                text += "(hidden)";
                ++hidden;
            }
        }
        CHECK(group.hidden == hidden);
        text += "\n";
    }
    return text;
}

std::string groups_of(const std::string& drawing, const text_options& chosen = {}) {
    session_builder built;
    built.thread("main", drawing);
    return groups_of(*built, chosen);
}

} // namespace

TEST_CASE("glob: patterns", "[process]") {
    using detail::glob_matches;
    CHECK(glob_matches("", ""));
    CHECK(glob_matches("*", ""));
    CHECK(glob_matches("**", "abc"));
    CHECK(glob_matches("abc", "abc"));
    CHECK(glob_matches("a?c", "abc"));
    CHECK(glob_matches("a*c", "a/b/c"));
    CHECK(glob_matches("*boost*", "/usr/include/boost/json.hpp"));
    CHECK(glob_matches("*ab*ab", "abaab_abxab"));
    CHECK(glob_matches("std::*", "std::vector<int>"));
    CHECK_FALSE(glob_matches("", "a"));
    CHECK_FALSE(glob_matches("?", ""));
    CHECK_FALSE(glob_matches("abc", "abcd"));
    CHECK_FALSE(glob_matches("abc", "xabc"));
    CHECK_FALSE(glob_matches("*a", "ab"));
    CHECK_FALSE(glob_matches("A", "a"));
    CHECK_FALSE(glob_matches("a[b]c", "abc"));
}

TEST_CASE("glob: many stars do not take forever", "[process]") {
    std::string pattern;
    for (int i = 0; i < 50; ++i)
        pattern += "a*";
    CHECK_FALSE(detail::glob_matches(pattern + "b", std::string(2'000, 'a')));
}

TEST_CASE("group: hidden with a hidden child, and all that is connected", "[process]") {
    CHECK(groups_of(R"(
main|main.cpp:1|100
  ~a|lib/a.h:1|0
    ~b|lib/a.h:2|10
      ~c|lib/a.h:3|20
    ~d|lib/a.h:4|0
      app|main.cpp:2|50
        ~e|lib/a.h:5|0
          ~f|lib/a.h:6|15
            ~g|lib/a.h:7|15
)") == "a: a d b(hidden) c(hidden) [self](hidden)\ne: e f(hidden) g(hidden) [self](hidden)\n");
}

TEST_CASE("group: one hidden frame alone is none", "[process]") {
    CHECK(groups_of("main|main.cpp:1|9\n  ~a|lib/a.h:1|9\n").empty());
    CHECK(groups_of("main|main.cpp:1|9\n  ~a|lib/a.h:1|0\n    app|main.cpp:2|9\n").empty());
}

TEST_CASE("group: fewer than two not shown, and it is printed whole", "[process]") {
    CHECK(groups_of("main|main.cpp:1|9\n  ~a|lib/a.h:1|0\n    ~b|lib/a.h:2|1\n") == "a: a b\n");
    CHECK(groups_of("main|main.cpp:1|9\n  ~a|lib/a.h:1|0\n    ~b|lib/a.h:2|0\n"
                    "      ~c|lib/a.h:3|1\n") == "a: a b(hidden) c(hidden)\n");
}

TEST_CASE("group: the root of the tree is in none", "[process]") {
    // A thread's root is a marker, and so counts as hidden.
    CHECK(
        groups_of("~a|lib/a.h:1|0\n  ~b|lib/a.h:2|0\n    ~c|lib/a.h:3|0\n      ~d|lib/a.h:4|9\n") ==
        "a: a b(hidden) c(hidden) d\n");
}

TEST_CASE("group: members with much time of their own are shown", "[process]") {
    CHECK(groups_of(R"(
main|main.cpp:1|500
  ~a|lib/a.h:1|0
    ~b|lib/a.h:2|200
      ~c|lib/a.h:3|49
        ~d|lib/a.h:4|201
          ~e|lib/a.h:5|50
)") == "a: a b(hidden) c(hidden) d [self] e(hidden) [self](hidden) [self](hidden)\n");
}

TEST_CASE("group: hide and show", "[process]") {
    const std::string drawing = R"(
main|src/main.cpp:1|9
  parse|src/parse.cpp:1|1
    lex|src/parse.cpp:2|1
      >scope|src/parse.cpp:3|1
  ~a|lib/a.h:1|1
    ~b|lib/b.h:2|1
      ~c|lib/c.h:3|1
)";
    text_options chosen;
    SECTION("neither") {
        CHECK(groups_of(drawing) == "a: a b(hidden) c(hidden) [self](hidden) [self](hidden)\n");
    }
    SECTION("hide by name") {
        chosen.hide = {"parse", "lex"};
        CHECK(groups_of(drawing, chosen) ==
              "parse: parse lex [self](hidden) [self](hidden)\n"
              "a: a b(hidden) c(hidden) [self](hidden) [self](hidden)\n");
    }
    SECTION("hide by path; scopes too, when asked to") {
        chosen.hide = {"src/parse*"};
        CHECK(groups_of(drawing, chosen).find("parse: parse lex(hidden) scope(hidden)") == 0);
    }
    SECTION("show by path") {
        chosen.show = {"lib/b.h"};
        CHECK(groups_of(drawing, chosen) == "a: a [self]\n");
    }
    SECTION("show wins over hide") {
        chosen.hide = {"*"};
        chosen.show = {"*"};
        CHECK(groups_of(drawing, chosen).empty());
    }
    SECTION("show_all groups nothing") {
        chosen.show_all = true;
        CHECK(groups_of(drawing, chosen).empty());
    }
}

TEST_CASE("group: patterns match what is shown and what the compiler wrote", "[process]") {
    session s;
    s.source_root = "/home/user/project";
    frame f;
    f.name = "run";
    f.full_name = "void asio::run<int>(int)";
    f.file = "/home/user/project/src/run.cpp";
    f.application = true;
    s.frames.push_back(f);
    const auto hidden = [&](const char* pattern) {
        text_options chosen;
        chosen.hide = {pattern};
        return bool(detail::hidden_frames(s, detail::shorten_paths(s), chosen)[0]);
    };
    CHECK(hidden("run"));
    CHECK(hidden("*asio::run*"));
    CHECK(hidden("src/*"));
    CHECK(hidden("/home/user/*"));
    CHECK_FALSE(hidden("ru"));
    CHECK_FALSE(hidden("src"));
}

TEST_CASE("group: what is hidden", "[process]") {
    const auto hidden = [](frame_kind kind, bool application) {
        session one;
        one.frames.emplace_back();
        one.frames[0].kind = kind;
        one.frames[0].application = application;
        return bool(detail::hidden_frames(one, detail::shorten_paths(one), {})[0]);
    };
    CHECK(hidden(frame_kind::function, false));
    CHECK_FALSE(hidden(frame_kind::function, true));
    CHECK_FALSE(hidden(frame_kind::scope, false));
    CHECK_FALSE(hidden(frame_kind::timed_scope, false));
    CHECK(hidden(frame_kind::synthetic, false));
    CHECK(hidden(frame_kind::synthetic, true));
}
