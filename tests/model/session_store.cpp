#include <scopetree/model/session_store.hpp>

#include "support/random_session.hpp"
#include "support/scratch_folder.hpp"
#include "support/session_text.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

#include <sys/wait.h>

using namespace scopetree;

namespace {

session recorded_at(std::int64_t unix_s, std::int64_t pid = 100) {
    session made = test::full_session();
    made.recorded_unix_ns = unix_s * 1'000'000'000;
    made.pid = pid;
    return made;
}

constexpr std::int64_t moment = 1'748'786'602; // 2025-06-01 14:03:22 UTC

std::vector<std::string> ids_in(const session_store& store) {
    std::vector<std::string> ids;
    for (const kept_session& each : store.list())
        ids.push_back(each.id);
    return ids;
}

mode_t mode_of(const std::string& path) {
    struct stat facts {};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    return facts.st_mode & 07777;
}

void set_time(const std::string& path, std::int64_t unix_s) {
    const timespec times[2] = {{unix_s, 0}, {unix_s, 0}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

template <class Lookup>
std::string failure_of(Lookup&& look_up) {
    try {
        look_up();
    } catch (const session_error& error) {
        return error.what();
    }
    return {};
}

} // namespace

TEST_CASE("session store: what is kept is found, for its owner alone", "[session]") {
    const test::scratch_folder folder;
    const session_store store(folder / "a/b/scopetree/");
    CHECK(store.list().empty());
    const session source = recorded_at(moment);
    const kept_session kept = store.keep(source);
    CHECK(kept.id == "2025-06-01-140322-100");
    CHECK(kept.path == folder / "a/b/scopetree/2025-06-01-140322-100.scopetree");
    CHECK(test::contents_of(kept.path) == test::session_text(source));
    CHECK(mode_of(kept.path) == 0600);
    CHECK(mode_of(folder / "a/b/scopetree") == 0700);
    CHECK(store.newest().id == kept.id);
    CHECK(store.newest().kept_unix_ns == kept.kept_unix_ns);
}

TEST_CASE("session store: a folder that was open to others is closed", "[session]") {
    const test::scratch_folder folder;
    REQUIRE(::mkdir((folder / "s").c_str(), 0755) == 0);
    session_store(folder / "s").keep(recorded_at(moment));
    CHECK(mode_of(folder / "s") == 0700);
}

TEST_CASE("session store: one second and one process id", "[session]") {
    const test::scratch_folder folder;
    const session_store store(folder.path());
    CHECK(store.keep(recorded_at(moment)).id == "2025-06-01-140322-100");
    CHECK(store.keep(recorded_at(moment)).id == "2025-06-01-140322-100-2");
    CHECK(store.keep(recorded_at(moment)).id == "2025-06-01-140322-100-3");
    CHECK(store.list().size() == 3);
}

TEST_CASE("session store: the last ten stay, and files that are not its own", "[session]") {
    const test::scratch_folder folder;
    const session_store store(folder.path());
    test::write_contents(folder / "mine.scopetree", "x");
    test::write_contents(folder / "2025-06-01-140322-100.txt", "x");
    for (int i = 0; i < 13; ++i)
        set_time(store.keep(recorded_at(moment + i)).path, moment + i);
    CHECK(store.list().size() == 10);
    CHECK(store.newest().id == "2025-06-01-140334-100");
    CHECK(ids_in(store).back() == "2025-06-01-140325-100");
    CHECK(folder.names().size() == 12);
    // A clock that was set back does not cost the session that was just kept.
    for (const kept_session& each : store.list())
        set_time(each.path, 9'000'000'000);
    const kept_session kept = store.keep(recorded_at(moment - 1'000));
    CHECK(store.list().size() == 10);
    CHECK(ids_in(store).back() == kept.id);
}

TEST_CASE("session store: the beginning of an id is enough, if it is the only one", "[session]") {
    const test::scratch_folder folder;
    const session_store store(folder.path());
    CHECK(failure_of([&] { store.newest(); }) ==
          "scopetree: no session is kept in " + folder.path());
    CHECK(failure_of([&] { store.find("x"); }) ==
          "scopetree: no session in " + folder.path() + " has an id that begins with \"x\"");
    for (const std::int64_t pid : {10, 100, 200})
        set_time(store.keep(recorded_at(moment, pid)).path, moment + pid);
    set_time(store.keep(recorded_at(moment + 86'400, 10)).path, moment);
    CHECK(store.find("2025-06-02").id == "2025-06-02-140322-10");
    CHECK(store.find("2025-06-01-140322-2").id == "2025-06-01-140322-200");
    CHECK(store.find("2025-06-01-140322-10").id ==
          "2025-06-01-140322-10"); // though another goes on
    CHECK(failure_of([&] { store.find("2025-06-01-140322-1"); }) ==
          "scopetree: several sessions in " + folder.path() +
              " have an id that begins with \"2025-06-01-140322-1\"; there are:"
              "\n    2025-06-01-140322-100\n    2025-06-01-140322-10");
    CHECK(failure_of([&] { store.find("2026"); }) ==
          "scopetree: no session in " + folder.path() +
              " has an id that begins with \"2026\"; there are:"
              "\n    2025-06-01-140322-200\n    2025-06-01-140322-100"
              "\n    2025-06-01-140322-10\n    2025-06-02-140322-10");
}

TEST_CASE("session store: what cannot be written is named", "[session]") {
    const test::scratch_folder folder;
    test::write_contents(folder / "file", "x");
    CHECK(failure_of([&] { session_store(folder / "file/s").keep(recorded_at(moment)); }) ==
          "scopetree: cannot write to " + (folder / "file/s") + ": Not a directory");
    CHECK(failure_of([&] { session_store(folder / "file").keep(recorded_at(moment)); }) ==
          "scopetree: cannot write to " + (folder / "file") + ": Not a directory");
    session wrong = recorded_at(moment);
    wrong.cpu_ns = -1;
    const session_store store(folder / "s");
    CHECK_THAT(failure_of([&] { store.keep(wrong); }), Catch::Contains("cpu_ns: is -1"));
    CHECK(test::scratch_folder().names().empty());
    CHECK(folder.names() == std::vector<std::string>{"file", "s"});
    CHECK(store.list().empty());
}

TEST_CASE("session store: what killed processes left is removed after a while", "[session]") {
    const test::scratch_folder folder;
    const session_store store(folder.path());
    test::write_contents(folder / ".scopetree-1-0.tmp", "{");
    test::write_contents(folder / ".scopetree-2-0.tmp", "{");
    set_time(folder / ".scopetree-1-0.tmp", moment);
    store.keep(recorded_at(moment));
    CHECK(folder.names() ==
          std::vector<std::string>{".scopetree-2-0.tmp", "2025-06-01-140322-100.scopetree"});
}

TEST_CASE("session store: several processes at once, with one id between them", "[session]") {
    const test::scratch_folder folder;
    const session_store store(folder / "s");
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            int failed = 0;
            for (int run = 0; run < 10; ++run)
                failed += failure_of([&] { store.keep(recorded_at(moment)); }).empty() ? 0 : 1;
            ::_exit(failed);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
    CHECK(store.list().size() <= 10);
    CHECK(store.list().size() >= 5); // several that clear up at once may remove one too many
    for (const kept_session& each : store.list())
        CHECK_FALSE(session::load(each.path).threads.empty());
}

TEST_CASE("session store: the folder that the environment names", "[session]") {
    using variables = std::vector<std::pair<std::string, std::string>>;
    const auto folder_for = [](const variables& set) {
        return detail::state_folder([&](const char* name) -> std::optional<std::string> {
            for (const auto& [known, value] : set)
                if (known == name)
                    return value;
            return std::nullopt;
        });
    };
    CHECK(folder_for({{"XDG_STATE_HOME", "/s"}, {"HOME", "/h"}}) == "/s/scopetree");
    CHECK(folder_for({{"HOME", "/h"}}) == "/h/.local/state/scopetree");
    CHECK(folder_for({{"XDG_STATE_HOME", ""}, {"HOME", "/h"}}) == "/h/.local/state/scopetree");
    CHECK(folder_for({{"XDG_STATE_HOME", "s"}, {"HOME", "/h"}}) == "/h/.local/state/scopetree");
    CHECK(folder_for({{"HOME", "h"}}).empty());
    CHECK(folder_for({}).empty());
}

TEST_CASE("session store: which names are ids", "[session]") {
    CHECK(detail::is_session_id("2025-06-01-140322-1"));
    CHECK(detail::is_session_id("2025-06-01-140322-4194304-12"));
    for (const char* const other : {"", "2025-06-01-140322", "2025-06-01-140322-", "mine",
                                    "2025-06-01-140322-1x", "x025-06-01-140322-1", "../2025"})
        CHECK_FALSE(detail::is_session_id(other));
}
