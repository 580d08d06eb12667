#include <scopetree/symbol/scope_placement.hpp>

#include "staged_recording.hpp"

#include <catch2/catch.hpp>

using staged::outline;
using staged::recording_builder;

TEST_CASE("a scope goes right under the frame of its function") {
    recording_builder run;
    run.sample({"main", "f", "g", "h"}, {"S@f"}, 5);
    run.sample({"main", "f", "g"}, {"S@f", "T@g"}, 1);
    run.sample({"main", "f"}, {}, 2);
    CHECK(outline(run.resolve()) == R"(main
  f 2
    [S]
      g
        h 5
        [T] 1
)");
}

TEST_CASE("scopes of one function share its frame") {
    recording_builder run;
    run.sample({"main", "f", "g"}, {"A@f", "B@f", "C@f"}, 5);
    CHECK(outline(run.resolve()) == "main\n  f\n    [A]\n      [B]\n        [C]\n          g 5\n");
}

TEST_CASE("recursion enters the same scope once for each call") {
    recording_builder run;
    SECTION("one scope") {
        run.sample({"main", "f", "f", "g"}, {"S@f", "S@f"}, 5);
        CHECK(outline(run.resolve()) ==
              "main\n  f\n    [S]\n      f\n        [S]\n          g 5\n");
    }
    SECTION("two scopes") {
        run.sample({"f", "f"}, {"A@f", "B@f", "A@f", "B@f"}, 5);
        CHECK(outline(run.resolve()) ==
              "f\n  [A]\n    [B]\n      f\n        [A]\n          [B] 5\n");
    }
    SECTION("two scopes, three calls") {
        run.sample({"f", "f", "f"}, {"A@f", "B@f", "A@f", "B@f", "A@f", "B@f"}, 5);
        CHECK(outline(run.resolve()) == R"(f
  [A]
    [B]
      f
        [A]
          [B]
            f
              [A]
                [B] 5
)");
    }
    SECTION("through another function, which has a scope too") {
        run.sample({"f", "g", "f", "g"}, {"S@f", "T@g", "S@f", "T@g"}, 5);
        CHECK(outline(run.resolve()) == "f\n  [S]\n    g\n      [T]\n        f\n          [S]\n    "
                                        "        g\n              [T] 5\n");
    }
    SECTION("two scopes alike on one line share the frame when there is no other") {
        run.sample({"main", "f"}, {"S@f", "S@f"}, 5);
        CHECK(outline(run.resolve()) == "main\n  f\n    [S]\n      [S] 5\n");
    }
}

TEST_CASE("a scope finds its function inlined, out of line, and split") {
    recording_builder run;
    SECTION("inlined in both") {
        run.sample({"main", "f+g+h"}, {"S@f+g"}, 5);
        CHECK(outline(run.resolve()) == "main\n  f\n    g\n      [S]\n        h 5\n");
    }
    SECTION("scope first seen inlined, sample out of line") {
        run.sample({"main", "g", "h"}, {"S@f+g"}, 5);
        CHECK(outline(run.resolve()) == "main\n  g\n    [S]\n      h 5\n");
    }
    SECTION("scope first seen out of line, sample inlined") {
        run.sample({"main", "f+g"}, {"S@g"}, 5);
        CHECK(outline(run.resolve()) == "main\n  f\n    g\n      [S] 5\n");
    }
    SECTION("the macro's own code does not count") {
        run.sample({"main", "f", "g"},
                   {"S@f+scopetree::basic_scope<scopetree::counted>::basic_scope"}, 5);
        CHECK(outline(run.resolve()) == "main\n  f\n    [S]\n      g 5\n");
    }
    SECTION("cold part") {
        run.sample({"main", "_Z1fv.cold", "g"}, {"S@_Z1fv"}, 5);
        run.sample({"main", "_Z1fv", "g"}, {"T@_Z1fv.cold"}, 5);
        CHECK(outline(run.resolve()) == "main\n  f\n    [S]\n      g 5\n    [T]\n      g 5\n");
    }
    SECTION("debug information without namespaces") {
        run.sample({"main", "app::f(int)", "g"}, {"S@main+f?"}, 5);
        run.sample({"main+f?", "g"}, {"T@app::f(int)"}, 5);
        CHECK(outline(run.resolve()) == R"(main
  app::f
    [S]
      g 5
  f
    [T]
      g 5
)");
    }
    SECTION("full names that differ are different functions, though the last word is the same") {
        run.sample({"main", "a::f()", "b::f()", "g"}, {"S@b::f()"}, 5);
        CHECK(outline(run.resolve()) == "main\n  a::f\n    b::f\n      [S]\n        g 5\n");
    }
    SECTION("stripped") {
        run.sample({"at_1~", "at_2~", "at_3~"}, {"S@at_2~"}, 5);
        CHECK(outline(run.resolve()) == "at_1\n  at_2\n    [S]\n      at_3 5\n");
    }
}

TEST_CASE("a scope without a frame disturbs no other") {
    recording_builder run;
    SECTION("before one that has a frame") {
        run.sample({"main", "f", "g"}, {"Stale@lost", "S@f"}, 5);
        CHECK(outline(run.resolve()) == "main\n  f\n    [Stale]\n      [S]\n        g 5\n");
    }
    SECTION("behind it") {
        run.sample({"main", "f", "g"}, {"S@f", "Stale@lost"}, 5);
        CHECK(outline(run.resolve()) == "main\n  f\n    [S]\n      g\n        [Stale] 5\n");
    }
    SECTION("alone, several") {
        run.sample({"main", "f"}, {"A@lost", "B@lost"}, 5);
        CHECK(outline(run.resolve()) == "main\n  f\n    [A]\n      [B] 5\n");
    }
    SECTION("without any stack") {
        run.sample({}, {"A@lost"}, 5);
        CHECK(outline(run.resolve()) == "[A] 5\n");
    }
}

TEST_CASE("a longer stack may show a frame that a shorter one lacks") {
    recording_builder run;
    SECTION("for a scope without any") {
        run.sample({"main", "f"}, {"Stale@lost"}, 1);
        run.sample({"main", "f", "g"}, {"Stale@lost"}, 2);
        CHECK(outline(run.resolve()) == "main\n  f\n    [Stale] 1\n    g\n      [Stale] 2\n");
    }
    SECTION("for the second pass through one scope") {
        run.sample({"main", "f"}, {"S@f", "S@f"}, 1);
        run.sample({"main", "f", "f"}, {"S@f", "S@f"}, 2);
        CHECK(outline(run.resolve()) ==
              "main\n  f\n    [S]\n      [S] 1\n      f\n        [S] 2\n");
    }
}
