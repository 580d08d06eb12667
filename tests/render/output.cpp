#include <scopetree/render/output.hpp>

#include "support/scratch_folder.hpp"
#include "support/session_text.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace scopetree;

TEST_CASE("output: every format writes what its own function writes", "[output]") {
    const test::scratch_folder folder;
    const session source = test::full_session();
    text_options chosen;
    chosen.clock = report_clock::cpu;
    const auto written = [&](const std::string& name) {
        const std::optional<output_format> format = format_of(name);
        REQUIRE(format.has_value());
        write_output({folder / name, *format}, source, chosen);
        return test::contents_of(folder / name);
    };
    const auto text_of = [](auto&& write) {
        std::ostringstream stream;
        write(stream);
        return stream.str();
    };
    CHECK(written("a.txt") == to_text(source, chosen));
    CHECK(written("a.scopetree") == test::session_text(source));
    CHECK(written("a.json") == text_of([&](auto& to) { write_json(to, source, chosen); }));
    CHECK(written("a.folded") ==
          text_of([&](auto& to) { write_folded(to, source, {report_clock::cpu}); }));
    CHECK(written("a.speedscope.json") == text_of([&](auto& to) {
              write_speedscope(to, source, {report_clock::cpu, false});
          }));
    CHECK(written("a.trace.json") ==
          text_of([&](auto& to) { write_trace_events(to, source, {report_clock::cpu}); }));
    CHECK(written("a.html") == text_of([&](auto& to) {
              html_options first;
              first.clock = report_clock::cpu;
              write_html(to, source, first);
          }));
    CHECK(written("a.pb.gz") == text_of([&](auto& to) { write_pprof(to, source); }));
}

TEST_CASE("output: sessions are for their owner alone", "[output]") {
    const test::scratch_folder folder;
    const mode_t before = ::umask(022);
    write_output({folder / "a.txt", output_format::text}, {});
    write_output({folder / "a.scopetree", output_format::session}, {});
    ::umask(before);
    struct stat facts {};
    REQUIRE(::stat((folder / "a.txt").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777) == 0644);
    REQUIRE(::stat((folder / "a.scopetree").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777) == 0600);
}

TEST_CASE("output: what cannot be written is named and leaves nothing", "[output]") {
    const test::scratch_folder folder;
    test::write_contents(folder / "a.txt", "old");
    text_options nonsense;
    nonsense.flat = nonsense.timeline = true;
    CHECK_THROWS_AS(write_output({folder / "a.txt", output_format::text}, {}, nonsense),
                    std::invalid_argument);
    CHECK(test::contents_of(folder / "a.txt") == "old");
    CHECK_THROWS_WITH(write_output({"/nowhere/a.txt", output_format::text}, {}),
                      "scopetree: cannot write /nowhere/a.txt: No such file or directory");
    const auto unknown = static_cast<output_format>(99);
    CHECK_FALSE(can_write(unknown));
    CHECK_THROWS_WITH(write_output({folder / "a.x", unknown}, {}),
                      Catch::Contains("a.x: this version does not write that format"));
    CHECK(folder.names().size() == 1);
}
