#include <scopetree/process/session_between.hpp>

#include "support/random_session.hpp"
#include "support/session_builder.hpp"
#include "support/session_figures.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

using namespace scopetree;
using test::describe;
using test::session_builder;
using test::session_dice;

namespace {

/// The same run, before anything happened in it.
session start_of(const session& run) {
    session start;
    start.pid = run.pid;
    start.recorded_unix_ns = run.recorded_unix_ns;
    return start;
}

/// A run that goes on: the tree of each thread grows, threads come, and end.
class growing_run {
public:
    explicit growing_run(session_dice& dice) : dice_(dice) {
        for (int i = 0; i < 3; ++i)
            add_thread();
    }

    void go_on(bool threads_end) {
        duration_ += 1'000'000;
        if (dice_.below(2) == 0)
            add_thread();
        if (threads_end && threads_.size() > 1 && dice_.below(2) == 0) {
            for (const auto& [at, own] : threads_.back().nodes)
                add(ended_.nodes[at], own);
            threads_.pop_back();
        }
        for (tree& thread : threads_) {
            for (std::uint64_t steps = dice_.below(20); steps > 0; --steps)
                grow(thread);
            add(thread.nodes[{}], {1, 1, 0, 0}); // it lives on
        }
    }

    /// Frames and nodes in an order by chance, as far as parents allow.
    session snapshot() {
        session now;
        now.pid = 7;
        now.recorded_unix_ns = 1'000;
        now.duration_ns = duration_;
        now.figures.samples = static_cast<std::uint64_t>(duration_ / 1'000);
        for (int i = 0; i < frame_count; ++i) {
            frame f;
            f.name = f.full_name = "f" + std::to_string(i);
            f.kind = i >= first_scope ? frame_kind::scope : frame_kind::function;
            f.line = static_cast<std::uint32_t>(i);
            now.frames.push_back(f);
        }
        std::vector<std::uint32_t> places(frame_count);
        std::iota(places.begin(), places.end(), 0u);
        for (std::size_t i = places.size(); i-- > 1;) {
            const std::size_t other = dice_.below(i + 1);
            std::swap(places[i], places[other]);
            std::swap(now.frames[places[i]], now.frames[places[other]]);
        }
        std::map<int, std::uint32_t> frames;
        for (std::uint32_t i = 0; i < now.frames.size(); ++i)
            frames[static_cast<int>(now.frames[i].line)] = i;
        for (const tree& thread : threads_)
            now.threads.push_back(to_thread(thread, frames));
        if (!ended_.nodes.empty())
            now.threads.insert(now.threads.begin() +
                                   static_cast<std::ptrdiff_t>(dice_.below(now.threads.size() + 1)),
                               to_thread(ended_, frames));
        for (const thread_tree& thread : now.threads)
            now.cpu_ns += thread.cpu_ns;
        return now;
    }

private:
    using amounts = std::array<std::int64_t, 4>; // wall, CPU, samples, calls
    using path = std::vector<int>;               // frames
    struct tree {
        std::string name;
        std::int64_t tid = 0;
        std::map<path, amounts> nodes; // parents come first
    };
    static constexpr int frame_count = 12;
    static constexpr int first_scope = 8;

    static void add(amounts& to, const amounts& from) {
        for (std::size_t i = 0; i < to.size(); ++i)
            to[i] += from[i];
    }

    void add_thread() {
        threads_.push_back({"thread " + std::to_string(next_tid_ % 3), next_tid_, {}});
        threads_.back().nodes[{}] = {};
        ++next_tid_;
    }

    void grow(tree& thread) {
        path at;
        while (at.size() < 5 && dice_.below(4) != 0) {
            at.push_back(static_cast<int>(dice_.below(frame_count)));
            amounts& here = thread.nodes[at];
            if (at.back() >= first_scope)
                ++here[3];
        }
        add(thread.nodes[at], {static_cast<std::int64_t>(dice_.below(1'000)),
                               static_cast<std::int64_t>(dice_.below(500)), 1, 0});
    }

    static thread_tree to_thread(const tree& from, const std::map<int, std::uint32_t>& frames) {
        thread_tree result;
        result.name = from.name;
        result.tid = from.tid;
        std::map<path, std::uint32_t> places;
        for (const auto& [at, own] : from.nodes) {
            call_node node;
            places[at] = static_cast<std::uint32_t>(result.nodes.size());
            node.frame = at.empty() ? 0 : frames.at(at.back());
            if (!at.empty())
                node.parent = places.at(path(at.begin(), at.end() - 1));
            if (!at.empty() && at.back() >= first_scope) {
                node.scope = static_cast<std::uint32_t>(result.scopes.size());
                result.scopes.emplace_back().calls = static_cast<std::uint64_t>(own[3]);
            }
            node.wall_ns = own[0];
            node.cpu_ns = own[1];
            node.samples = static_cast<std::uint64_t>(own[2]);
            result.wall_ns += node.wall_ns;
            result.cpu_ns += node.cpu_ns;
            result.nodes.push_back(node);
        }
        return result;
    }

    session_dice& dice_;
    std::int64_t duration_ = 0;
    std::int64_t next_tid_ = 100;
    std::vector<tree> threads_;
    tree ended_{ended_threads_name, 0, {}};
};

using sums = std::map<std::string, std::array<std::int64_t, 4>>;

/// What is not zero, by the way that leads there. Adds to `into`.
void add_figures(sums& into, const session& from, bool by_thread) {
    for (const thread_tree& thread : from.threads) {
        std::vector<std::string> paths;
        for (const call_node& node : thread.nodes) {
            std::string path = by_thread ? thread.name + std::to_string(thread.tid) : "";
            if (node.parent != no_index)
                path = paths[node.parent] + "/" + from.frames[node.frame].name;
            paths.push_back(path);
            const std::array<std::int64_t, 4> more = {
                node.wall_ns, node.cpu_ns, static_cast<std::int64_t>(node.samples),
                node.scope == no_index
                    ? 0
                    : static_cast<std::int64_t>(thread.scopes[node.scope].calls)};
            for (std::size_t i = 0; i < more.size(); ++i)
                if (more[i] != 0)
                    into[path][i] += more[i];
        }
    }
}

std::vector<std::string> lines_of(const sums& from) {
    std::vector<std::string> lines;
    for (const auto& [path, amounts] : from) {
        lines.push_back(path);
        for (const std::int64_t amount : amounts)
            lines.back() += ' ' + std::to_string(amount);
    }
    return lines;
}

void check_sums(const session& window) {
    std::int64_t cpu = 0;
    for (const thread_tree& thread : window.threads) {
        std::int64_t wall = 0, thread_cpu = 0;
        for (const call_node& node : thread.nodes) {
            wall += node.wall_ns;
            thread_cpu += node.cpu_ns;
        }
        CHECK(wall == thread.wall_ns);
        CHECK(thread_cpu == thread.cpu_ns);
        cpu += thread.cpu_ns;
    }
    CHECK(cpu == window.cpu_ns);
    CHECK_NOTHROW(detail::check_session(window, "window"));
}

/// `a 10, b 5`: the nodes with time of their own, in milliseconds.
std::string self_times(const session& window) {
    std::string text;
    for (const thread_tree& thread : window.threads)
        for (const call_node& node : thread.nodes)
            if (node.wall_ns != 0)
                text += (text.empty() ? "" : ", ") + window.frames[node.frame].name + ' ' +
                        std::to_string(node.wall_ns / 1'000'000);
    return text;
}

} // namespace

TEST_CASE("between: from the start on, all of a session") {
    const auto seed = GENERATE(range(0u, 100u));
    session whole = test::random_session(seed);
    for (std::size_t i = 0; i < whole.frames.size(); ++i)
        whole.frames[i].line = static_cast<std::uint32_t>(i); // no two are the same
    const session window = session_between(start_of(whole), whole);
    CHECK(describe(window) == describe(whole));
    for (std::size_t i = 0; i < whole.threads.size(); ++i) {
        CHECK(window.threads.at(i).scopes.size() == whole.threads[i].scopes.size());
        CHECK(window.threads[i].timeline.size() == whole.threads[i].timeline.size());
    }
}

TEST_CASE("between: nothing happens in no time") {
    const auto seed = GENERATE(range(0u, 100u));
    const session whole = test::random_session(seed);
    const session window = session_between(whole, whole);
    CHECK(window.duration_ns == 0);
    CHECK(window.cpu_ns == 0);
    CHECK(window.recorded_unix_ns == whole.recorded_unix_ns + whole.duration_ns);
    sums figures;
    add_figures(figures, window, true);
    CHECK(figures.empty());
}

TEST_CASE("between: windows add up to the window around them") {
    const bool threads_end = GENERATE(false, true);
    const auto seed = GENERATE(range(0u, 100u));
    session_dice dice(seed);
    growing_run run(dice);
    std::vector<session> snapshots;
    for (int i = 0; i < 3; ++i) {
        run.go_on(threads_end);
        run.go_on(threads_end);
        snapshots.push_back(run.snapshot());
    }
    const session first = session_between(snapshots[0], snapshots[1]);
    const session second = session_between(snapshots[1], snapshots[2]);
    const session both = session_between(snapshots[0], snapshots[2]);
    for (const session* each : {&first, &second, &both})
        check_sums(*each);
    CHECK(first.duration_ns + second.duration_ns == both.duration_ns);
    CHECK(first.figures.samples + second.figures.samples == both.figures.samples);
    CHECK(first.recorded_unix_ns + first.duration_ns == second.recorded_unix_ns);
    // What a thread did before it was added up to others is shown with them in a longer window.
    sums of_parts, of_both;
    add_figures(of_parts, first, !threads_end);
    add_figures(of_parts, second, !threads_end);
    add_figures(of_both, both, !threads_end);
    CHECK(lines_of(of_parts) == lines_of(of_both));
    CHECK_FALSE(of_both.empty());
}

TEST_CASE("between: what nothing happened to is left out") {
    scope_figures two, five;
    two.calls = 2;
    five.calls = 5;
    session_builder before, after;
    before.thread("main", "a||10\n  >s||0|0\n  b||20\n    c||5", {two}).thread("idle", "x||9");
    after.thread("main", "a||10\n  >s||0|0\n  b||20\n    c||8\n  d||1\n    e||0", {five})
        .thread("idle", "x||9");
    const session window = session_between(*before, *after);
    CHECK(self_times(window) == "c 3, d 1");
    REQUIRE(window.threads.size() == 1);
    CHECK(window.threads[0].name == "main");
    REQUIRE(window.threads[0].scopes.size() == 1);
    CHECK(window.threads[0].scopes[0].calls == 3); // without a sample, and yet it happened
    std::string names;
    for (const frame& each : window.frames)
        names += each.name + ' ';
    CHECK(names == "main a s b c d e ");
}

TEST_CASE("between: what moved to another place is not missing") {
    session_builder before, after;
    // The last instant was b's, in the end it became c's; 4 ms of the scope have found their place.
    before.thread("main", "a||10\n  b||5\n>s||6|0\n  f||4", {scope_figures()});
    after.thread("main", "a||10\n  b||3\n  c||12\n>s||2|0\n  f||4\n  g||20", {scope_figures()});
    const session window = session_between(*before, *after);
    check_sums(window);
    CHECK(window.threads[0].wall_ns == 26'000'000);
    CHECK(self_times(window) == "c 10, g 16");
}

TEST_CASE("between: what is missing in a scope is taken from the others when it has not enough") {
    session_builder before, after;
    before.thread("main", "a||10\n>s||6|0", {scope_figures()});
    after.thread("main", "a||20\n>s||1|0\n  f||2", {scope_figures()});
    const session window = session_between(*before, *after);
    check_sums(window);
    CHECK(self_times(window) == "a 7");
}

TEST_CASE("between: a place that the later session does not know takes nothing from the sum") {
    session_builder before, after;
    before.thread("main", "a||10\n  unloaded||4");
    after.thread("main", "a||18\n  module+0x10||4");
    const session window = session_between(*before, *after);
    check_sums(window);
    CHECK(window.threads[0].wall_ns == 8'000'000);
}

TEST_CASE("between: a function whose line is learnt meanwhile is the same") {
    session_builder before, after;
    before.thread("main", "a|a.cpp:0|10");
    after.thread("main", "a|a.cpp:7|12");
    CHECK(self_times(session_between(*before, *after)) == "a 2");
}

TEST_CASE("between: threads are told apart by number, name and time") {
    session_builder before, after;
    before.thread("old name", "a||10").thread("worker", "b||30").thread("gone", "c||5");
    after.thread("new name", "a||12")
        .thread("worker", "b||4")
        .thread("(ended threads)", "b||40\nc||6");
    after->threads[0].tid = 100;
    after->threads[1].tid = 101; // a new one: it has less than that one had
    after->threads[2].tid = 0;
    CHECK(self_times(session_between(*before, *after)) == "a 2, b 4, b 10, c 1");
}

TEST_CASE("between: scopes of one text are taken away from each other's sum") {
    const auto calls = [](std::uint64_t n) {
        scope_figures figures;
        figures.calls = n;
        return figures;
    };
    session_builder before, after;
    before.thread("main", "a||1\n  >s||2|0\nb||1", {calls(7)});
    after.thread("main", "b||2\n  >s||3|0\na||1\n  >s||2|1", {calls(4), calls(8)});
    const session window = session_between(*before, *after);
    CHECK(self_times(window) == "b 1, s 3");
    std::uint64_t sum = 0;
    for (const scope_figures& each : window.threads[0].scopes)
        sum += each.calls;
    CHECK(sum == 5);
}

TEST_CASE("between: times of timed scopes are as exact as they can be") {
    scope_figures early, late, fresh;
    early.calls = 2;
    early.timed = true;
    early.times = {30, 10, 20, 10, 20};
    late.calls = 5;
    late.timed = true;
    late.times = {100, 10, 40, 20, 40};
    fresh.calls = 1;
    fresh.timed = true;
    fresh.times = {7, 7, 7, 7, 7};
    session_builder before, after;
    before.thread("main", ">>s||5|0", {early});
    after.thread("main", ">>s||9|0\n>>t||1|1", {late, fresh});
    const session window = session_between(*before, *after);
    REQUIRE(window.threads[0].scopes.size() == 2);
    const scope_figures& s = window.threads[0].scopes[0];
    CHECK(s.calls == 3);
    CHECK(s.times.total_ns == 70);
    CHECK(s.times.min_ns == 10);
    CHECK(s.times.max_ns == 40);
    CHECK(describe(window.threads[0].scopes[1]) == describe(fresh));
    REQUIRE(window.notes.size() == 1);
    CHECK(window.notes[0].find("percentiles") != std::string::npos);
    CHECK(session_between(start_of(*after), *after).notes.empty());
    early.calls = 0;
    early.times = {};
    session_builder unused;
    unused.thread("main", ">>s||5|0", {early});
    CHECK(session_between(*unused, *after).notes.empty());
}

TEST_CASE("between: a timeline is cut at the edges") {
    session_builder before, after;
    before.thread("main", "a||4\nb||3").timeline("a 4, b 3");
    after.thread("main", "a||6\nb||9\nc||1").timeline("a 4, b 6, c 1, a 2, b 3");
    const session window = session_between(*before, *after);
    std::string text;
    std::int64_t end = 0;
    for (const timeline_run& run : window.threads[0].timeline) {
        text += window.frames[window.threads[0].nodes[run.node].frame].name + ' ' +
                std::to_string(run.start_ns / 1'000'000) + '+' +
                std::to_string(run.duration_ns / 1'000'000) + ' ';
        end = run.start_ns + run.duration_ns;
    }
    CHECK(text == "b 0+3 c 3+1 a 4+2 b 6+3 ");
    CHECK(end == window.duration_ns);
}

TEST_CASE("between: what is no window of one run is refused") {
    session_builder built;
    built.thread("main", "a||10");
    const session run = *built;
    session other = run;
    other.pid = 8;
    CHECK_THROWS_WITH(session_between(run, other), Catch::Contains("one run"));
    other = run;
    ++other.recorded_unix_ns;
    CHECK_THROWS_WITH(session_between(run, other), Catch::Contains("one run"));
    other = run;
    --other.duration_ns;
    CHECK_THROWS_WITH(session_between(run, other), Catch::Contains("is the later one"));
    other = run;
    other.threads[0].nodes[1].frame = 99;
    CHECK_THROWS_WITH(session_between(run, other), Catch::Contains("the later session"));
    CHECK_THROWS_WITH(session_between(other, run), Catch::Contains("the earlier session"));
}
