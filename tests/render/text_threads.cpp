#include <scopetree/render/text_threads.hpp>

#include <catch2/catch.hpp>

using namespace scopetree;
using detail::thread_section;

namespace {

thread_tree make_thread(const std::string& name, std::int64_t tid, std::int64_t cpu,
                        std::int64_t wall = 1'000) {
    thread_tree thread;
    thread.name = name;
    thread.tid = tid;
    thread.cpu_ns = cpu;
    thread.wall_ns = wall;
    return thread;
}

std::vector<std::string> names_of(const session& source, const text_options& chosen = {}) {
    std::vector<std::string> names;
    for (const thread_section& section : detail::sections_of(source, chosen))
        names.push_back(section.name);
    return names;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("threads: main first, then the busiest, then the longest", "[render]") {
    session s;
    s.pid = 7;
    s.threads = {make_thread("idle", 1, 0, 5),  make_thread("busy", 2, 90),
                 make_thread("main", 7, 10),    make_thread("longer", 3, 0, 6),
                 make_thread("busier", 4, 100), make_thread("", 5, 1)};
    CHECK(names_of(s) == names{"main", "busier", "busy", "thread 5", "longer", "idle"});
}

TEST_CASE("threads: those with one name are counted", "[render]") {
    session s;
    s.threads = {make_thread("worker", 1, 1), make_thread("worker", 2, 3), make_thread("io", 3, 2)};
    CHECK(names_of(s) == names{"worker, 1 of 2", "io", "worker, 2 of 2"});
}

TEST_CASE("threads: a crowd with one name shares a tree beyond the busiest eight", "[render]") {
    session s;
    for (int i = 0; i < 1'000; ++i)
        s.threads.push_back(make_thread("worker", 10 + i, 1'000 - i));
    s.threads.push_back(make_thread("late", 5, 0));
    const std::vector<thread_section> sections = detail::sections_of(s, {});
    REQUIRE(sections.size() == 10);
    CHECK(sections[0].name == "worker, 1 of 1,000");
    CHECK(sections[7].name == "worker, 8 of 1,000");
    CHECK(sections[8].name == "worker, 992 more of 1,000");
    CHECK(sections[8].threads.size() == 992);
    CHECK(sections[8].wall_ns == 992'000);
    CHECK(sections[8].cpu_ns == 992 * 993 / 2);
    CHECK(sections[9].name == "late");
    text_options chosen;
    chosen.show_all = true;
    CHECK(detail::sections_of(s, chosen).size() == 1'001);
}

TEST_CASE("threads: one more than eight is no crowd", "[render]") {
    session s;
    for (int i = 0; i < 9; ++i)
        s.threads.push_back(make_thread("worker", 10 + i, 1'000 - i));
    CHECK(names_of(s).back() == "worker, 9 of 9");
}

TEST_CASE("threads: merged", "[render]") {
    text_options chosen;
    chosen.threads = thread_display::merged;
    session s;
    CHECK(names_of(s, chosen).empty());
    s.threads = {make_thread("a", 1, 1)};
    CHECK(names_of(s, chosen) == names{"a"});
    s.threads.push_back(make_thread("b", 2, 3));
    const std::vector<thread_section> sections = detail::sections_of(s, chosen);
    REQUIRE(sections.size() == 1);
    CHECK(sections[0].name == "all threads");
    CHECK(sections[0].threads.size() == 2);
    CHECK(sections[0].cpu_ns == 4);
    CHECK(sections[0].wall_ns == 2'000);
}
