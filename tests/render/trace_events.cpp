#include <scopetree/render/trace_events.hpp>

#include "support/function_totals.hpp"
#include "support/report_sessions.hpp"
#include "support/view_drawing.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <sstream>

using namespace scopetree;
namespace json = boost::json;

namespace {

std::string trace_events(const session& source, report_clock clock = report_clock::wall) {
    trace_events_options chosen;
    chosen.clock = clock;
    std::ostringstream stream;
    write_trace_events(stream, source, chosen);
    return stream.str();
}

struct row {
    std::string name;
    struct event {
        std::string name;
        std::int64_t start;
        std::int64_t end;
    };
    std::vector<event> events;
};

/// Decimals of microseconds make whole nanoseconds.
std::int64_t nanoseconds(const json::value& microseconds) {
    const double ns = microseconds.to_number<double>() * 1000;
    const std::int64_t whole = std::llround(ns);
    CHECK(ns == Approx(static_cast<double>(whole)).epsilon(1e-9).margin(1e-3));
    return whole;
}

std::map<std::int64_t, row> read_rows(const std::string& text) {
    std::map<std::int64_t, row> rows;
    const json::value file = json::parse(text);
    for (const json::value& event : file.at("traceEvents").as_array()) {
        const std::string name = json::value_to<std::string>(event.at("name"));
        row& of_thread = rows[event.at("tid").as_int64()];
        if (event.at("ph").as_string() == "X") {
            CHECK_FALSE(event.as_object().contains("args"));
            const std::int64_t start = nanoseconds(event.at("ts"));
            of_thread.events.push_back({name, start, start + nanoseconds(event.at("dur"))});
        } else if (name == "thread_name") {
            CHECK(of_thread.name.empty());
            of_thread.name = json::value_to<std::string>(event.at("args").at("name"));
        }
    }
    return rows;
}

/// Adds up a row as a viewer stacks it: what begins while another lasts lies in it.
void add_row(test::function_times& times, const row& row) {
    std::vector<row::event> open;
    std::vector<std::string> names;
    std::int64_t now = 0;
    const auto advance = [&](std::int64_t to) {
        while (!open.empty() && open.back().end <= to) {
            if (open.back().end != now)
                test::add_stack(times, names, open.back().end - now);
            now = open.back().end;
            open.pop_back();
            names.pop_back();
        }
        if (to != now)
            test::add_stack(times, names, to - now);
        now = to;
    };
    for (const row::event& event : row.events) {
        REQUIRE(event.start >= now);
        REQUIRE(event.end > event.start);
        advance(event.start);
        if (!open.empty())
            REQUIRE(event.end <= open.back().end);
        open.push_back(event);
        names.push_back(event.name);
    }
    while (!open.empty())
        advance(open.back().end);
}

} // namespace

TEST_CASE("trace events: a whole file", "[trace_events]") {
    test::session_builder built;
    built.thread("main", "main|m.cpp:1|1/0\n  a|a.cpp:1|2/0\n  >s|s.cpp:1|3/1|0\n", {{}})
        .thread("worker", "run|w.cpp:1|4\n");
    built->threads[0].nodes[1].wall_ns = 1'000'001;
    built->threads[1].nodes[0].wall_ns = 5;
    CHECK(trace_events(*built) ==
          R"({"otherData":{"program":"./program","version":"scopetree 0.1.0"},
"traceEvents":[
{"ph":"M","pid":100,"tid":0,"name":"process_name","args":{"name":"./program"}},
{"ph":"M","pid":100,"tid":100,"name":"thread_name","args":{"name":"main"}},
{"ph":"M","pid":100,"tid":100,"name":"thread_sort_index","args":{"sort_index":0}},
{"ph":"X","pid":100,"tid":100,"ts":0.000,"dur":6000.001,"cat":"function","name":"main"},
{"ph":"X","pid":100,"tid":100,"ts":0.000,"dur":3000.000,"cat":"scope","name":"s"},
{"ph":"X","pid":100,"tid":100,"ts":3000.000,"dur":2000.000,"cat":"function","name":"a"},
{"ph":"M","pid":100,"tid":101,"name":"thread_name","args":{"name":"worker"}},
{"ph":"M","pid":100,"tid":101,"name":"thread_sort_index","args":{"sort_index":1}},
{"ph":"X","pid":100,"tid":101,"ts":0.000,"dur":4000.000,"cat":"function","name":"run"},
{"ph":"X","pid":100,"tid":101,"ts":4000.000,"dur":0.005,"cat":"marker","name":"worker"}
]}
)");
}

TEST_CASE("trace events: in time where there is a timeline", "[trace_events]") {
    test::session_builder built;
    built.thread("main", "a|a.cpp:1|1\n  b|b.cpp:2|3\n").thread("other", "c|c.cpp:1|2\n");
    built->threads[0].timeline = {{2, 10, 5}, {1, 15, 5}, {2, 30, 5}};
    const std::map<std::int64_t, row> rows = read_rows(trace_events(*built));
    std::string text;
    for (const row::event& event : rows.at(100).events)
        text +=
            event.name + " " + std::to_string(event.start) + "-" + std::to_string(event.end) + " ";
    CHECK(text == "a 10-20 b 10-15 a 30-35 b 30-35 ");
    CHECK(rows.at(101).events.size() == 1);
    CHECK(read_rows(trace_events(*built, report_clock::cpu)).at(100).events.size() == 2);
}

TEST_CASE("trace events: nested, with the session's times when read again", "[trace_events]") {
    for (const test::named_session& each : test::report_sessions()) {
        INFO(each.name);
        for (const report_clock clock : {report_clock::wall, report_clock::cpu}) {
            test::function_times expected;
            for (const auto& [name, time] : test::times_of(each.source, clock))
                expected[detail::valid_utf8(name)] = time;
            test::function_times times;
            for (const auto& [tid, row] : read_rows(trace_events(each.source, clock)))
                add_row(times, row);
            CHECK(times == expected);
        }
    }
}

TEST_CASE("trace events: threads of one number have rows of their own", "[trace_events]") {
    session source = test::service_session();
    source.threads[1].tid = source.threads[0].tid;
    const std::map<std::int64_t, row> rows = read_rows(trace_events(source));
    CHECK(rows.at(100).name == "main");
    CHECK(rows.at(101).name == "worker");
}

TEST_CASE("trace events: 100,000 levels, and a million nodes", "[trace_events]") {
    test::function_times times;
    add_row(times, read_rows(trace_events(test::deep_session(1'000))).at(100));
    CHECK(times.at("function_0").total == 1'000'000'000);
    const std::string deep = trace_events(test::deep_session(100'000));
    CHECK(std::count(deep.begin(), deep.end(), 'X') == 100'000);
    session source = test::deep_session(1'000'000, 300);
    for (std::size_t i = 1; i < source.threads[0].nodes.size(); ++i) {
        source.threads[0].nodes[i].parent = static_cast<std::uint32_t>((i - 1) / 10);
        source.threads[0].nodes[i].wall_ns = 1;
    }
    const std::string broad = trace_events(source);
    CHECK(std::count(broad.begin(), broad.end(), 'X') == 1'000'000);
}

TEST_CASE("trace events: what is inconsistent is refused", "[trace_events]") {
    session source = test::one_sample_session();
    source.threads[0].nodes[1].frame = 99;
    CHECK_THROWS_AS(trace_events(source), std::invalid_argument);
}
