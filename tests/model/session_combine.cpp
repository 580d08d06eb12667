#include <scopetree/model/session_combine.hpp>

#include "support/random_session.hpp"
#include "support/session_figures.hpp"
#include "support/session_text.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <numeric>
#include <string>
#include <vector>

using namespace scopetree;
using test::describe;
using test::session_builder;
using test::session_dice;

namespace {

constexpr combined_threads merged = combined_threads::merged_by_name;

/// Splits sessions so that adding up the parts gives the whole.
class splitter {
public:
    splitter(session_dice& dice, const session& whole, std::size_t count)
        : dice_(dice), whole_(whole), parts_(count) {}

    std::vector<session> split() {
        for (std::size_t i = 0; i < parts_.size(); ++i)
            copy_about(parts_[i], i);
        divide(
            whole_.duration_ns, [](session & part) -> auto& { return part.duration_ns; });
        divide(
            whole_.cpu_ns, [](session & part) -> auto& { return part.cpu_ns; });
        divide(
            whole_.figures.samples, [](session & part) -> auto& { return part.figures.samples; });
        divide(
            whole_.figures.dropped, [](session & part) -> auto& { return part.figures.dropped; });
        divide(
            whole_.figures.ticks, [](session & part) -> auto& { return part.figures.ticks; });
        divide(
            whole_.figures.handler_ns,
            [](session & part) -> auto& { return part.figures.handler_ns; });
        for (const thread_tree& thread : whole_.threads)
            split_thread(thread);
        return std::move(parts_);
    }

private:
    /// Frames and modules in an order of their own; modules mapped elsewhere.
    void copy_about(session& part, std::size_t number) {
        part.program = whole_.program;
        part.version = whole_.version;
        part.source_root = whole_.source_root;
        part.interval_ns = whole_.interval_ns;
        part.pid = whole_.pid;
        part.notes = whole_.notes;
        part.recorded_unix_ns = whole_.recorded_unix_ns + static_cast<std::int64_t>(1'000 * number);
        part.modules.assign(whole_.modules.rbegin(), whole_.modules.rend());
        for (module_info& module : part.modules)
            module.load_address += number;
        const auto last_module = static_cast<std::uint32_t>(part.modules.size() - 1);
        const std::size_t turn = number % whole_.frames.size();
        part.frames = whole_.frames;
        std::rotate(part.frames.begin(), part.frames.begin() + static_cast<std::ptrdiff_t>(turn),
                    part.frames.end());
        for (frame& f : part.frames)
            f.module = f.module == no_index ? no_index : last_module - f.module;
    }

    std::uint32_t frame_in(std::size_t part, std::uint32_t index) const {
        const std::size_t count = whole_.frames.size();
        return static_cast<std::uint32_t>((index + count - part % count) % count);
    }

    /// The first part gets what is left.
    template <class Integer, class Member>
    void divide(Integer whole, Member member) {
        Integer left = whole;
        for (std::size_t i = 1; i < parts_.size(); ++i) {
            const auto share =
                static_cast<Integer>(dice_.below(static_cast<std::uint64_t>(left) + 1));
            member(parts_[i]) = share;
            left -= share;
        }
        member(parts_.front()) = left;
    }

    void split_thread(const thread_tree& thread) {
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            thread_tree& copy = parts_[i].threads.emplace_back(thread);
            for (call_node& node : copy.nodes)
                node.frame = frame_in(i, node.frame);
        }
        divide(
            thread.wall_ns, [](session & part) -> auto& { return part.threads.back().wall_ns; });
        divide(
            thread.cpu_ns, [](session & part) -> auto& { return part.threads.back().cpu_ns; });
        for (std::size_t n = 0; n < thread.nodes.size(); ++n) {
            const call_node& node = thread.nodes[n];
            divide(
                node.wall_ns, [n](session & part) -> auto& {
                    return part.threads.back().nodes[n].wall_ns;
                });
            divide(
                node.cpu_ns, [n](session & part) -> auto& {
                    return part.threads.back().nodes[n].cpu_ns;
                });
            divide(
                node.samples, [n](session & part) -> auto& {
                    return part.threads.back().nodes[n].samples;
                });
        }
        for (std::size_t s = 0; s < thread.scopes.size(); ++s)
            split_scope(thread.scopes[s], s);
        for (std::size_t i = 1; i < parts_.size(); ++i)
            drop_empty_leaves(parts_[i].threads.back());
    }

    /// A part that was never in a timed scope has no times of it.
    void split_scope(const scope_figures& whole, std::size_t s) {
        const auto figures = [&](std::size_t i) -> scope_figures& {
            return parts_[i].threads.back().scopes[s];
        };
        std::uint64_t calls = whole.calls;
        std::int64_t total = whole.times.total_ns;
        for (std::size_t i = 1; i < parts_.size(); ++i) {
            figures(i).calls = calls > 1 ? dice_.below(calls) : 0;
            calls -= figures(i).calls;
            figures(i).times.total_ns =
                figures(i).calls == 0
                    ? 0
                    : static_cast<std::int64_t>(dice_.below(static_cast<std::uint64_t>(total) + 1));
            total -= figures(i).times.total_ns;
        }
        figures(0).calls = calls;
        figures(0).times.total_ns = total;
    }

    static void drop_empty_leaves(thread_tree& thread) {
        std::vector<bool> kept(thread.nodes.size(), false);
        for (std::size_t n = thread.nodes.size(); n-- > 0;) {
            const call_node& node = thread.nodes[n];
            kept[n] = kept[n] || n == 0 || node.wall_ns + node.cpu_ns != 0 || node.samples != 0 ||
                      (node.scope != no_index && thread.scopes[node.scope].calls != 0);
            if (kept[n] && n != 0)
                kept[node.parent] = true;
        }
        std::vector<call_node> nodes;
        std::vector<std::uint32_t> places(thread.nodes.size());
        for (std::size_t n = 0; n < thread.nodes.size(); ++n) {
            if (!kept[n])
                continue;
            places[n] = static_cast<std::uint32_t>(nodes.size());
            nodes.push_back(thread.nodes[n]);
            if (n != 0)
                nodes.back().parent = places[nodes.back().parent];
        }
        thread.nodes = std::move(nodes);
    }

    session_dice& dice_;
    const session& whole_;
    std::vector<session> parts_;
};

/// Scopes that are where scopes can be: each entry belongs to one path of scopes.
session random_whole(unsigned seed) {
    session whole = test::random_session(seed, 60);
    for (std::size_t i = 0; i < whole.threads.size(); ++i) {
        thread_tree& thread = whole.threads[i];
        thread.name = "thread " + std::to_string(i);
        thread.timeline.clear();
        thread.scopes.clear();
        session_dice dice(seed);
        for (std::size_t n = 1; n < thread.nodes.size(); ++n) {
            thread.nodes[n].scope = no_index;
            if (dice.below(3) == 0) {
                thread.nodes[n].scope = static_cast<std::uint32_t>(thread.scopes.size());
                thread.scopes.push_back(test::random_scope(dice));
            }
        }
        if (!thread.nodes.empty())
            thread.nodes.front().scope = no_index;
    }
    whole.figures.truncated = whole.figures.unwinding = whole.figures.thinned_ticks = 0;
    whole.figures.signals = 0;
    whole.figures.sampler_cpu_ns = 0;
    return session::combine({whole}, merged); // of siblings that are the same one is left
}

std::string failure_of(const std::vector<session>& parts) {
    try {
        session::combine(parts);
    } catch (const session_error& error) {
        return error.what();
    }
    return {};
}

} // namespace

TEST_CASE("combine: a session split at random is the whole again", "[combine]") {
    for (unsigned seed = 0; seed < 200; ++seed) {
        INFO("seed " << seed);
        const session whole = random_whole(seed);
        session_dice dice(seed);
        const std::vector<session> parts = splitter(dice, whole, 1 + dice.below(4)).split();
        CHECK(describe(session::combine(parts, merged)) == describe(whole));
    }
}

TEST_CASE("combine: one session side by side is itself", "[combine]") {
    CHECK(test::session_text(session::combine({test::full_session()})) ==
          test::session_text(test::full_session()));
}

TEST_CASE("combine: threads side by side keep what they have", "[combine]") {
    session first = test::full_session();
    session second = first;
    first.recorded_unix_ns += 1'000;
    second.modules[0].load_address += 4096;
    const session both = session::combine({first, second});
    REQUIRE(both.threads.size() == 4);
    CHECK(both.frames.size() == first.frames.size());
    REQUIRE(both.modules.size() == 2);
    CHECK(both.modules[0].load_address == first.modules[0].load_address);
    for (std::size_t i = 0; i < 4; ++i) {
        const thread_tree& thread = first.threads[i % 2];
        CHECK(describe(both, both.threads[i]) == describe(first, thread));
        CHECK(both.threads[i].tid == thread.tid);
        CHECK(both.threads[i].wall_ns == thread.wall_ns);
    }
    CHECK(both.recorded_unix_ns == second.recorded_unix_ns);
    CHECK(both.duration_ns == 2 * first.duration_ns);
    CHECK(both.cpu_ns == 2 * first.cpu_ns);
    CHECK(both.figures.samples == 2 * first.figures.samples);
    CHECK(both.threads[0].timeline[1].start_ns == first.threads[0].timeline[1].start_ns + 1'000);
    CHECK(both.threads[2].timeline[1].start_ns == first.threads[0].timeline[1].start_ns);
}

TEST_CASE("combine: merged threads add up", "[combine]") {
    session second = test::full_session();
    second.threads[0].scopes[1].times = {70, 3, 18, 9, 17};
    const session both = session::combine({test::full_session(), second}, merged);
    REQUIRE(both.threads.size() == 2);
    const thread_tree& main = both.threads[0];
    CHECK(main.wall_ns == 150'000'000);
    CHECK(main.cpu_ns == 120'000'000);
    REQUIRE(main.nodes.size() == 5);
    CHECK(main.nodes[2].wall_ns == 80'000'000);
    CHECK(main.nodes[2].cpu_ns == 60'000'000);
    CHECK(main.nodes[2].samples == 80);
    REQUIRE(main.scopes.size() == 2);
    CHECK(describe(main.scopes[0]) == " x14");
    CHECK(describe(main.scopes[1]) == " x6 100 3..20 9 19");
    CHECK(main.timeline.empty());
    CHECK(both.notes == std::vector<std::string>{
                            "A note.",
                            "The percentiles of timed scopes are upper bounds: they were combined.",
                            "Merged threads have no timeline."});
}

TEST_CASE("combine: threads of one name within a session merge, too", "[combine]") {
    session_builder built;
    built.thread("worker", "run|w.cpp:1|30\n").thread("worker", "run|w.cpp:1|40\n");
    const session one = session::combine({*built}, merged);
    REQUIRE(one.threads.size() == 1);
    CHECK(one.threads[0].nodes[1].wall_ns == 70'000'000);
    CHECK(session::combine({*built}).threads.size() == 2);
}

TEST_CASE("combine: a scope in another scope is another one", "[combine]") {
    scope_figures once;
    once.calls = 1;
    session_builder built;
    built.thread("main", ">a|a.cpp:1|1|0\n  >b|a.cpp:2|1|1\n>b|a.cpp:2|1|2\n", {once, once, once});
    const session both = session::combine({*built, *built}, merged);
    REQUIRE(both.threads[0].scopes.size() == 3);
    for (const scope_figures& scope : both.threads[0].scopes)
        CHECK(scope.calls == 2);
}

TEST_CASE("combine: the same scope below different functions is counted once", "[combine]") {
    scope_figures twice;
    twice.calls = 2;
    session_builder built;
    built.thread("main", "f|a.cpp:1|1\n  >s|a.cpp:2|1|0\ng|a.cpp:3|1\n  >s|a.cpp:2|1|0\n", {twice});
    const session both = session::combine({*built, *built}, merged);
    REQUIRE(both.threads[0].scopes.size() == 1);
    CHECK(both.threads[0].scopes[0].calls == 4);
}

TEST_CASE("combine: different programs are listed", "[combine]") {
    std::vector<session> parts(3);
    parts[0].program = parts[2].program = "./server --port 1";
    parts[1].program = "./client";
    parts[1].version = "0.2.0";
    parts[2].version = "0.1.0";
    parts[0].source_root = "/home/me/code/server";
    parts[1].source_root = "/home/me/code/serious";
    parts[0].interval_ns = 1'000'000;
    parts[1].interval_ns = 2'000'000;
    parts[1].pid = 7;
    parts[2].pid = 8;
    const session all = session::combine(parts);
    CHECK(all.program == "./server --port 1; ./client");
    CHECK(all.version == "0.2.0, 0.1.0");
    CHECK(all.source_root == "/home/me/code");
    CHECK(all.interval_ns == 2'000'000);
    CHECK(all.pid == 7);
    parts.assign(30, {});
    for (std::size_t i = 0; i < parts.size(); ++i)
        parts[i].program = std::to_string(i);
    CHECK(session::combine(parts).program == "0; 1; 2; 3; 4; 5; 6; 7; 22 more");
}

TEST_CASE("combine: source roots", "[combine]") {
    CHECK(detail::common_root("/a/b", "/a/b") == "/a/b");
    CHECK(detail::common_root("/a/b", "/a") == "/a");
    CHECK(detail::common_root("/a/b", "/a/bc") == "/a");
    CHECK(detail::common_root("/a", "/b") == "");
    CHECK(detail::common_root("", "/b") == "/b");
    CHECK(detail::common_root("/b", "") == "/b");
}

TEST_CASE("combine: what cannot be combined is refused", "[combine]") {
    CHECK(failure_of({}) == "scopetree: there are no sessions to combine");
    session wrong = test::full_session();
    wrong.threads[0].nodes[1].frame = 99;
    CHECK_THAT(failure_of({test::full_session(), wrong}),
               Catch::StartsWith("scopetree: session 2 of 2: threads[0].nodes.frame[1]: is 99"));
    session large;
    large.duration_ns = std::numeric_limits<std::int64_t>::max() / 2;
    CHECK_THAT(failure_of({large, large, large}), Catch::Contains("add up to more than"));
    session_builder built;
    built.thread("main", "f|a.cpp:1|1\n");
    built->threads[0].nodes[1].wall_ns = std::numeric_limits<std::int64_t>::max() / 2;
    CHECK_THAT(failure_of({*built, *built}), Catch::Contains("the combined session: threads[1]"));
}

TEST_CASE("combine: 100,000 levels", "[combine]") {
    session_builder built;
    built.thread("main", "f|a.cpp:1|0\n");
    for (std::uint32_t i = 1; i < 100'000; ++i) {
        call_node node;
        node.parent = i;
        node.frame = 1;
        built->threads[0].nodes.push_back(node);
    }
    const session both = session::combine({*built, *built}, merged);
    CHECK(both.threads[0].nodes.size() == 100'001);
}
