#include <scopetree/model/whole_file.hpp>

#include "support/scratch_folder.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace scopetree::detail;
using names = std::vector<std::string>;

namespace {

std::error_code write_text_to(const std::string& path, const std::string& text,
                              mode_t mode = 0600) {
    return write_whole_file(path, mode, [&](std::ostream& stream) { stream << text; });
}

mode_t mode_of(const std::string& path) {
    struct stat facts {};
    REQUIRE(::lstat(path.c_str(), &facts) == 0);
    return facts.st_mode;
}

} // namespace

TEST_CASE("whole file: it is there with its mode, and nothing else", "[file]") {
    const test::scratch_folder folder;
    const std::string large(1'000'000, 'x');
    const mode_t before = ::umask(022);
    CHECK_FALSE(write_text_to(folder / "a", large));
    CHECK_FALSE(write_text_to(folder / "b", "", 0666));
    ::umask(before);
    CHECK(test::contents_of(folder / "a") == large);
    CHECK((mode_of(folder / "a") & 07777) == 0600);
    CHECK((mode_of(folder / "b") & 07777) == 0644);
    CHECK(folder.names() == names{"a", "b"});
    CHECK_FALSE(write_text_to(folder / "a", "new"));
    CHECK(test::contents_of(folder / "a") == "new");
}

TEST_CASE("whole file: in the current folder", "[file]") {
    const test::scratch_folder folder;
    char before[4096];
    REQUIRE(::getcwd(before, sizeof before) != nullptr);
    REQUIRE(::chdir(folder.path().c_str()) == 0);
    CHECK_FALSE(write_text_to("a", "text"));
    REQUIRE(::chdir(before) == 0);
    CHECK(folder.names() == names{"a"});
}

TEST_CASE("whole file: after an error everything is as it was", "[file]") {
    const test::scratch_folder folder;
    REQUIRE_FALSE(write_text_to(folder / "a", "old"));
    CHECK_THROWS_AS(write_whole_file(folder / "a", 0600,
                                     [](std::ostream& stream) {
                                         stream << "half";
                                         throw std::runtime_error("no more");
                                     }),
                    std::runtime_error);
    CHECK(write_text_to(folder / "none/a", "new") == std::errc::no_such_file_or_directory);
    CHECK(write_text_to(folder.path(), "new") == std::errc::is_a_directory);
    CHECK(write_text_to(folder / std::string(300, 'a'), "new") == std::errc::filename_too_long);
    CHECK(test::contents_of(folder / "a") == "old");
    CHECK(folder.names() == names{"a"});
}

TEST_CASE("whole file: devices are written, not replaced", "[file]") {
    CHECK_FALSE(write_text_to("/dev/null", "text"));
    CHECK(S_ISCHR(mode_of("/dev/null")));
    CHECK(write_text_to("/dev/full", "text") == std::errc::no_space_on_device);
    CHECK(S_ISCHR(mode_of("/dev/full")));
}

TEST_CASE("whole file: a symbolic link stays one", "[file]") {
    const test::scratch_folder folder;
    REQUIRE_FALSE(write_text_to(folder / "a", "old"));
    REQUIRE(::symlink("a", (folder / "b").c_str()) == 0);
    CHECK_FALSE(write_text_to(folder / "b", "new"));
    CHECK(S_ISLNK(mode_of(folder / "b")));
    CHECK(test::contents_of(folder / "a") == "new");
}

TEST_CASE("whole file: a name is given once", "[file]") {
    const test::scratch_folder folder;
    const auto publish = [&](const std::string& text) {
        temporary_file file(folder.path() + "/", 0600);
        file.stream() << text;
        REQUIRE_FALSE(file.finish());
        return file.publish(folder / "a");
    };
    CHECK_FALSE(publish("first"));
    CHECK(publish("second") == std::errc::file_exists);
    CHECK(test::contents_of(folder / "a") == "first");
    CHECK(folder.names() == names{"a"});
}

TEST_CASE("whole file: many threads write one file", "[file]") {
    const test::scratch_folder folder;
    std::vector<std::thread> threads;
    for (char c = 'a'; c < 'i'; ++c)
        threads.emplace_back([&folder, c] {
            for (int i = 0; i < 20; ++i)
                if (write_text_to(folder / "file", std::string(100'000, c)))
                    std::abort();
        });
    for (std::thread& each : threads)
        each.join();
    const std::string text = test::contents_of(folder / "file");
    CHECK(text == std::string(100'000, text.front()));
    CHECK(folder.names() == names{"file"});
}
