#include <scopetree/render/speedscope.hpp>

#include "support/function_totals.hpp"
#include "support/report_sessions.hpp"
#include "support/view_drawing.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include <catch2/catch.hpp>

#include <sstream>

using namespace scopetree;
namespace json = boost::json;

namespace {

std::string speedscope(const session& source, const speedscope_options& chosen = {}) {
    std::ostringstream stream;
    write_speedscope(stream, source, chosen);
    return stream.str();
}

speedscope_options with_clock(report_clock clock) {
    speedscope_options chosen;
    chosen.clock = clock;
    return chosen;
}

speedscope_options in_time() {
    speedscope_options chosen;
    chosen.timeline = true;
    return chosen;
}

std::string text_of(const json::value& value) {
    return json::value_to<std::string>(value);
}

void add_sampled(test::function_times& times, const json::array& frames,
                 const json::object& profile) {
    const json::array& samples = profile.at("samples").as_array();
    const json::array& weights = profile.at("weights").as_array();
    REQUIRE(samples.size() == weights.size());
    std::int64_t total = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        std::vector<std::string> names;
        for (const json::value& frame : samples[i].as_array())
            names.push_back(text_of(frames.at(frame.to_number<std::size_t>()).at("name")));
        test::add_stack(times, names, weights[i].as_int64());
        total += weights[i].as_int64();
    }
    CHECK(profile.at("endValue").as_int64() == total);
}

void add_evented(test::function_times& times, const json::array& frames,
                 const json::object& profile) {
    std::vector<std::size_t> open;
    std::vector<std::string> names;
    std::int64_t now = 0;
    for (const json::value& event : profile.at("events").as_array()) {
        const auto frame = event.at("frame").to_number<std::size_t>();
        const std::int64_t at = event.at("at").as_int64();
        REQUIRE(at >= now);
        if (at != now)
            test::add_stack(times, names, at - now);
        now = at;
        if (event.at("type").as_string() == "O") {
            open.push_back(frame);
            names.push_back(text_of(frames.at(frame).at("name")));
        } else {
            REQUIRE(!open.empty());
            REQUIRE(open.back() == frame);
            open.pop_back();
            names.pop_back();
        }
    }
    CHECK(open.empty());
    CHECK(profile.at("endValue").as_int64() >= now);
}

test::function_times read_speedscope(const std::string& text) {
    const json::value file = json::parse(text);
    const json::array& frames = file.at("shared").at("frames").as_array();
    test::function_times times;
    for (const json::value& each : file.at("profiles").as_array()) {
        const json::object& profile = each.as_object();
        CHECK(text_of(profile.at("unit")) == "nanoseconds");
        if (profile.at("type").as_string() == "evented")
            add_evented(times, frames, profile);
        else
            add_sampled(times, frames, profile);
    }
    return times;
}

} // namespace

TEST_CASE("speedscope: a whole file", "[speedscope]") {
    test::session_builder built;
    built.thread("worker", "run|w.cpp:1|4/7\n  run|w.cpp:9|1/0\n")
        .thread("main", "main|m.cpp:1|1/9\n  ~a||2/9\n  b|b.cpp:2|3/9\n");
    built->pid = 101;
    CHECK(
        speedscope(*built) ==
        R"({"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"scopetree 0.1.0",)"
        R"("name":"./program","activeProfileIndex":0,
"shared":{"frames":[
{"name":"worker"},
{"name":"run","file":"w.cpp","line":1},
{"name":"main"},
{"name":"main","file":"m.cpp","line":1},
{"name":"a"},
{"name":"b","file":"b.cpp","line":2}
]},
"profiles":[
{"type":"sampled","name":"main","unit":"nanoseconds","startValue":0,"endValue":6000000,
"samples":[[3,5],[3,4],[3]],
"weights":[3000000,2000000,1000000]},
{"type":"sampled","name":"worker","unit":"nanoseconds","startValue":0,"endValue":5000000,
"samples":[[1,1],[1]],
"weights":[1000000,4000000]}
]}
)");
    CHECK(speedscope(*built, with_clock(report_clock::cpu)).find(R"("weights":[7000000])") !=
          std::string::npos);
    CHECK(speedscope(*built, with_clock(report_clock::both)) == speedscope(*built));
}

TEST_CASE("speedscope: events of a timeline", "[speedscope]") {
    test::session_builder built;
    built.thread("main", "a|a.cpp:1|1\n  b|b.cpp:2|3\n").thread("idle", "c|c.cpp:1|2\n");
    built->threads[0].timeline = {{2, 10, 5}, {1, 15, 5}, {2, 30, 5}};
    built->duration_ns = 40;
    const std::string text = speedscope(*built, in_time());
    CHECK(text.find(R"(
{"type":"evented","name":"main","unit":"nanoseconds","startValue":0,"endValue":40,
"events":[{"type":"O","frame":1,"at":10},{"type":"O","frame":2,"at":10},)"
                    R"({"type":"C","frame":2,"at":15},{"type":"C","frame":1,"at":20},)"
                    R"({"type":"O","frame":1,"at":30},{"type":"O","frame":2,"at":30},)"
                    R"({"type":"C","frame":2,"at":35},{"type":"C","frame":1,"at":35}]},
{"type":"sampled","name":"idle",)") != std::string::npos);
    CHECK(speedscope(*built).find("evented") == std::string::npos);
    CHECK_THROWS_WITH(speedscope(test::one_sample_session(), in_time()),
                      Catch::Contains("no timeline"));
}

TEST_CASE("speedscope: functions have the session's times when read again", "[speedscope]") {
    for (const test::named_session& each : test::report_sessions()) {
        INFO(each.name);
        for (const report_clock clock : {report_clock::wall, report_clock::cpu}) {
            test::function_times expected;
            for (const auto& [name, time] : test::times_of(each.source, clock))
                expected[detail::valid_utf8(name)] = time;
            CHECK(read_speedscope(speedscope(each.source, with_clock(clock))) == expected);
            if (clock == report_clock::wall && each.name.find("timeline") != std::string::npos)
                CHECK(read_speedscope(speedscope(each.source, in_time())) == expected);
        }
    }
}

TEST_CASE("speedscope: there is a profile in every file", "[speedscope]") {
    const json::value file = json::parse(speedscope(session()));
    REQUIRE(file.at("profiles").as_array().size() == 1);
    CHECK(file.at("profiles").at(0).at("samples").as_array().empty());
}

TEST_CASE("speedscope: frames of one function are one", "[speedscope]") {
    session source = test::service_session();
    source.frames.push_back(source.frames[2]);
    source.frames.back().line += 1;
    source.threads[0].nodes[2].frame = static_cast<std::uint32_t>(source.frames.size() - 1);
    const json::value file = json::parse(speedscope(source));
    CHECK(file.at("shared").at("frames").as_array().size() == source.frames.size() - 1);
    CHECK(read_speedscope(speedscope(source)) == test::times_of(source));
}

TEST_CASE("speedscope: 100,000 levels, and a million nodes", "[speedscope]") {
    session source = test::deep_session(100'000);
    CHECK(read_speedscope(speedscope(source)).at("function_0").total == 1'000'000'000);
    source.threads[0].timeline = {{100'000, 0, 1'000'000'000}};
    const std::string events = speedscope(source, in_time());
    CHECK(std::count(events.begin(), events.end(), 'O') == 100'000);
    source = test::deep_session(1'000'000, 300);
    for (std::size_t i = 1; i < source.threads[0].nodes.size(); ++i) {
        source.threads[0].nodes[i].parent = static_cast<std::uint32_t>((i - 1) / 10);
        source.threads[0].nodes[i].wall_ns = 1;
    }
    CHECK(speedscope(source).find(R"("endValue":1000000,)") != std::string::npos);
}

TEST_CASE("speedscope: what is inconsistent is refused", "[speedscope]") {
    session source = test::with_timeline(test::one_sample_session());
    source.threads[0].timeline[0].node = 99;
    CHECK_NOTHROW(speedscope(source));
    CHECK_THROWS_AS(speedscope(source, in_time()), std::invalid_argument);
    source.threads[0].nodes[1].frame = 99;
    CHECK_THROWS_AS(speedscope(source), std::invalid_argument);
}
