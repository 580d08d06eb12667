#include <scopetree/model/session_file.hpp>

#include "support/random_session.hpp"
#include "support/scratch_folder.hpp"
#include "support/session_text.hpp"
#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>
#include <vector>

#include <sys/resource.h>

using namespace scopetree;

namespace {

std::string refusal_to_load(const std::string& path) {
    try {
        session::load(path);
    } catch (const session_error& error) {
        return error.what();
    }
    return {};
}

/// Files of this process cannot grow beyond a size: writing fails half-way, as on a full disk.
class small_files {
public:
    explicit small_files(rlim_t size) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{size, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
    }
    ~small_files() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    small_files(const small_files&) = delete;
    small_files& operator=(const small_files&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int) = nullptr;
};

} // namespace

TEST_CASE("session file: what is saved is loaded", "[session]") {
    const test::scratch_folder folder;
    const std::string path = folder / "a.scopetree";
    for (unsigned seed = 0; seed < 10; ++seed) {
        const session source = test::random_session(seed);
        source.save(path);
        CHECK(test::contents_of(path) == test::session_text(source));
        CHECK(test::session_text(session::load(path)) == test::session_text(source));
    }
    struct stat facts {};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777) == 0600);
    CHECK(folder.names().size() == 1);
}

TEST_CASE("session file: what cannot be written is named, and nothing is left of it", "[session]") {
    const test::scratch_folder folder;
    const session source = test::deep_session(10'000);
    CHECK_THROWS_WITH(
        source.save("/nonexistent/a.scopetree"),
        "scopetree: cannot write /nonexistent/a.scopetree: No such file or directory");
    CHECK_THROWS_WITH(source.save("/dev/full"),
                      "scopetree: cannot write /dev/full: No space left on device");
    const std::string path = folder / "a.scopetree";
    test::write_contents(path, "old");
    {
        const small_files limit(70'000);
        CHECK_THROWS_WITH(source.save(path),
                          "scopetree: cannot write " + path + ": File too large");
    }
    CHECK(test::contents_of(path) == "old");
    session wrong = source;
    wrong.pid = -1;
    CHECK_THROWS_AS(wrong.save(path), session_error);
    CHECK(test::contents_of(path) == "old");
    CHECK(folder.names().size() == 1);
}

TEST_CASE("session file: what cannot be read is named", "[session]") {
    const test::scratch_folder folder;
    CHECK(refusal_to_load(folder / "none") ==
          "scopetree: cannot read " + (folder / "none") + ": No such file or directory");
    CHECK(refusal_to_load(folder.path()) ==
          "scopetree: cannot read " + folder.path() + ": Is a directory");
    CHECK(refusal_to_load("/dev/zero") == "scopetree: /dev/zero: this is no regular file");
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK_THAT(refusal_to_load(folder / "pipe"), Catch::EndsWith("this is no regular file"));
    test::write_contents(folder / "large", "{");
    REQUIRE(::truncate((folder / "large").c_str(), off_t{1} << 40) == 0);
    CHECK_THAT(refusal_to_load(folder / "large"), Catch::Contains("larger than 1 GiB"));
    test::write_contents(folder / "half", test::session_text(test::full_session()).substr(0, 99));
    CHECK(refusal_to_load(folder / "half") ==
          "scopetree: " + (folder / "half") +
              ": byte 99: the file ends in the middle of a session");
}
