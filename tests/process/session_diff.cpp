#include <scopetree/process/session_diff.hpp>

#include "support/random_session.hpp"
#include "support/session_text.hpp"
#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>

using namespace scopetree;
using test::session_builder;

namespace {

/// By the way to each node, with its name at the end.
std::map<std::string, diff_node> by_path(const session_diff& source) {
    std::map<std::string, diff_node> nodes;
    std::vector<std::string> paths;
    for (const diff_node& node : source.nodes) {
        const std::string above = node.parent == no_index ? "" : paths[node.parent] + "/";
        const frame& f = source.frames[node.frame];
        paths.push_back(above + f.name + (f.file == "b.cpp" ? " in b" : ""));
        CHECK(nodes.emplace(paths.back(), node).second);
    }
    return nodes;
}

constexpr std::int64_t ms = 1'000'000;

} // namespace

TEST_CASE("diff: of a session with itself everything is zero", "[diff]") {
    for (unsigned seed = 0; seed < 50; ++seed) {
        const session source = test::random_session(seed);
        const session_diff same = diff(source, source);
        std::size_t different = 0;
        std::int64_t self_wall = 0;
        for (const diff_node& node : same.nodes) {
            different += node.wall_delta_ns() != 0 || node.cpu_delta_ns() != 0 ||
                                 node.calls_delta() != 0 ||
                                 node.before.self_wall_ns != node.after.self_wall_ns ||
                                 node.before.self_cpu_ns != node.after.self_cpu_ns
                             ? 1
                             : 0;
            self_wall += node.after.self_wall_ns;
        }
        CHECK(different == 0);
        std::int64_t wall = 0;
        for (const thread_tree& thread : source.threads)
            wall += thread.wall_ns;
        CHECK(same.nodes[0].after.wall_ns == wall);
        CHECK(self_wall == wall);
    }
}

TEST_CASE("diff: the other way round the signs change", "[diff]") {
    for (unsigned seed = 0; seed < 20; ++seed) {
        const session a = test::random_session(seed);
        const session b = test::random_session(seed + 1);
        const session_diff there = diff(a, b);
        const session_diff back = diff(b, a);
        REQUIRE(there.nodes.size() == back.nodes.size());
        CHECK(there.nodes[0].wall_delta_ns() == -back.nodes[0].wall_delta_ns());
        CHECK(there.nodes[0].cpu_delta_ns() == -back.nodes[0].cpu_delta_ns());
    }
}

TEST_CASE("diff: threads pair by name, places by the way to them", "[diff]") {
    scope_figures seven, nine;
    seven.calls = 7;
    nine.calls = 9;
    session_builder before, after;
    before.thread("main", "f|a.cpp:1|1\n  >s|a.cpp:2|2/1|0\n  old|a.cpp:3|4\n", {seven})
        .thread("worker", "f|a.cpp:1|8\n");
    after.thread("worker", "f|a.cpp:1|16\n")
        .thread("main", "f|a.cpp:9|32\n  >s|a.cpp:2|64|0\n  new|a.cpp:3|128/0\nf|b.cpp:1|256\n",
                {nine});
    const session_diff made = diff(*before, *after);
    auto nodes = by_path(made);
    CHECK(nodes.size() == 9);
    CHECK(nodes["all threads/main/f in b"].wall_delta_ns() == 256 * ms);
    CHECK(nodes["all threads"].before.wall_ns == 15 * ms);
    CHECK(nodes["all threads"].after.wall_ns == 496 * ms);
    CHECK(nodes["all threads/worker/f"].wall_delta_ns() == 8 * ms);
    const diff_node& s = nodes["all threads/main/f/s"];
    CHECK(s.before.calls == 7);
    CHECK(s.after.calls == 9);
    CHECK(s.calls_delta() == 2);
    CHECK(s.wall_delta_ns() == 62 * ms);
    CHECK(s.cpu_delta_ns() == 63 * ms);
    CHECK(nodes["all threads/main/f/old"].wall_delta_ns() == -4 * ms);
    CHECK(nodes["all threads/main/f/new"].before.wall_ns == 0);
    CHECK(nodes["all threads/main/f/new"].cpu_delta_ns() == 0);
}

TEST_CASE("diff: calls of an entry count once at a place", "[diff]") {
    scope_figures calls;
    calls.calls = 5;
    session_builder built;
    built.thread("w", "f|a.cpp:1|1\n  >s|a.cpp:2|1|0\nf|a.cpp:1|1\n  >s|a.cpp:2|1|0\n", {calls})
        .thread("w", "f|a.cpp:1|1\n  >s|a.cpp:2|1|0\n", {calls});
    CHECK(by_path(diff({}, *built))["all threads/w/f/s"].after.calls == 10);
}

TEST_CASE("diff: tells of the runs, without their trees", "[diff]") {
    const session source = test::full_session();
    const session_diff made = diff(source, {});
    CHECK(made.before.program == source.program);
    CHECK(made.before.figures.samples == source.figures.samples);
    CHECK(made.before.frames.empty());
    CHECK(made.before.threads.empty());
    CHECK(made.modules.size() == source.modules.size());
    for (const frame& f : made.frames)
        CHECK((f.module == no_index || f.module < made.modules.size()));
}

TEST_CASE("diff: an inconsistent session is refused", "[diff]") {
    session wrong = test::full_session();
    wrong.threads[0].nodes[1].frame = 99;
    CHECK_THROWS_WITH(diff(wrong, {}),
                      Catch::StartsWith("scopetree: the session before: threads[0].nodes.frame"));
    CHECK_THROWS_WITH(diff({}, wrong), Catch::StartsWith("scopetree: the session after: "));
}

TEST_CASE("diff: 100,000 levels", "[diff]") {
    const session source = test::deep_session(100'000);
    CHECK(diff(source, source).nodes.size() == 100'002);
}
