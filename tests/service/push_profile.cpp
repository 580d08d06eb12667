#include <scopetree/service/push_profile.hpp>

#include <support/gunzip.hpp>
#include <support/random_session.hpp>
#include <support/session_builder.hpp>

#include <support/text_search.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

using namespace scopetree;
using namespace scopetree::detail;

using test::times_in;

namespace {

/// One thread, so many functions, deep and broad by chance.
session large_session(std::uint32_t nodes) {
    test::session_dice dice(1);
    session made;
    made.interval_ns = 1'000'000;
    thread_tree thread;
    thread.name = "main";
    for (std::uint32_t i = 0; i < nodes; ++i) {
        frame f;
        f.name = f.full_name = "function_" + std::to_string(i);
        made.frames.push_back(f);
        call_node node;
        node.frame = i;
        node.parent = i == 0 ? no_index : dice.index_below(i);
        node.wall_ns = 1 + static_cast<std::int64_t>(dice.below(2'000'000));
        node.cpu_ns = node.wall_ns / 2;
        node.samples = 1;
        thread.wall_ns += node.wall_ns;
        thread.cpu_ns += node.cpu_ns;
        thread.nodes.push_back(node);
    }
    made.duration_ns = thread.wall_ns;
    made.threads.push_back(thread);
    return made;
}

} // namespace

TEST_CASE("push profile: what fits is pprof as it is, with the window's times") {
    session window = large_session(100);
    window.recorded_unix_ns = 5;
    window.duration_ns = 7;
    const push_profile profile = make_push_profile(window);
    CHECK(profile.body == packed_pprof(window));
    CHECK(profile.from_unix_ns == 5);
    CHECK(profile.until_unix_ns == 12);
    CHECK(profile.interval_ns == 1'000'000);
    CHECK_FALSE(profile.thinned);
    CHECK(unpacked_size(profile.body) == test::gunzip(profile.body).size());
}

TEST_CASE("push profile: what is too much is thinned, and says so") {
    push_limits limits;
    std::string what;
    SECTION("samples") {
        limits.samples = 500;
    }
    SECTION("bytes") {
        limits.bytes = 20'000;
    }
    const push_profile profile = make_push_profile(large_session(3'000), limits);
    CHECK(profile.thinned);
    const std::string pprof = test::gunzip(profile.body);
    CHECK(pprof.size() <= limits.bytes);
    CHECK(pprof.find("Too much for one push: places that took less than") != std::string::npos);
    const std::size_t functions = times_in(pprof, "function_");
    CHECK(functions > 50); // no more is left out than must be
    CHECK(functions < 3'000);
}

TEST_CASE("push profile: short places go to their callers with all that they have") {
    session window = large_session(2'000);
    thread_tree thread = window.threads[0];
    fold_short_places(thread, 10'000'000);
    CHECK(thread.nodes.size() < 1'000);
    CHECK(thread.nodes.size() > 10);
    std::int64_t wall = 0, cpu = 0;
    std::uint64_t samples = 0;
    bool in_order = true;
    for (std::size_t i = 0; i < thread.nodes.size(); ++i) {
        wall += thread.nodes[i].wall_ns;
        cpu += thread.nodes[i].cpu_ns;
        samples += thread.nodes[i].samples;
        in_order = in_order && (i == 0 || thread.nodes[i].parent < i);
    }
    CHECK(wall == thread.wall_ns);
    CHECK(cpu == thread.cpu_ns);
    CHECK(samples == 2'000);
    CHECK(in_order);
}

TEST_CASE("push profile: a place is short by what is below it too, and by both clocks") {
    test::session_builder built;
    built.thread("main", "a||0\n  b||6\n  c||6\n    d||1\ne||1/20\nf||3\n  g||3");
    thread_tree& thread = built->threads[0];
    fold_short_places(thread, 7'000'000);
    std::string names;
    for (const call_node& node : thread.nodes)
        names +=
            built->frames[node.frame].name + ' ' + std::to_string(node.wall_ns / 1'000'000) + ' ';
    CHECK(names == "main 6 a 6 c 7 e 1 ");
}

TEST_CASE("push profile: threads that are too many are all that is left") {
    test::session_builder built;
    for (int i = 0; i < 20; ++i)
        built.thread("t" + std::to_string(i), "a||1\n  b||2");
    push_limits limits;
    limits.samples = 10;
    const push_profile profile = make_push_profile(*built, limits);
    CHECK(profile.thinned);
    CHECK(test::gunzip(profile.body).find("Too much") != std::string::npos);
}
