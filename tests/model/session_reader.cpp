#include <scopetree/model/session_reader.hpp>

#include <scopetree/render/text.hpp>

#include "support/random_session.hpp"
#include "support/session_text.hpp"
#include "support/view_drawing.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace scopetree;
using test::refusal_of;

namespace {

/// `text` with its first `what` replaced, which must be there.
std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

void check_round_trip(const session& source) {
    const std::string text = test::session_text(source);
    const session again = read_session(text, "again");
    CHECK(test::session_text(again) == text);
    for (const bool unicode : {true, false}) {
        text_options chosen;
        chosen.unicode = unicode ? toggle::on : toggle::off;
        CHECK(to_text(again, chosen) == to_text(source, chosen));
        chosen.show_all = true;
        chosen.clock = report_clock::both;
        CHECK(to_text(again, chosen) == to_text(source, chosen));
    }
}

boost::json::object& object_at(boost::json::value& root, const std::string& pointer) {
    return root.at_pointer(pointer).as_object();
}

/// The outermost object and those within, as JSON pointers, with their places as errors name them.
const std::pair<const char*, const char*> objects[] = {
    {"", ""},
    {"/figures", "figures"},
    {"/frames", "frames"},
    {"/modules", "modules"},
    {"/threads/0", "threads[0]"},
    {"/threads/0/nodes", "threads[0].nodes"},
    {"/threads/0/scopes", "threads[0].scopes"},
    {"/threads/0/timeline", "threads[0].timeline"},
};

std::vector<std::string> keys_of(const boost::json::object& from) {
    std::vector<std::string> keys;
    for (const auto& member : from)
        keys.emplace_back(member.key().data(), member.key().size());
    return keys;
}

std::string path_of(const std::string& place, const std::string& key) {
    return place.empty() ? key : place + "." + key;
}

} // namespace

TEST_CASE("session reader: what was written is read, and renders the same", "[session]") {
    check_round_trip({});
    check_round_trip(test::full_session());
    check_round_trip(test::deep_session(2'000));
    for (unsigned seed = 0; seed < 100; ++seed) {
        INFO("seed " << seed);
        check_round_trip(test::random_session(seed));
    }
}

TEST_CASE("session reader: 100,000 levels", "[session]") {
    const std::string text = test::session_text(test::deep_session(100'000));
    CHECK(test::session_text(read_session(text, "deep")) == text);
}

TEST_CASE("session reader: a file that ends too early, at every byte", "[session]") {
    const std::string text = test::session_text(test::full_session());
    for (std::size_t size = 0; size < text.size() - 2; ++size) { // the last brace and the newline
        const std::string refusal = refusal_of(text.substr(0, size));
        if (refusal.find("scopetree: x.scopetree: byte " + std::to_string(size) +
                         ": the file ends in the middle") != 0)
            FAIL(size << " bytes: " << refusal);
    }
    CHECK(refusal_of(text.substr(0, text.size() - 1)).empty());
}

TEST_CASE("session reader: a file that goes on", "[session]") {
    const std::string text = test::session_text(test::full_session());
    CHECK(refusal_of(text + " \t\r\n").empty());
    for (const char* const more : {"x", "{}", "\n]", "null"}) {
        INFO(refusal_of(text + more));
        CHECK(refusal_of(text + more).find("the file goes on behind its end") != std::string::npos);
    }
    CHECK_FALSE(refusal_of(text + std::string(1, '\0')).empty());
}

TEST_CASE("session reader: any byte changed is harmless", "[session]") {
    const std::string text = test::session_text(test::full_session());
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const char byte : {'\0', '"', '9', '-', '}', '\xff'}) {
            std::string changed = text;
            changed[i] = byte;
            const std::string refusal = refusal_of(changed);
            if (!refusal.empty() && refusal.find("scopetree: x.scopetree: ") != 0)
                FAIL(refusal);
        }
    }
}

TEST_CASE("session reader: a member of a wrong type", "[session]") {
    const std::string text = test::session_text(test::full_session());
    const boost::json::value wrong[] = {
        nullptr, true, -2, 1.5, "text", boost::json::object{}, boost::json::array{nullptr}};
    for (const auto& [pointer, place] : objects) {
        boost::json::value file = boost::json::parse(text);
        for (const std::string& key : keys_of(object_at(file, pointer))) {
            std::size_t refused = 0;
            for (const boost::json::value& value : wrong) {
                boost::json::value changed = file;
                object_at(changed, pointer)[key] = value;
                const std::string refusal = refusal_of(boost::json::serialize(changed));
                const bool named =
                    refusal.find("scopetree: x.scopetree: " + path_of(place, key)) == 0;
                refused += named ? 1 : 0;
                if (!refusal.empty() && !named && key != "strings")
                    FAIL(path_of(place, key) << ": " << refusal);
            }
            INFO(path_of(place, key));
            CHECK(refused >= (key == "strings" ? 4 : 5)); // a text, or none at all, may be right
        }
    }
}

TEST_CASE("session reader: an entry of a column of a wrong type", "[session]") {
    const std::string text = test::session_text(test::full_session());
    const boost::json::value wrong[] = {nullptr, true, -2, 1.5, "text", boost::json::array{}};
    for (const auto& [pointer, place] : objects) {
        boost::json::value file = boost::json::parse(text);
        for (const std::string& key : keys_of(object_at(file, pointer))) {
            if (!object_at(file, pointer)[key].is_array() || key == "threads" || key == "notes" ||
                key == "strings")
                continue;
            for (const boost::json::value& value : wrong) {
                boost::json::value changed = file;
                object_at(changed, pointer)[key].as_array()[1] = value;
                const std::string refusal = refusal_of(boost::json::serialize(changed));
                if (refusal.find("scopetree: x.scopetree: " + path_of(place, key) + "[1]: ") != 0)
                    FAIL(path_of(place, key) << ": " << refusal);
            }
        }
    }
}

TEST_CASE("session reader: a member that lacks, and one too many", "[session]") {
    const std::string text = test::session_text(test::full_session());
    for (const auto& [pointer, place] : objects) {
        boost::json::value file = boost::json::parse(text);
        const std::string prefix =
            std::string("scopetree: x.scopetree: ") + place + (*place == '\0' ? "" : ": ");
        for (const std::string& key : keys_of(object_at(file, pointer))) {
            if (key == "timeline" || key == "format")
                continue;
            boost::json::value changed = file;
            object_at(changed, pointer).erase(key);
            CHECK(refusal_of(boost::json::serialize(changed)) == prefix + "lacks \"" + key + "\"");
        }
        object_at(file, pointer)["a\nb"] = 1;
        CHECK(refusal_of(boost::json::serialize(file)) == prefix + "has an unknown member \"a?b\"");
    }
}

TEST_CASE("session reader: columns of different lengths", "[session]") {
    const std::string text = test::session_text(test::full_session());
    CHECK(refusal_of(replaced(text, "\"scope\":[-1,", "\"scope\":[")) ==
          "scopetree: x.scopetree: threads[0].nodes.scope: has 4 entries, must have 5 as "
          "\"parent\" has");
    CHECK(refusal_of(replaced(text, "\"timed\":[0,", "\"timed\":[0,0,")) ==
          "scopetree: x.scopetree: threads[0].scopes.timed: has 3 entries, must have 2 as "
          "\"calls\" has");
}

TEST_CASE("session reader: numbers out of range", "[session]") {
    const std::string text = test::session_text(test::full_session());
    const struct {
        const char *what, *by, *refusal;
    } cases[] = {
        {"\"name\":[0,", "\"name\":[14,", "frames.name[0]: is 14, must be from 0 to 13"},
        {"\"line\":[0,", "\"line\":[4294967295,", "frames.line[0]: is 4294967295, must be from"},
        {"\"kind\":[3,", "\"kind\":[4,", "frames.kind[0]: is 4, must be from 0 to 3"},
        {"\"inlined\":[0,", "\"inlined\":[2,", "frames.inlined[0]: is 2, must be from 0 to 1"},
        {"\"module\":[-1,0", "\"module\":[-1,2", "frames.module[1]: is 2, must be less than 2"},
        {"\"end\":[93824992280576", "\"end\":[-1", "modules.end[0]: is -1, must not be negative"},
        {"\"samples\":135", "\"samples\":18446744073709551615", "figures.samples: is too large"},
        {"\"samples\":135", "\"samples\":18446744073709551616", "figures.samples: is a number"},
        {"\"tid\":100", "\"tid\":1e2", "threads[0].tid: is a number with a fraction"},
        {"\"tid\":100", "\"tid\":9223372036854775808", "threads[0].tid: is too large"},
        {"\"parent\":[-1,0,1", "\"parent\":[-1,0,2", "threads[0].nodes.parent[2]: is 2, must be"},
        {"\"notes\":[\"A note.\"]", "\"notes\":[[65,256]]", "notes[0][1]: is 256, must be from 0"},
        {"\"program\":\"./program\"", "\"program\":[\"a\"]", "program[0]: is a text, must be an"},
        {"\"version\":1", "\"version\":2",
         "version: is 2: a newer version of scopetree wrote this; this one reads 1"},
        {"\"version\":1", "\"version\":0", "version: is 0, must be at least 1"},
        {"\"format\":\"scopetree-session\"", "\"format\":\"speedscope\"",
         "format: this is no session: must be \"scopetree-session\""},
    };
    for (const auto& [what, by, refusal] : cases)
        CHECK_THAT(refusal_of(replaced(text, what, by)),
                   Catch::StartsWith(std::string("scopetree: x.scopetree: ") + refusal));
}

TEST_CASE("session reader: what is no session at all", "[session]") {
    CHECK_THAT(refusal_of("\x1f\x8b\x08"), Catch::Contains("byte 0: this is no session: "));
    CHECK_THAT(refusal_of("[]"), Catch::Contains("is an array, must be an object"));
    CHECK_THAT(refusal_of("{}"), Catch::Contains("format: this is no session"));
    CHECK_THAT(refusal_of("{\"format\":\"scopetree-session\",\"version\":\"\xff\"}"),
               Catch::Contains("this is no session"));
}

TEST_CASE("session reader: small files do not take much memory or time", "[session]") {
    const std::string text = test::session_text(test::full_session());
    SECTION("deep") {
        const std::string refusal = refusal_of(std::string(10'000'000, '['));
        CHECK_THAT(refusal, Catch::Contains("this is no session"));
    }
    SECTION("very many members, which a hash table may have to put in one place") {
        std::string many = "{";
        for (int i = 0; i < 100'000; ++i)
            many += "\"" + std::to_string(i) + "\":0,";
        CHECK_THAT(refusal_of(many + "\"\":0}"), Catch::Contains("this is no session"));
    }
    SECTION("a long key") {
        const std::string refusal = refusal_of("{\"" + std::string(1'000'000, 'a') + "\":0}");
        CHECK_THAT(refusal, Catch::Contains("this is no session"));
    }
    SECTION("a long text, referred to very often") {
        session source;
        source.frames.resize(100'000);
        const std::string many = test::session_text(source);
        const std::string hostile = replaced(many, "\"strings\":[\"\"]",
                                             "\"strings\":[\"" + std::string(100'000, 'a') + "\"]");
        CHECK_THAT(refusal_of(hostile), Catch::Contains("the texts take too much memory"));
    }
}
