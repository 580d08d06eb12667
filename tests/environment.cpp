#include <scopetree/environment.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <functional>
#include <map>

namespace {

using namespace scopetree;
using variables = std::map<std::string, std::string>;

environment_settings read(const variables& set) {
    const auto lookup = [&](const char* name) -> std::optional<std::string> {
        const auto found = set.find(name);
        return found == set.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
    std::vector<std::string> names;
    for (const auto& [name, value] : set)
        names.push_back(name);
    return read_environment(lookup, 4711, names);
}

/// A value that is understood: it sets what it should, and nothing is complained about.
struct understood {
    const char* name;
    const char* value;
    std::function<bool(const settings&)> holds;
};

std::string paths(const settings& s) {
    std::string text;
    for (const output_file& file : s.outputs)
        text += file.path + "=" + std::to_string(static_cast<int>(file.format)) + ";";
    return text;
}

using std::chrono::nanoseconds;

const understood good[] = {
    {"SCOPETREE", "on", [](const settings& s) { return s.enabled; }},
    {"SCOPETREE", "off", [](const settings& s) { return !s.enabled; }},
    {"SCOPETREE", "0", [](const settings& s) { return !s.enabled; }},
    {"SCOPETREE_INTERVAL", "1ms",
     [](const settings& s) { return s.sampling.interval == nanoseconds(1'000'000); }},
    {"SCOPETREE_INTERVAL", "0.2ms",
     [](const settings& s) { return s.sampling.interval == nanoseconds(200'000); }},
    {"SCOPETREE_INTERVAL", "10us",
     [](const settings& s) { return s.sampling.interval == nanoseconds(10'000); }},
    {"SCOPETREE_INTERVAL", "50\u00b5s",
     [](const settings& s) { return s.sampling.interval == nanoseconds(50'000); }},
    {"SCOPETREE_INTERVAL", "50\u03bcs",
     [](const settings& s) { return s.sampling.interval == nanoseconds(50'000); }},
    {"SCOPETREE_INTERVAL", "123456ns",
     [](const settings& s) { return s.sampling.interval == nanoseconds(123'456); }},
    {"SCOPETREE_INTERVAL", "10s",
     [](const settings& s) { return s.sampling.interval == std::chrono::seconds(10); }},
    {"SCOPETREE_THREADS", "all",
     [](const settings& s) { return s.sampling.threads == thread_selection::all; }},
    {"SCOPETREE_THREADS", "registered",
     [](const settings& s) { return s.sampling.threads == thread_selection::registered; }},
    {"SCOPETREE_CPU_BUDGET", "2%",
     [](const settings& s) { return s.sampling.cpu_budget == Approx(0.02); }},
    {"SCOPETREE_MAX_FRAMES", "64", [](const settings& s) { return s.sampling.max_frames == 64; }},
    {"SCOPETREE_MAX_FRAMES", "4000",
     [](const settings& s) { return s.sampling.max_frames == 4000; }},
    {"SCOPETREE_OUTPUT", "", [](const settings& s) { return s.outputs.empty(); }},
    {"SCOPETREE_OUTPUT", "p.txt", [](const settings& s) { return paths(s) == "p.txt=0;"; }},
    {"SCOPETREE_OUTPUT", "/tmp/a.b/p.html,p.json",
     [](const settings& s) { return paths(s) == "/tmp/a.b/p.html=1;p.json=2;"; }},
    {"SCOPETREE_OUTPUT", "p.speedscope.json,p.folded,p.pb.gz",
     [](const settings& s) { return paths(s) == "p.speedscope.json=3;p.folded=4;p.pb.gz=5;"; }},
    {"SCOPETREE_OUTPUT", "p.trace.json,p.scopetree",
     [](const settings& s) { return paths(s) == "p.trace.json=6;p.scopetree=7;"; }},
    {"SCOPETREE_OUTPUT", "a-%p.txt,100%%-%x%p.html,",
     [](const settings& s) { return paths(s) == "a-4711.txt=0;100%-%x4711.html=1;"; }},
    {"SCOPETREE_LIBRARY_PATHS", "/opt/a:/srv/b",
     [](const settings& s) {
         return s.library_paths == std::vector<std::string>{"/opt/a", "/srv/b"};
     }},
    {"SCOPETREE_COLOR", "on", [](const settings& s) { return s.text.color == toggle::on; }},
    {"SCOPETREE_COLOR", "auto",
     [](const settings& s) { return s.text.color == toggle::automatic; }},
    {"SCOPETREE_UNICODE", "off", [](const settings& s) { return s.text.unicode == toggle::off; }},
    {"SCOPETREE_SHOW_ALL", "on", [](const settings& s) { return s.text.show_all; }},
    {"SCOPETREE_TIMELINE", "yes",
     [](const settings& s) { return s.text.timeline && s.sampling.timeline; }},
    {"SCOPETREE_TIMELINE", "off",
     [](const settings& s) { return !s.text.timeline && !s.sampling.timeline; }},
    {"SCOPETREE_TIMELINE_LIMIT", "64KiB",
     [](const settings& s) { return s.sampling.timeline_limit == 65'536; }},
    {"SCOPETREE_TIMELINE_LIMIT", "1.5MiB",
     [](const settings& s) { return s.sampling.timeline_limit == 1'572'864; }},
    {"SCOPETREE_TIMELINE_LIMIT", "1024GiB",
     [](const settings& s) { return s.sampling.timeline_limit == std::size_t{1} << 40; }},
    {"SCOPETREE_FLAT", "true", [](const settings& s) { return s.text.flat; }},
    {"SCOPETREE_TIME", "percent",
     [](const settings& s) { return s.text.time == time_display::percent_of_total; }},
    {"SCOPETREE_TIME", "percent_of_total",
     [](const settings& s) { return s.text.time == time_display::percent_of_total; }},
    {"SCOPETREE_TIME", "seconds",
     [](const settings& s) { return s.text.time == time_display::seconds; }},
    {"SCOPETREE_CLOCK", "wall",
     [](const settings& s) { return s.text.clock == report_clock::wall; }},
    {"SCOPETREE_CLOCK", "cpu", [](const settings& s) { return s.text.clock == report_clock::cpu; }},
    {"SCOPETREE_CLOCK", "both",
     [](const settings& s) { return s.text.clock == report_clock::both; }},
    {"SCOPETREE_FLAT_TIME", "total",
     [](const settings& s) { return s.text.flat_time == flat_time_kind::total; }},
    {"SCOPETREE_FLAT_TIME", "self",
     [](const settings& s) { return s.text.flat_time == flat_time_kind::self; }},
    {"SCOPETREE_SHORT", "1", [](const settings& s) { return s.text.short_mode; }},
    {"SCOPETREE_THRESHOLD", "0.005",
     [](const settings& s) { return s.text.filter_threshold == Approx(0.005); }},
    {"SCOPETREE_THRESHOLD", "0", [](const settings& s) { return s.text.filter_threshold == 0; }},
    {"SCOPETREE_THRESHOLD", "2.5%",
     [](const settings& s) { return s.text.filter_threshold == Approx(0.025); }},
    {"SCOPETREE_REPORT_ON", "SIGTERM,SIGINT",
     [](const settings& s) {
         return s.report_on == std::vector<int>{SIGTERM, SIGINT};
     }},
    {"SCOPETREE_SNAPSHOT_ON", "SIGUSR2",
     [](const settings& s) { return s.snapshot_on == std::vector<int>{SIGUSR2}; }},
    {"SCOPETREE_HIDE", "*boost*,fmt/*",
     [](const settings& s) {
         return s.text.hide == std::vector<std::string>{"*boost*", "fmt/*"};
     }},
    {"SCOPETREE_SHOW", "asio::*",
     [](const settings& s) { return s.text.show == std::vector<std::string>{"asio::*"}; }},
    {"SCOPETREE_MERGE_THREADS", "on",
     [](const settings& s) { return s.text.threads == thread_display::merged; }},
    {"SCOPETREE_MERGE_THREADS", "off",
     [](const settings& s) { return s.text.threads == thread_display::separate; }},
};

/// A value that is wrong: one error, which names the variable, the value and what is accepted.
struct refused {
    const char* name;
    const char* value;
    const char* accepted;
};

const refused bad[] = {
    {"SCOPETREE", "maybe", "on or off"},
    {"SCOPETREE_INTERVAL", "1", "unit"},
    {"SCOPETREE_INTERVAL", "ms", "unit"},
    {"SCOPETREE_INTERVAL", "1 fortnight", "unit"},
    {"SCOPETREE_INTERVAL", "-1ms", "unit"},
    {"SCOPETREE_INTERVAL", "1.2.3ms", "unit"},
    {"SCOPETREE_INTERVAL", "1e3us", "unit"},
    {"SCOPETREE_INTERVAL", "9us", "from 10us to 10s"},
    {"SCOPETREE_INTERVAL", "11s", "from 10us to 10s"},
    {"SCOPETREE_INTERVAL", "99999999999999999999999999999999999999s", "from 10us to 10s"},
    {"SCOPETREE_THREADS", "some", "registered or all"},
    {"SCOPETREE_CPU_BUDGET", "120%", "share of one core"},
    {"SCOPETREE_CPU_BUDGET", "0%", "above 0"},
    {"SCOPETREE_MAX_FRAMES", "0", "1 to 4000"},
    {"SCOPETREE_MAX_FRAMES", "4001", "1 to 4000"},
    {"SCOPETREE_MAX_FRAMES", "99999999999999999999", "1 to 4000"},
    {"SCOPETREE_MAX_FRAMES", "many", "1 to 4000"},
    {"SCOPETREE_OUTPUT", "profile.pdf", ".speedscope.json"},
    {"SCOPETREE_COLOR", "blue", "auto, on or off"},
    {"SCOPETREE_UNICODE", "ON", "auto, on or off"},
    {"SCOPETREE_SHOW_ALL", "all", "on or off"},
    {"SCOPETREE_TIMELINE", "2", "on or off"},
    {"SCOPETREE_FLAT", "flat", "on or off"},
    {"SCOPETREE_TIME", "ms", "seconds or percent_of_total"},
    {"SCOPETREE_CLOCK", "gpu", "wall, cpu or both"},
    {"SCOPETREE_FLAT_TIME", "cumulative", "self or total"},
    {"SCOPETREE_SHORT", "short", "on or off"},
    {"SCOPETREE_THRESHOLD", "1.5", "0.01 or 1%"},
    {"SCOPETREE_THRESHOLD", "-1%", "0.01 or 1%"},
    {"SCOPETREE_THRESHOLD", "1%%", "0.01 or 1%"},
    {"SCOPETREE_MERGE_THREADS", "merged", "on or off"},
    {"SCOPETREE_TIMELINE", "always", "on or off"},
    {"SCOPETREE_REPORT_ON", "TERM", "SIGTERM"},
    {"SCOPETREE_REPORT_ON", "SIGTERM,SIGKILL", "SIGHUP, SIGINT"},
    {"SCOPETREE_SNAPSHOT_ON", "12", "SIGUSR2"},
    {"SCOPETREE_TIMELINE_LIMIT", "64", "KiB, MiB or GiB"},
    {"SCOPETREE_TIMELINE_LIMIT", "64MB", "KiB, MiB or GiB"},
    {"SCOPETREE_TIMELINE_LIMIT", "-1MiB", "KiB, MiB or GiB"},
    {"SCOPETREE_TIMELINE_LIMIT", "63KiB", "from 64KiB"},
    {"SCOPETREE_TIMELINE_LIMIT", "1025GiB", "to 1024GiB"},
};

} // namespace

TEST_CASE("environment: understood values", "[environment]") {
    for (const understood& row : good) {
        INFO(row.name << "=" << row.value);
        const environment_settings result = read({{row.name, row.value}});
        CHECK(result.errors.empty());
        CHECK(row.holds(result.values));
    }
}

TEST_CASE("environment: refused values leave the default and say what is accepted",
          "[environment]") {
    for (const refused& row : bad) {
        INFO(row.name << "=" << row.value);
        const environment_settings result = read({{row.name, row.value}});
        REQUIRE(result.errors.size() == 1);
        const std::string& error = result.errors[0];
        INFO(error);
        CHECK(error.find(row.name) == 0);
        CHECK(error.find(std::string("\"") + row.value + "\"") != std::string::npos);
        CHECK(error.find(row.accepted) != std::string::npos);
        CHECK(result.values.enabled);
        CHECK(result.values.sampling.interval == nanoseconds(1'000'000));
        CHECK(result.values.sampling.cpu_budget == 0.05);
        CHECK(result.values.sampling.max_frames == 512);
        CHECK_FALSE(result.values.sampling.timeline);
        CHECK(result.values.sampling.timeline_limit == 64 * 1024 * 1024);
        CHECK(result.values.outputs.empty());
        CHECK(result.values.text.filter_threshold == 0.01);
    }
}

TEST_CASE("environment: every variable is in the tables above", "[environment]") {
    for (const auto& variable : detail::environment_variables) {
        INFO(variable.name);
        CHECK(std::any_of(std::begin(good), std::end(good),
                          [&](const understood& row) { return row.name == variable.name; }));
    }
}

TEST_CASE("environment: an empty environment changes nothing", "[environment]") {
    const environment_settings result = read({});
    CHECK(result.errors.empty());
    CHECK(result.values.enabled);
    CHECK(result.values.outputs.empty());
}

TEST_CASE("environment: an empty value counts as unset", "[environment]") {
    for (const auto& variable : detail::environment_variables)
        CHECK(read({{std::string(variable.name), ""}}).errors.empty());
}

TEST_CASE("environment: a wrong output does not take the others with it", "[environment]") {
    const environment_settings result = read({{"SCOPETREE_OUTPUT", "a.txt,b.doc,c.html"}});
    CHECK(paths(result.values) == "a.txt=0;c.html=1;");
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].find("b.doc") != std::string::npos);
}

TEST_CASE("environment: a signal asks for a report or for a snapshot", "[environment]") {
    const environment_settings result =
        read({{"SCOPETREE_REPORT_ON", "SIGTERM"}, {"SCOPETREE_SNAPSHOT_ON", "SIGUSR2,SIGTERM"}});
    CHECK(result.values.report_on == std::vector<int>{SIGTERM});
    CHECK(result.values.snapshot_on.empty());
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].find("SCOPETREE_SNAPSHOT_ON") == 0);
}

TEST_CASE("environment: flat and timeline exclude each other", "[environment]") {
    const environment_settings result =
        read({{"SCOPETREE_FLAT", "on"}, {"SCOPETREE_TIMELINE", "on"}});
    CHECK(result.values.text.flat);
    CHECK_FALSE(result.values.text.timeline);
    CHECK_FALSE(result.values.sampling.timeline);
    REQUIRE(result.errors.size() == 1);
}

TEST_CASE("environment: a timeline is of threads that stand apart", "[environment]") {
    const environment_settings result =
        read({{"SCOPETREE_MERGE_THREADS", "on"}, {"SCOPETREE_TIMELINE", "on"}});
    CHECK(result.values.text.timeline);
    CHECK(result.values.text.threads == thread_display::separate);
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].find("SCOPETREE_MERGE_THREADS is ignored") == 0);
}

TEST_CASE("environment: an unknown variable is answered with the nearest one", "[environment]") {
    const auto only_error = [](const std::string& name) {
        const environment_settings result = read({{name, "1"}});
        REQUIRE(result.errors.size() == 1);
        return result.errors[0];
    };
    CHECK(only_error("SCOPETREE_INTERVALL") == "SCOPETREE_INTERVALL is ignored, there is no such "
                                               "variable; did you mean SCOPETREE_INTERVAL?");
    CHECK(only_error("SCOPETREE_COLOUR").find("SCOPETREE_COLOR?") != std::string::npos);
    CHECK(only_error("SCOPETREE_TRESHOLD").find("SCOPETREE_THRESHOLD?") != std::string::npos);
    CHECK(only_error("SCOPETREE_SOMETHING_ELSE").find("; the nearest is SCOPETREE_") !=
          std::string::npos);
    CHECK(read({{"SCOPETREES", "1"}, {"PATH", "/bin"}, {"XSCOPETREE_FLAT", "1"}}).errors.empty());
}

TEST_CASE("environment: errors are fit for a terminal", "[environment]") {
    const environment_settings result =
        read({{"SCOPETREE_COLOR", "\x1b[31m" + std::string(500, 'x')}});
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].find('\x1b') == std::string::npos);
    CHECK(result.errors[0].size() < 200);
    const environment_settings misspelt = read({{"SCOPETREE_\x1b[31m", "1"}});
    REQUIRE(misspelt.errors.size() == 1);
    CHECK(misspelt.errors[0].find("SCOPETREE_?[31m is ignored") == 0);
}

TEST_CASE("environment: names are what stands before the equals sign", "[environment]") {
    const char* const entries[] = {"A=1", "B=2=3", "C", nullptr};
    CHECK(environment_names(entries) == std::vector<std::string>{"A", "B", "C"});
    CHECK(environment_names(nullptr).empty());
}
