#include <scopetree/process/processors.hpp>

#include <scopetree/process/build_timeline_view.hpp>

#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace scopetree;
using detail::view_tree;

namespace {

/// Few names, so that siblings often are the same; runtime and library frames among them.
session random_session(std::mt19937& random, std::size_t nodes) {
    const auto below = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    test::session_builder built;
    built.thread("main", "");
    session source = *built;
    const char* const names[] = {"_start", "a", "b", "c", "std::__invoke<f>", "x", "y", "z"};
    for (std::size_t i = 0; i < 8; ++i) {
        frame f;
        f.name = f.full_name = names[i];
        f.file = i < 4 ? "a.cpp" : "lib/x.h";
        f.application = i < 4;
        f.kind = i == 3 ? frame_kind::scope : frame_kind::function;
        source.frames.push_back(f);
    }
    thread_tree& thread = source.threads.front();
    thread.scopes.resize(3);
    const std::size_t reach = 1 + below(nodes); // small: deep trees; large: broad ones
    for (std::size_t i = 1; i < nodes; ++i) {
        call_node node;
        node.parent = static_cast<std::uint32_t>(i - 1 - below(std::min(i, reach)));
        node.frame = static_cast<std::uint32_t>(1 + below(8));
        if (node.frame == 4)
            node.scope = static_cast<std::uint32_t>(below(3));
        if (below(3) != 0)
            node.wall_ns = static_cast<std::int64_t>(below(1'000) * below(1'000) * below(1'000));
        if (below(2) != 0)
            node.cpu_ns = static_cast<std::int64_t>(below(1'000'000));
        thread.nodes.push_back(node);
    }
    if (below(2) != 0)
        thread.nodes.front().wall_ns = 12'345;
    return source;
}

/// Runs of random nodes: of some more than they have time, of others none, as if thinned.
void add_timeline(session& source, std::mt19937& random) {
    thread_tree& thread = source.threads.front();
    std::int64_t left = 0;
    for (const call_node& node : thread.nodes)
        left += node.wall_ns;
    for (std::int64_t now = 0; left > 0;) {
        const auto node = static_cast<std::uint32_t>(random() % thread.nodes.size());
        const std::int64_t part =
            1 + std::uniform_int_distribution<std::int64_t>(0, left - 1)(random) / 8;
        thread.timeline.push_back({node, now, part});
        now += part;
        left -= part;
    }
}

struct times {
    std::int64_t time;
    std::int64_t second_time;
};

/// For every node with children: their times and what was absorbed make its time. Links are sound.
void check_invariant(const view_tree& tree, times root) {
    std::size_t wrong = 0;
    std::size_t reached = 0;
    visit_preorder(tree, [&](std::uint32_t node) {
        const detail::view_node& n = tree.nodes[node];
        ++reached;
        if (n.first_child == no_index)
            return;
        std::int64_t sum = n.absorbed;
        std::int64_t second_sum = n.second_absorbed;
        std::uint32_t last = no_index;
        for (const std::uint32_t child : tree.children_of(node)) {
            sum += tree.nodes[child].time;
            second_sum += tree.nodes[child].second_time;
            wrong += tree.nodes[child].parent != node ? 1 : 0;
            last = child;
        }
        wrong += sum != n.time || second_sum != n.second_time || last != n.last_child ? 1 : 0;
    });
    CHECK(wrong == 0);
    CHECK(reached <= tree.nodes.size());
    CHECK(tree.root().time == root.time);
    CHECK(tree.root().second_time == root.second_time);
}

/// Every processor by itself, in the order in which they are used.
template <class After>
void process_stepwise(view_tree& tree, const session& source, After&& after) {
    after(tree);
    detail::collapse_runtime(tree);
    after(tree);
    detail::merge_consecutive_self(tree);
    after(tree);
    detail::aggregate_repeated_calls(tree);
    after(tree);
    detail::remove_irrelevant(tree, 0.01);
    after(tree);
    detail::remove_unnecessary_self(tree);
    after(tree);
    detail::group_library_frames(tree,
                                 detail::hidden_frames(source, detail::shorten_paths(source), {}));
    after(tree);
}

} // namespace

TEST_CASE("processors: no time is lost, whatever the tree", "[process]") {
    for (unsigned seed = 0; seed < 300; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const session source = random_session(random, 1 + seed * 2);
        view_tree tree = test::view_of(source, report_clock::both);
        const times root{tree.root().time, tree.root().second_time};
        process_stepwise(tree, source, [&](const view_tree& t) { check_invariant(t, root); });
    }
}

TEST_CASE("processors: a node keeps its own time, whatever is taken out", "[process]") {
    for (unsigned seed = 0; seed < 100; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const session source = random_session(random, 1 + seed * 3);
        view_tree tree = test::view_of(source, report_clock::both);
        const auto count_wrong = [&](bool all_there) {
            std::size_t wrong = 0;
            visit_preorder(tree, [&](std::uint32_t node) {
                const detail::view_node& n = tree.nodes[node];
                if (n.kind == detail::view_kind::self)
                    return;
                const std::int64_t outside = detail::own_time(tree, node);
                wrong += n.own > outside || (all_there && n.own != outside) ? 1 : 0;
                std::int64_t second = n.second_time - n.second_own;
                for (const std::uint32_t child : tree.children_of(node))
                    if (tree.nodes[child].kind != detail::view_kind::self)
                        second -= tree.nodes[child].second_time;
                wrong += second < 0 || (all_there && second != 0) ? 1 : 0;
            });
            return wrong;
        };
        CHECK(count_wrong(true) == 0);
        detail::collapse_runtime(tree);
        CHECK(count_wrong(true) == 0);
        detail::aggregate_repeated_calls(tree);
        CHECK(count_wrong(true) == 0);
        detail::remove_irrelevant(tree, 0.01);
        detail::remove_unnecessary_self(tree);
        CHECK(count_wrong(false) == 0);
    }
}

TEST_CASE("processors: no time of a timeline is lost", "[process]") {
    for (unsigned seed = 0; seed < 300; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        session source = random_session(random, 1 + seed * 2);
        add_timeline(source, random);
        text_options chosen;
        chosen.timeline = true;
        chosen.show_all = seed % 3 == 0;
        chosen.clock = static_cast<report_clock>(seed % 4 == 0 ? 1 : 2);
        const view_tree whole = test::view_of(source, chosen.clock);
        view_tree tree = detail::build_timeline_view(source, source.threads.front(), chosen);
        const times root{whole.root().time, whole.root().second_time};
        check_invariant(tree, root);
        detail::process(tree, chosen,
                        detail::hidden_frames(source, detail::shorten_paths(source), chosen));
        check_invariant(tree, root);
        std::size_t short_ones = 0;
        visit_preorder(tree, [&](std::uint32_t node) {
            short_ones += node != 0 && static_cast<double>(tree.nodes[node].time) <
                                           0.00999 * static_cast<double>(root.time)
                              ? 1
                              : 0;
        });
        CHECK((short_ones == 0 || chosen.show_all));
    }
}

TEST_CASE("processors: a timeline keeps its order", "[process]") {
    test::session_builder built;
    built.thread("main", "a|a.cpp:1|10\nb|a.cpp:2|80\n").timeline("a 5, b 80, a 5");
    text_options chosen;
    chosen.timeline = true;
    view_tree tree = detail::build_timeline_view(*built, built->threads.front(), chosen);
    detail::process(tree, chosen, std::vector<bool>(built->frames.size()));
    CHECK(test::draw(tree) == "main 90\n  a 5 -5\n  b 80 -80\n  a 5 -5\n");
}

TEST_CASE("processors: siblings differ after aggregation, and are sorted", "[process]") {
    for (unsigned seed = 0; seed < 100; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const session source = random_session(random, 400);
        view_tree tree = test::view_of(source);
        detail::collapse_runtime(tree);
        detail::aggregate_repeated_calls(tree);
        std::size_t wrong = 0;
        visit_preorder(tree, [&](std::uint32_t node) {
            std::vector<std::string> names;
            std::int64_t before = tree.nodes[node].time;
            for (const std::uint32_t child : tree.children_of(node)) {
                const detail::view_node& c = tree.nodes[child];
                names.push_back(c.kind == detail::view_kind::self ? "" : tree.frame_of(c).name);
                wrong += c.time > before ? 1 : 0;
                before = c.time;
            }
            std::sort(names.begin(), names.end());
            wrong += std::adjacent_find(names.begin(), names.end()) != names.end() ? 1 : 0;
        });
        CHECK(wrong == 0);
    }
}

TEST_CASE("processors: all of them are those, in that order", "[process]") {
    std::mt19937 random(7);
    const session source = random_session(random, 500);
    const std::vector<bool> hidden =
        detail::hidden_frames(source, detail::shorten_paths(source), {});
    view_tree stepwise = test::view_of(source);
    process_stepwise(stepwise, source, [](const view_tree&) {});
    view_tree at_once = test::view_of(source);
    detail::process(at_once, {}, hidden);
    CHECK(test::draw(at_once) == test::draw(stepwise));
    CHECK(at_once.groups.size() == stepwise.groups.size());
}

TEST_CASE("processors: show_all leaves out what hides", "[process]") {
    test::session_builder built;
    built.thread("main",
                 "~_start||0\n  main|main.cpp:1|999\n    ~a|lib/a.h:1|0\n      ~b|lib/a.h:2|1\n");
    text_options chosen;
    chosen.show_all = true;
    view_tree tree = test::view_of(*built);
    detail::process(tree, chosen,
                    detail::hidden_frames(*built, detail::shorten_paths(*built), chosen));
    CHECK(test::draw(tree) == R"(main 1000
  _start 1000
    main 1000
      [self] 999
      a 1
        b 1 -1
)");
    CHECK(tree.groups.empty());
}

TEST_CASE("processors: a stack of 100,000 frames", "[process]") {
    for (const std::size_t functions : {std::size_t{1}, std::size_t{7}}) {
        const session source = test::deep_session(100'000, functions);
        view_tree tree = test::view_of(source, report_clock::both);
        process_stepwise(tree, source, [&](const view_tree& t) {
            check_invariant(t, {1'000'000'000, 1'000'000'000});
        });
    }
}

TEST_CASE("processors: a stack of 100,000 library and of 100,000 start-up frames", "[process]") {
    session source = test::deep_session(100'000, 2);
    source.frames[1].application = source.frames[2].application = false;
    view_tree tree = test::view_of(source);
    detail::process(tree, {}, detail::hidden_frames(source, detail::shorten_paths(source), {}));
    REQUIRE(tree.groups.size() == 1);
    CHECK(tree.groups[0].hidden == 99'998); // all but the first and the last
    source.frames[1].name = source.frames[2].name = "_start";
    tree = test::view_of(source);
    detail::process(tree, {}, detail::hidden_frames(source, detail::shorten_paths(source), {}));
    CHECK(test::draw(tree) == "main 1000 -1000\n");
}

TEST_CASE("processors: nothing to process", "[process]") {
    view_tree tree;
    detail::process(tree, {}, {});
    CHECK(tree.nodes.empty());
}
