#include <scopetree/render/pprof.hpp>

#include "support/function_totals.hpp"
#include "support/gunzip.hpp"
#include "support/report_sessions.hpp"
#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <sstream>

using namespace scopetree;

namespace {

/// The fields of a message of Protocol Buffers, decoded without knowing what they mean.
struct fields {
    std::map<std::uint32_t, std::vector<std::uint64_t>> numbers;
    std::map<std::uint32_t, std::vector<std::string>> bytes;

    explicit fields(const std::string& encoded) {
        for (std::size_t at = 0; at < encoded.size();) {
            const std::uint64_t tag = take_number(encoded, at);
            const auto field = static_cast<std::uint32_t>(tag >> 3);
            if ((tag & 7) == 0) {
                numbers[field].push_back(take_number(encoded, at));
                continue;
            }
            if ((tag & 7) != 2)
                throw std::runtime_error("a field of another type");
            const std::uint64_t size = take_number(encoded, at);
            bytes[field].push_back(encoded.substr(at, size));
            at += size;
        }
    }

    static std::uint64_t take_number(const std::string& encoded, std::size_t& at) {
        std::uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(encoded.at(at++));
            value |= std::uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80)
                return value;
        }
    }

    std::uint64_t number(std::uint32_t field) const {
        const auto found = numbers.find(field);
        return found == numbers.end() ? 0 : found->second.at(0);
    }

    std::vector<std::uint64_t> packed(std::uint32_t field) const {
        std::vector<std::uint64_t> values;
        const auto found = bytes.find(field);
        for (std::size_t at = 0; found != bytes.end() && at < found->second.at(0).size();)
            values.push_back(take_number(found->second.at(0), at));
        return values;
    }

    std::vector<fields> messages(std::uint32_t field) const {
        const auto found = bytes.find(field);
        return found == bytes.end()
                   ? std::vector<fields>()
                   : std::vector<fields>(found->second.begin(), found->second.end());
    }
};

std::string pprof(const session& source) {
    std::ostringstream stream;
    write_pprof(stream, source);
    return test::gunzip(stream.str());
}

/// What pprof reads: texts instead of numbers.
struct profile {
    explicit profile(const session& source) : all(pprof(source)) {
        for (const fields& location : all.messages(4)) {
            std::vector<std::string>& names = lines[location.number(1)];
            CHECK(names.empty());
            for (const fields& line : location.messages(4))
                names.push_back(function(line.number(1)));
            CHECK_FALSE(names.empty());
        }
    }

    std::string text(std::uint64_t number) const { return all.bytes.at(6).at(number); }

    std::string function(std::uint64_t id) const {
        for (const fields& f : all.messages(5))
            if (f.number(1) == id)
                return text(f.number(2));
        throw std::runtime_error("no such function");
    }

    test::function_times times(std::size_t sample_type) const {
        test::function_times result;
        for (const fields& sample : all.messages(2)) {
            std::vector<std::string> names;
            for (const std::uint64_t location : sample.packed(1))
                for (const std::string& name : lines.at(location))
                    names.push_back(name);
            std::reverse(names.begin(), names.end());
            const auto value = static_cast<std::int64_t>(sample.packed(2).at(sample_type));
            if (value != 0)
                test::add_stack(result, names, value);
        }
        return result;
    }

    fields all;
    std::map<std::uint64_t, std::vector<std::string>> lines; ///< by location, innermost first
};

} // namespace

TEST_CASE("pprof: the run", "[pprof]") {
    const profile read(test::service_session());
    std::string types;
    for (const fields& type : read.all.messages(1))
        types += read.text(type.number(1)) + "/" + read.text(type.number(2)) + " ";
    CHECK(types == "samples/count wall/nanoseconds cpu/nanoseconds ");
    CHECK(read.text(read.all.number(14)) == "wall");
    CHECK(read.text(0).empty());
    CHECK(read.all.number(9) == 1'748'786'602'000'000'000);
    CHECK(read.all.number(10) == 868'000'000);
    CHECK(read.text(read.all.messages(11).at(0).number(1)) == "wall");
    CHECK(read.all.number(12) == 1'000'000);
    std::string comments;
    for (const std::uint64_t comment : read.all.packed(13))
        comments += read.text(comment) + "|";
    CHECK(comments == "./server --port 80|scopetree 0.1.0|one note|and \"another\"|");
}

TEST_CASE("pprof: mappings", "[pprof]") {
    const profile read(test::service_session());
    const std::vector<fields> mappings = read.all.messages(3);
    REQUIRE(mappings.size() == 3);
    CHECK(mappings[0].number(1) == 1);
    CHECK(mappings[0].number(2) == 0x2000);
    CHECK(mappings[0].number(3) == 0x9000);
    CHECK(read.text(mappings[0].number(5)) == "/opt/app/bin/server");
    CHECK(read.text(mappings[0].number(6)) == "00ff17");
    CHECK(read.text(mappings[2].number(5)) == "[vdso]");
    for (const fields& mapping : mappings)
        for (const std::uint32_t has : {7u, 8u, 9u, 10u})
            CHECK(mapping.number(has) == 1);
}

TEST_CASE("pprof: functions have both names, a file and a line", "[pprof]") {
    const session source = test::service_session();
    const profile read(source);
    const std::vector<fields> functions = read.all.messages(5);
    REQUIRE(functions.size() == source.frames.size());
    for (std::size_t i = 0; i < functions.size(); ++i) {
        CHECK(read.text(functions[i].number(2)) == source.frames[i].name);
        CHECK(read.text(functions[i].number(3)) == source.frames[i].full_name);
        CHECK(read.text(functions[i].number(4)) == source.frames[i].file);
        CHECK(functions[i].number(5) == source.frames[i].line);
    }
}

TEST_CASE("pprof: an inlined function shares the location of its caller", "[pprof]") {
    const session source = test::inlined_session();
    const profile read(source);
    std::map<std::uint64_t, std::string> stacks; // by wall time in ms
    for (const fields& sample : read.all.messages(2)) {
        std::string& stack = stacks[sample.packed(2).at(1) / 1'000'000];
        for (const std::uint64_t location : sample.packed(1)) {
            stack += stack.empty() ? "" : " < ";
            for (const std::string& name : read.lines.at(location))
                stack += "(" + name + ")";
        }
    }
    CHECK(stacks == std::map<std::uint64_t, std::string>{{5, "(main)"},
                                                         {7, "(sum)(main)"},
                                                         {11, "(add)(sum)(main)"},
                                                         {13, "(call) < (add)(sum)(main)"},
                                                         {17, "(add)(call) < (add)(sum)(main)"},
                                                         {19, "(s) < (sum)(main)"},
                                                         {23, "(add)(s) < (sum)(main)"},
                                                         {29, "(add)"}});
    for (const fields& location : read.all.messages(4)) {
        const std::string outermost = read.lines.at(location.number(1)).back();
        for (const frame& f : source.frames)
            if (f.name == outermost)
                CHECK(location.number(2) == (f.module == no_index ? 0 : f.module + 1));
    }
}

namespace {

/// The wall time by labels.
std::map<std::string, std::uint64_t> times_by_label(const session& source) {
    const profile read(source);
    std::map<std::string, std::uint64_t> time;
    for (const fields& sample : read.all.messages(2)) {
        std::string labels;
        for (const fields& label : sample.messages(3))
            labels += read.text(label.number(1)) + "=" +
                      (label.number(2) != 0 ? read.text(label.number(2))
                                            : std::to_string(label.number(3))) +
                      " ";
        time[labels] += sample.packed(2).at(1);
    }
    return time;
}

} // namespace

TEST_CASE("pprof: labels tell threads apart", "[pprof]") {
    CHECK(times_by_label(test::service_session()) ==
          std::map<std::string, std::uint64_t>{{"thread=main tid=100 ", 868'000'000},
                                               {"thread=worker tid=101 ", 510'000'000}});
}

TEST_CASE("pprof: labels tell routes apart", "[pprof]") {
    test::session_builder built;
    built.thread("main",
                 "serve|s.cpp:1|1\n"
                 "  >GET /a||2|0\n"
                 "    work|s.cpp:2|3\n"
                 "      >parse|s.cpp:3|4|1\n"
                 "    >GET /b||5|2\n"
                 "  >POST /b||6|3\n",
                 std::vector<scope_figures>(4));
    const std::string thread = "thread=main tid=100 ";
    CHECK(times_by_label(*built) ==
          std::map<std::string, std::uint64_t>{{thread, 1'000'000},
                                               {thread + "route=GET /a ", 9'000'000},
                                               {thread + "route=GET /b ", 5'000'000},
                                               {thread + "route=POST /b ", 6'000'000}});
}

TEST_CASE("pprof: functions have the session's times when read again", "[pprof]") {
    for (const test::named_session& each : test::report_sessions()) {
        INFO(each.name);
        const profile read(each.source);
        for (const report_clock clock : {report_clock::wall, report_clock::cpu}) {
            test::function_times expected;
            for (const auto& [name, time] : test::times_of(each.source, clock))
                expected[detail::sanitize(name, true)] = time;
            CHECK(read.times(clock == report_clock::wall ? 1 : 2) == expected);
        }
        std::int64_t samples = 0;
        for (const thread_tree& thread : each.source.threads)
            for (const call_node& node : thread.nodes)
                samples += static_cast<std::int64_t>(node.samples);
        for (const fields& sample : read.all.messages(2))
            samples -= static_cast<std::int64_t>(sample.packed(2).at(0));
        CHECK(samples == 0);
    }
}

TEST_CASE("pprof: 100,000 levels, inlined or not, and a million nodes", "[pprof]") {
    session source = test::deep_session(100'000);
    CHECK(profile(source).times(1).at("function_0").total == 1'000'000'000);
    for (frame& f : source.frames)
        f.inlined = true;
    CHECK(pprof(source).size() > 100'000);
    source = test::deep_session(1'000'000, 300);
    for (std::size_t i = 1; i < source.threads[0].nodes.size(); ++i) {
        source.threads[0].nodes[i].parent = static_cast<std::uint32_t>((i - 1) / 10);
        source.threads[0].nodes[i].wall_ns = 1;
    }
    std::ostringstream stream;
    write_pprof(stream, source);
    CHECK(stream.str().size() > 1'000'000);
}

TEST_CASE("pprof: what is inconsistent is refused", "[pprof]") {
    session source = test::one_sample_session();
    source.threads[0].nodes[1].frame = 99;
    CHECK_THROWS_AS(pprof(source), std::invalid_argument);
}
