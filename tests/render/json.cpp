#include <scopetree/render/json.hpp>

#include "support/report_sessions.hpp"
#include "support/view_drawing.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>

using namespace scopetree;
namespace json = boost::json;

namespace {

std::string written(const session& source, const tree_options& chosen = {}) {
    std::ostringstream stream;
    write_json(stream, source, chosen);
    return stream.str();
}

json::value read(const session& source, const tree_options& chosen = {}) {
    json::parse_options deep;
    deep.max_depth = 10'000;
    return json::parse(written(source, chosen), {}, deep);
}

std::string name_of(const json::value& node) {
    return json::value_to<std::string>(node.at("name"));
}

std::int64_t integer_of(const json::object& node, const char* name) {
    const json::value* const value = node.if_contains(name);
    return value == nullptr ? 0 : value->as_int64();
}

/// The first node of that name, in the tree's order.
json::object find(const json::value& tree, const std::string& name) {
    std::vector<const json::value*> pending{&tree};
    while (!pending.empty()) {
        const json::value* const node = pending.back();
        pending.pop_back();
        if (name_of(*node) == name)
            return node->as_object();
        const json::array& children = node->at("children").as_array();
        for (std::size_t i = children.size(); i-- > 0;)
            pending.push_back(&children[i]);
    }
    throw std::runtime_error("no node " + name);
}

struct tree_sums {
    std::size_t nodes = 0;
    std::size_t wrong = 0;      ///< nodes whose parts do not make their time
    std::int64_t explained = 0; ///< self and left-out times of all
};

tree_sums add_up(const json::value& tree, const std::string& prefix = "") {
    tree_sums sums;
    std::vector<const json::value*> pending{&tree};
    while (!pending.empty()) {
        const json::object& node = pending.back()->as_object();
        pending.pop_back();
        ++sums.nodes;
        const std::int64_t time = node.at(prefix + "time_ns").as_int64();
        const std::int64_t own = integer_of(node, (prefix + "self_ns").c_str()) +
                                 integer_of(node, (prefix + "left_out_ns").c_str());
        std::int64_t sum = own;
        for (const json::value& child : node.at("children").as_array()) {
            sum += child.at(prefix + "time_ns").as_int64();
            pending.push_back(&child);
        }
        sums.wrong += sum != time ? 1 : 0;
        sums.explained += own;
    }
    return sums;
}

} // namespace

TEST_CASE("json: a whole report", "[json]") {
    scope_figures calls;
    calls.calls = 1'204'331;
    test::session_builder built;
    built.thread("main", R"(
~_start||0
  main|/src/main.cpp:10|10/9
    >parse|/src/parse.cpp:7|605/400|0
    ~tiny||2
    ~memcpy|string/memcpy.S:3|383/0
)",
                 {calls});
    built->source_root = "/src";
    built->recorded_unix_ns = 1'748'786'602'000'000'000;
    built->figures = {5, 1, 2, 3, 4, 6, 7, 8, 9};
    built->notes = {"first", "second"};
    CHECK(
        written(*built) ==
        R"({"format":"scopetree-report","version":1,"scopetree":"0.1.0","program":"./program","pid":100,)"
        R"("source_root":"/src","recorded_unix_ns":1748786602000000000,"duration_ns":1000000000,)"
        R"("cpu_ns":411000000,"interval_ns":1000000,"clock":"wall",
"figures":{"samples":5,"dropped":1,"truncated":2,"unwinding":3,"ticks":4,"thinned_ticks":6,)"
        R"("signals":7,"handler_ns":8,"sampler_cpu_ns":9},
"notes":["first","second"],
"threads":[
{"name":"main","tids":[100],"wall_ns":1000000000,"cpu_ns":411000000,"tree":
{"name":"main","kind":"function","full_name":"main","file":"/src/main.cpp","line":10,)"
        R"("time_ns":1000000000,"self_ns":10000000,"left_out_ns":2000000,"share":1.000000,"children":[
{"name":"parse","kind":"scope","full_name":"parse","file":"/src/parse.cpp","line":7,)"
        R"("time_ns":605000000,"self_ns":605000000,"share":0.605000,"calls":1204331,"children":[]},
{"name":"memcpy","kind":"function","full_name":"memcpy","file":"string/memcpy.S","line":3,"library":true,)"
        R"("time_ns":383000000,"self_ns":383000000,"share":0.383000,"children":[]}]}}
]}
)");
}

TEST_CASE("json: the parts of a node make its time", "[json]") {
    for (const test::named_session& each : test::report_sessions()) {
        for (const bool show_all : {false, true}) {
            for (const report_clock clock :
                 {report_clock::wall, report_clock::cpu, report_clock::both}) {
                INFO(each.name << (show_all ? ", show all" : ""));
                tree_options chosen;
                chosen.show_all = show_all;
                chosen.clock = clock;
                const json::value report = read(each.source, chosen);
                REQUIRE(report.at("threads").as_array().size() == each.source.threads.size());
                for (const json::value& thread : report.at("threads").as_array()) {
                    const tree_sums sums = add_up(thread.at("tree"));
                    CHECK(sums.wrong == 0);
                    CHECK(sums.explained ==
                          thread.at(clock == report_clock::cpu ? "cpu_ns" : "wall_ns").as_int64());
                    if (clock != report_clock::both)
                        continue;
                    const tree_sums second = add_up(thread.at("tree"), "cpu_");
                    CHECK(second.wrong == 0);
                    CHECK(second.explained == thread.at("cpu_ns").as_int64());
                }
            }
        }
    }
}

TEST_CASE("json: exact figures of scopes", "[json]") {
    const session source = test::service_session();
    const json::value report = read(source);
    const json::value& tree = report.at("threads").at(0).at("tree");
    CHECK(find(tree, "request").at("calls") == 42);
    CHECK(find(tree, "request").if_contains("timed") == nullptr);
    const json::object reply = find(tree, "reply");
    CHECK(reply.at("kind") == "timed_scope");
    CHECK(reply.at("calls") == 40);
    CHECK(
        reply.at("timed") ==
        json::parse(R"({"total_ns":370000000,"min_ns":1000,"p99_ns":80000000,"max_ns":90000000})"));
    CHECK(find(tree, "parse").if_contains("calls") == nullptr);
    CHECK(find(tree, "serve").at("full_name") == "app::serve(std::basic_string<char> const&)");
    CHECK(find(report.at("threads").at(1).at("tree"), "[unwinding]").at("kind") == "marker");
}

TEST_CASE("json: merged timed scopes know but a bound", "[json]") {
    const scope_figures timed{2, true, {30, 10, 20, 10, 20}};
    test::session_builder built;
    built.thread("a", ">>s|w.cpp:1|30|0\n", {timed}).thread("b", ">>s|w.cpp:1|50|0\n", {timed});
    tree_options chosen;
    chosen.threads = thread_display::merged;
    const json::value report = read(*built, chosen);
    REQUIRE(report.at("threads").as_array().size() == 1);
    CHECK(report.at("threads").at(0).at("name") == "all threads");
    CHECK(report.at("threads").at(0).at("tids") == json::parse("[100,101]"));
    const json::object scope = find(report.at("threads").at(0).at("tree"), "s");
    CHECK(scope.at("calls") == 4);
    CHECK(scope.at("timed") ==
          json::parse(R"({"total_ns":60,"min_ns":10,"p99_at_most_ns":20,"max_ns":20})"));
}

TEST_CASE("json: the tree is the one that text shows", "[json]") {
    test::session_builder built;
    built.thread("main", R"(
main|main.cpp:10|10
  a|app.cpp:3|100
    ~lib1|foo/x.h:7|0
      ~lib2|foo/y.h:1|20
        ~lib3|bar/z.h:1|0
          ~lib4|bar/w.h:2|0
            cb|app.cpp:50|300
  tiny|app.cpp:9|1
run|w.cpp:1|500
)");
    const json::value hidden = read(*built);
    const json::value& tree = hidden.at("threads").at(0).at("tree");
    CHECK(tree.at("kind") == "thread");
    CHECK(name_of(tree) == "main");
    CHECK(tree.as_object().if_contains("full_name") == nullptr);
    CHECK(find(tree, "lib1").if_contains("hidden") == nullptr);
    CHECK(find(tree, "lib2").at("hidden") == true);
    CHECK(find(tree, "lib3").at("hidden") == true);
    CHECK(find(tree, "lib4").if_contains("hidden") == nullptr);
    CHECK_THROWS(find(tree, "tiny"));
    CHECK_THROWS(find(tree, "[self]"));
    tree_options chosen;
    chosen.show = {"foo/*", "bar/*"};
    CHECK(find(read(*built, chosen).at("threads").at(0).at("tree"), "lib2").if_contains("hidden") ==
          nullptr);
    chosen.filter_threshold = 0.0001;
    CHECK_NOTHROW(find(read(*built, chosen).at("threads").at(0).at("tree"), "tiny"));
}

TEST_CASE("json: a thread that did not run has no CPU tree", "[json]") {
    test::session_builder built;
    built.thread("idle", "wait|w.cpp:1|500/0\n");
    tree_options chosen;
    chosen.clock = report_clock::cpu;
    const json::value report = read(*built, chosen);
    CHECK(report.at("clock") == "cpu");
    CHECK(report.at("threads").at(0).at("tree").at("children").as_array().empty());
}

TEST_CASE("json: hostile names arrive as they are, but for what is not UTF-8", "[json]") {
    const session source = test::hostile_session();
    tree_options chosen;
    chosen.show_all = true;
    const json::value report = read(source, chosen);
    CHECK(json::value_to<std::string>(report.at("program")) == detail::valid_utf8(source.program));
    for (std::size_t i = 1; i < source.frames.size(); ++i) {
        const std::string name = detail::valid_utf8(source.frames[i].name);
        const json::object node = find(report.at("threads").at(0).at("tree"), name);
        CHECK(json::value_to<std::string>(node.at("file")) == name + "!");
    }
}

TEST_CASE("json: nothing was recorded", "[json]") {
    CHECK(read(session()).at("threads").as_array().empty());
    session source = test::idle_session();
    CHECK(read(source).at("threads").at(0).at("tree").at("time_ns") == 0);
    source.threads[0].nodes.clear();
    CHECK(read(source).at("threads").at(0).at("tree").is_null());
    const json::value scopes = read(test::only_scopes_session());
    CHECK(find(scopes.at("threads").at(0).at("tree"), "parse").at("calls") == 3);
}

TEST_CASE("json: 100,000 levels, and a million nodes", "[json]") {
    tree_options chosen;
    chosen.show_all = true;
    const std::string deep = written(test::deep_session(100'000), chosen);
    CHECK(std::count(deep.begin(), deep.end(), '[') == std::count(deep.begin(), deep.end(), ']'));
    CHECK(std::count(deep.begin(), deep.end(), '{') > 100'000);
    session source = test::deep_session(1'000'000, 300);
    for (std::size_t i = 1; i < source.threads[0].nodes.size(); ++i) {
        source.threads[0].nodes[i].parent = static_cast<std::uint32_t>((i - 1) / 10);
        source.threads[0].nodes[i].wall_ns = 1;
    }
    CHECK(add_up(read(source, chosen).at("threads").at(0).at("tree")).explained == 1'000'000);
}

TEST_CASE("json: a timeline", "[json]") {
    test::session_builder built;
    built.thread("T", "main|m.cpp:1|0\n  a|a.cpp:1|60\n  b|a.cpp:2|50\n")
        .timeline("a 30, b 50, a 30")
        .thread("U", "main|m.cpp:1|5\n");
    tree_options chosen;
    chosen.timeline = true;
    const json::value report = read(*built, chosen);
    const json::value& tree = report.at("threads").at(0).at("tree");
    std::string names;
    for (const json::value& child : tree.at("children").as_array())
        names += name_of(child) + " ";
    CHECK(names == "a b a ");
    CHECK(add_up(tree).wrong == 0);
    CHECK(add_up(tree).explained == 110'000'000);
    CHECK(report.at("threads").at(1).at("tree").is_null());
}

TEST_CASE("json: what cannot be shown is refused", "[json]") {
    session source = test::one_sample_session();
    tree_options chosen;
    chosen.timeline = true;
    CHECK_THROWS_WITH(written(source, chosen), Catch::Contains("no timeline"));
    source.threads[0].nodes[1].frame = 99;
    CHECK_THROWS_AS(written(source), std::invalid_argument);
}
