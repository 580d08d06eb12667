#include <scopetree/model/session_reader.hpp>

#include "support/scratch_folder.hpp"
#include "support/untrusted_session.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

namespace {

const std::string corpus = SCOPETREE_SOURCE_DIR "/tests/fuzz/corpus";

} // namespace

TEST_CASE("session reader: what the fuzzer starts from, and what it has found", "[session]") {
    std::size_t sessions = 0;
    std::size_t refused = 0;
    for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
        INFO(entry.path().filename().string());
        const bool is_session =
            test::check_untrusted_session(test::contents_of(entry.path().string()));
        // The name says what is expected: `refused_…` or not.
        CHECK(is_session == (entry.path().filename().string().rfind("refused_", 0) != 0));
        ++(is_session ? sessions : refused);
    }
    CHECK(sessions >= 5);
    CHECK(refused >= 3);
}
