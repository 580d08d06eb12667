#include <scopetree/render/html.hpp>

#include "support/session_builder.hpp"
#include "support/view_drawing.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace scopetree;
using test::session_builder;

namespace {

std::string page_of(const session& source, const html_options& chosen = {}) {
    std::ostringstream stream;
    write_html(stream, source, chosen);
    return stream.str();
}

/// What stands between the first `begin` and the next `end`.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
    const std::size_t from = text.find(begin);
    REQUIRE(from != std::string::npos);
    const std::size_t to = text.find(end, from + begin.size());
    REQUIRE(to != std::string::npos);
    return text.substr(from + begin.size(), to - from - begin.size());
}

const std::string data_begin = "<script type=\"application/json\" id=\"data\">";

std::string data_text(const std::string& page) {
    return between(page, data_begin, "</script>");
}

boost::json::value data_of(const session& source, const html_options& chosen = {}) {
    return boost::json::parse(data_text(page_of(source, chosen)));
}

std::int64_t sum(const boost::json::value& column) {
    std::int64_t total = 0;
    for (const boost::json::value& number : column.as_array())
        total += number.as_int64();
    return total;
}

/// `parent frame-name wall` of every node of the first thread.
std::string drawn(const boost::json::value& data) {
    const auto& nodes = data.at("threads").as_array().at(0).at("nodes");
    const auto& names = data.at("frames").at("name").as_array();
    std::string text;
    for (std::size_t i = 1; i < nodes.at("parent").as_array().size(); ++i) {
        const auto frame = static_cast<std::size_t>(nodes.at("frame").as_array()[i].as_int64());
        const std::string name = frame == names.size()
                                     ? "-"
                                     : data.at("strings")
                                           .as_array()
                                           .at(static_cast<std::size_t>(names.at(frame).as_int64()))
                                           .as_string()
                                           .c_str();
        text += std::to_string(nodes.at("parent").as_array()[i].as_int64()) + " " + name + " " +
                std::to_string(nodes.at("wall").as_array()[i].as_int64() / 1'000'000) + "\n";
    }
    return text;
}

const char* const small_drawing = R"(
~_start||1
  main|main.cpp:1|2
    a|a.cpp:1|3
      b|b.cpp:1|50
    a|a.cpp:9|4
      c|c.cpp:1|60
      d|d.cpp:1|1
)";

} // namespace

TEST_CASE("html: the columns of a session", "[html]") {
    session_builder built;
    built.thread("main", small_drawing);
    const boost::json::value data = data_of(*built);
    CHECK(drawn(data) == "0 main 2\n1 a 7\n2 b 50\n2 c 60\n2 d 1\n");
    CHECK(sum(data.at("threads").at(0).at("nodes").at("wall")) == 121'000'000);
    CHECK(data.at("program").as_string() == "./program");
    html_options everything;
    everything.show_all = true;
    CHECK(drawn(data_of(*built, everything)).substr(0, 20) == "0 _start 1\n1 main 2\n");
}

TEST_CASE("html: scopes have their figures and the time of all their places", "[html]") {
    scope_figures calls;
    calls.calls = 7;
    scope_figures timed = calls;
    timed.timed = true;
    timed.times = {100, 1, 50, 10, 40};
    session_builder built;
    built.thread("main",
                 "a|a.cpp:1|0\n  >s|s.cpp:1|2|0\nb|b.cpp:1|0\n  >s|s.cpp:1|3|0\n    c|c.cpp:1|4\n"
                 ">>t|t.cpp:1|1|1\n",
                 {calls, timed});
    const boost::json::value scopes = data_of(*built).at("threads").at(0).at("scopes");
    CHECK(boost::json::serialize(scopes) ==
          R"({"calls":[7,7],"wall":[9000000,1000000],"cpu":[9000000,1000000],)"
          R"("timed":[0,[100,1,50,10,40]]})");
}

TEST_CASE("html: hostile names stay text", "[html]") {
    const std::string names[] = {"</script><script>alert(1)</script>",
                                 "<!--<script>",
                                 "\"'`\\",
                                 "__proto__",
                                 "\x01\x1b[2J\x7f",
                                 "\xe2\x80\xae\xe2\x80\xa8\xe2\x80\xa9",
                                 "\xff\xc3(\xed\xa0\x80"};
    session_builder built;
    built.thread("</script>", "main|main.cpp:1|1\n");
    built->program = "&<\xff>";
    built->version = built->notes.emplace_back("<b>");
    for (const std::string& name : names) {
        frame f;
        f.name = f.full_name = f.file = name;
        call_node node;
        node.parent = 0;
        node.frame = static_cast<std::uint32_t>(built->frames.size());
        built->frames.push_back(f);
        built->threads[0].nodes.push_back(node);
    }
    const std::string page = page_of(*built);
    const std::string text = data_text(page);
    CHECK(text.find_first_of("<>&") == std::string::npos);
    CHECK(text.find("\xe2\x80\xa8") == std::string::npos);
    CHECK(detail::valid_utf8(page) == page);
    const boost::json::value data = boost::json::parse(text);
    CHECK(data.at("program").as_string() == "&<\uFFFD>");
    const boost::json::array& strings = data.at("strings").as_array();
    const auto has = [&](const char* name) {
        return std::find(strings.begin(), strings.end(), boost::json::value(name)) != strings.end();
    };
    CHECK(has("</script><script>alert(1)</script>"));
    CHECK(has("<!--<script>"));
    CHECK(has("\"'`\\"));
    CHECK(has("__proto__"));
    CHECK(has("\uFFFD\uFFFD[2J\uFFFD"));
    CHECK(has("\uFFFD\uFFFD\uFFFD"));
    // The page's own script and style are the only ones.
    const std::string behind = page.substr(page.find("</script>") + 9);
    CHECK(behind.find("<script>") == behind.rfind("<script"));
}

TEST_CASE("html: the policy names the script and the style, and allows nothing else", "[html]") {
    const std::string page = page_of(session());
    const std::string script = between(page, "<script>", "</script>");
    const std::string style = between(page, "<style>", "</style>");
    CHECK(between(page, "Content-Security-Policy\" content=\"", "\"") ==
          "default-src 'none'; script-src '" + detail::csp_hash(script) + "'; style-src '" +
              detail::csp_hash(style) + "'; img-src data:; base-uri 'none'; form-action 'none'");
    CHECK(page.find("http:") == std::string::npos);
    CHECK(script.find("innerHTML") == std::string::npos);
}

// The examples that FIPS 180-4's publisher gives, in base64.
TEST_CASE("html: hashes", "[html]") {
    CHECK(detail::csp_hash("abc") == "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    CHECK(detail::csp_hash("") == "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    CHECK(detail::csp_hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "sha256-JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE=");
    CHECK(detail::csp_hash(std::string(1'000'000, 'a')) ==
          "sha256-zcduXJkU+5KBocfihNc+Z/GAmkiklyAOBG05zMcRLNA=");
}

TEST_CASE("html: the page is small, and so are its pieces", "[html]") {
    const std::string page = page_of(session());
    CHECK(page.size() - data_text(page).size() <= 64 * 1024);
    const std::filesystem::path folder =
        std::filesystem::path(SCOPETREE_SOURCE_DIR) / "include/scopetree/render/html";
    std::size_t pieces = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".hpp")
            continue;
        ++pieces;
        INFO(entry.path());
        CHECK(entry.file_size() <= 12 * 1024);
    }
    CHECK(pieces == 16);
    CHECK(between(page, "<script>", "</script>").find('`') == std::string::npos); // see squeeze
}

TEST_CASE("html: squeezing keeps what says something", "[html]") {
    CHECK(detail::squeeze("// why\nconst a = b + +c; // so\n  return a - -1;\n", true) ==
          "const a=b+ +c;return a- -1;");
    CHECK(detail::squeeze("f(\"a  +  'b' // c\", 'it\\'s { } ; ');\n", true) ==
          "f(\"a  +  'b' // c\",'it\\'s { } ; ');");
    CHECK(detail::squeeze("if (x) {\n  y();\n}\nelse\n  z();\n", true) == "if(x){y()}else z();");
    CHECK(detail::unquote_attributes("<a id=\"x-1\" class=\"b c\" d=\"\">e \"f\"</a>") ==
          "<a id=x-1 class=\"b c\" d=\"\">e \"f\"</a>");
    CHECK(detail::squeeze("/* a */\n.a .b, i { c: d e; }\n[x] > p:has(.q) { f: g(h, 1) }\n",
                          false) == ".a .b,i{c:d e}[x] > p:has(.q){f:g(h,1)}");
}

TEST_CASE("html: thinning out keeps the sums and the heaviest", "[html]") {
    session_builder built;
    built.thread("main", small_drawing).thread("other", "x|x.cpp:1|5\n  y|y.cpp:1|500\n");
    html_options chosen;
    chosen.most_nodes = 9; // of 6 + 3 nodes: all
    CHECK(drawn(data_of(*built, chosen)) == drawn(data_of(*built)));
    chosen.most_nodes = 8;
    const boost::json::value data = data_of(*built, chosen);
    CHECK(drawn(data) == "0 main 2\n1 a 7\n2 - 51\n2 c 60\n");
    CHECK(data.at("notes").at(0).as_string() ==
          "Thinned out: this page leaves out the 2 nodes with the least time; their time stands as "
          "[thinned out].");
    for (std::size_t most = 0; most < 10; ++most) {
        chosen.most_nodes = most;
        const boost::json::value thinned = data_of(*built, chosen);
        CHECK(sum(thinned.at("threads").at(0).at("nodes").at("wall")) == 121'000'000);
        CHECK(sum(thinned.at("threads").at(1).at("nodes").at("cpu")) == 505'000'000);
        const std::size_t nodes =
            thinned.at("threads").at(0).at("nodes").at("wall").as_array().size() +
            thinned.at("threads").at(1).at("nodes").at("wall").as_array().size();
        CHECK(nodes <= std::max<std::size_t>(most, 4)); // the threads, and what went below them
    }
}

TEST_CASE("html: a timeline follows its nodes when they are merged and thinned out", "[html]") {
    session_builder built;
    built.thread("main", small_drawing);
    // Nodes of the thread: 1 _start, 2 main, 3 a, 4 b, 5 a again, 6 c, 7 d.
    built->threads[0].timeline = {{1, 0, 5},  {2, 5, 5},  {3, 10, 5}, {5, 15, 5},
                                  {4, 30, 5}, {7, 35, 5}, {6, 40, 5}};
    const auto timeline = [&](const html_options& chosen) {
        return boost::json::serialize(data_of(*built, chosen).at("threads").at(0).at("timeline"));
    };
    CHECK(timeline({}) == R"({"node":[0,1,2,3,5,4],"start":[0,5,10,30,35,40],)"
                          R"("duration":[5,5,10,5,5,5]})");
    html_options chosen;
    chosen.most_nodes = 5; // b and d go
    CHECK(timeline(chosen) == R"({"node":[0,1,2,3,4],"start":[0,5,10,30,40],)"
                              R"("duration":[5,5,10,10,5]})");
}

TEST_CASE("html: a long timeline is sampled without favour", "[html]") {
    std::vector<timeline_run> runs;
    std::int64_t at = 100;
    for (std::uint32_t i = 0; i < 100'000; ++i) { // a third of the time in 0, two thirds in 1
        const std::int64_t duration = i % 2 == 0 ? 10 : 20;
        runs.push_back({i % 2, at, duration});
        at += duration;
    }
    const std::vector<timeline_run> thinned = detail::thin_out(runs, 1'009);
    CHECK(thinned.size() <= 1'009);
    std::int64_t total = 0;
    double first = 0;
    for (const timeline_run& run : thinned) {
        total += run.duration_ns;
        first += run.node == 0 ? static_cast<double>(run.duration_ns) : 0;
    }
    CHECK(total == at - 100);
    CHECK(first / static_cast<double>(total) == Approx(1.0 / 3).margin(0.05));
    CHECK(detail::thin_out(runs, runs.size()).size() == runs.size());
}

TEST_CASE("html: every kind of session", "[html]") {
    CHECK(data_of(session()).at("threads").as_array().empty());
    session_builder built;
    built.thread("main", "");
    CHECK(drawn(data_of(*built)).empty());
    built->threads[0].nodes.clear();
    CHECK(data_of(*built).at("threads").at(0).at("nodes").at("parent").as_array().size() == 1);
    const session deep = test::deep_session(100'000);
    CHECK(sum(data_of(deep).at("threads").at(0).at("nodes").at("wall")) == 1'000'000'000);
    session wrong = test::deep_session(3);
    wrong.threads[0].nodes[2].frame = 99;
    CHECK_THROWS_AS(page_of(wrong), std::invalid_argument);
}

TEST_CASE("html: options choose what the page shows first", "[html]") {
    html_options chosen;
    chosen.clock = report_clock::cpu;
    chosen.threads = thread_display::merged;
    chosen.filter_threshold = 0.05;
    chosen.timeline = true;
    CHECK(boost::json::serialize(data_of(session(), chosen).at("initial")) ==
          R"({"clock":"cpu","threads":"merged","threshold":5E-2,"fold":true,"order":"time"})");
}
