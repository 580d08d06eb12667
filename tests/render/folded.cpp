#include <scopetree/render/folded.hpp>

#include "support/function_totals.hpp"
#include "support/report_sessions.hpp"
#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace scopetree;
using detail::folded_name;

namespace {

std::string folded(const session& source, const folded_options& chosen = {}) {
    std::ostringstream stream;
    write_folded(stream, source, chosen);
    return stream.str();
}

/// As the readers do it: the number is behind the last blank. Without the threads' names, but where
/// there is nothing else.
test::function_times read_folded(const std::string& text) {
    test::function_times times;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t blank = line.rfind(' ');
        std::vector<std::string> names;
        std::istringstream stack(line.substr(0, blank));
        for (std::string name; std::getline(stack, name, ';');)
            names.push_back(name);
        if (names.size() > 1)
            names.erase(names.begin());
        test::add_stack(times, names, std::stoll(line.substr(blank + 1)));
    }
    return times;
}

} // namespace

TEST_CASE("folded: lines", "[folded]") {
    test::session_builder built;
    built.thread("main", "main|m.cpp:1|1/0\n  a|a.cpp:1|2/3\n    b|b.cpp:1|7\n  c|c.cpp:1|0\n")
        .thread("", "run|w.cpp:1|4/0\n");
    built->threads[0].nodes[0].wall_ns = 5;
    CHECK(folded(*built) == "main;main;a;b 7000000\n"
                            "main;main;a 2000000\n"
                            "main;main 1000000\n"
                            "main 5\n"
                            "thread_101;run 4000000\n");
    folded_options cpu;
    cpu.clock = report_clock::cpu;
    CHECK(folded(*built, cpu) == "main;main;a;b 7000000\nmain;main;a 3000000\n");
    folded_options both;
    both.clock = report_clock::both;
    CHECK(folded(*built, both) == folded(*built));
}

TEST_CASE("folded: names that could be taken for something else", "[folded]") {
    const std::string mark = "\xef\xbf\xbd";
    CHECK(folded_name("std::pair<int, int> f()") == "std::pair<int, int> f()");
    CHECK(folded_name("a;b") == "a:b");
    CHECK(folded_name("c\r\nd\t\x1b") == "c" + mark + mark + "d" + mark + mark);
    CHECK(folded_name("\xff") == mark);
    CHECK(folded_name("") == "[unnamed]");
    CHECK(folded_name("phase 2") == "phase_2");
    CHECK(folded_name("at 1.5") == "at_1.5");
    CHECK(folded_name("2 phases") == "2 phases");
    CHECK(folded_name("phase ") == "phase_");
    CHECK(folded_name("größe 木") == "größe 木");
}

TEST_CASE("folded: a line is a line, whatever the names", "[folded]") {
    const session source = test::hostile_session();
    const std::string text = folded(source);
    std::size_t places = 0;
    for (const call_node& node : source.threads[0].nodes)
        places += node.wall_ns > 0 ? 1 : 0;
    CHECK(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) == places);
    CHECK(std::none_of(text.begin(), text.end(),
                       [](char c) { return c >= 0 && c < ' ' && c != '\n'; }));
}

TEST_CASE("folded: functions have the session's times when read again", "[folded]") {
    for (const test::named_session& each : test::report_sessions()) {
        INFO(each.name);
        if (each.name == "hostile")
            continue; // its names change
        for (const report_clock clock : {report_clock::wall, report_clock::cpu}) {
            folded_options chosen;
            chosen.clock = clock;
            CHECK(read_folded(folded(each.source, chosen)) == test::times_of(each.source, clock));
        }
    }
}

TEST_CASE("folded: nothing to write", "[folded]") {
    CHECK(folded(session()).empty());
    CHECK(folded(test::idle_session()).empty());
    CHECK(folded(test::only_scopes_session()).empty());
}

TEST_CASE("folded: 100,000 levels, and a million nodes", "[folded]") {
    const std::string deep = folded(test::deep_session(100'000));
    CHECK(std::count(deep.begin(), deep.end(), ';') == 100'000);
    session source = test::deep_session(1'000'000);
    for (std::size_t i = 1; i < source.threads[0].nodes.size(); ++i) {
        source.threads[0].nodes[i].parent = static_cast<std::uint32_t>((i - 1) / 10);
        source.threads[0].nodes[i].wall_ns = 1;
    }
    const std::string broad = folded(source);
    CHECK(std::count(broad.begin(), broad.end(), '\n') == 1'000'000);
}

TEST_CASE("folded: what is inconsistent is refused", "[folded]") {
    session source = test::one_sample_session();
    source.threads[0].nodes[1].frame = 99;
    CHECK_THROWS_AS(folded(source), std::invalid_argument);
}
