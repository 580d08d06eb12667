#include <scopetree/model/scope_usage.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace scopetree::scopes;
using scopetree::detail::scope_table;
using scopetree::detail::scope_usage;
using scopetree::detail::timing_quantile;

namespace {

/// A thread's tree of scopes; made of names.
class staged_scopes {
public:
    staged_scopes() { scope_table::init_root(root); }

    scope_node& child(scope_node& parent, const char* name, bool timed = false) {
        const scope_site site{name, "f()",  "f.cpp", 1, timed ? std::uint16_t{1} : std::uint16_t{0},
                              0,    nullptr};
        const scope_record* const record = table.intern(site);
        scope_node* const known = scope_table::find(parent, *record);
        return known != nullptr ? *known : *table.add(parent, *record, nullptr);
    }

    scope_node root;
    scope_table table;
};

std::map<std::string, std::uint64_t> calls(const scope_usage& usage) {
    std::map<std::string, std::uint64_t> result;
    for (const scope_usage::count& count : usage.counts()) {
        std::string path;
        for (const scope_node* at = count.node; at->parent != nullptr; at = at->parent)
            path.insert(0, std::string("/") + at->record->name);
        result[path] = count.calls;
    }
    return result;
}

using expected = std::map<std::string, std::uint64_t>;

} // namespace

TEST_CASE("usage: counts begin with the run") {
    staged_scopes s;
    scope_node& a = s.child(s.root, "a");
    scope_node& ab = s.child(a, "b");
    s.child(s.root, "never");
    a.calls = 10;
    ab.calls = 100;
    scope_usage::begin(s.root);
    a.calls += 3;
    scope_node& ac = s.child(a, "c"); // made during the run
    ac.calls = 7;
    scope_usage usage;
    usage.add(s.root, 1);
    CHECK(calls(usage) == expected{{"/a", 3}, {"/a/c", 7}});
    SECTION("and begin anew with the next") {
        scope_usage::begin(s.root);
        ++ab.calls;
        scope_usage next;
        next.add(s.root, 2);
        CHECK(calls(next) == expected{{"/a/b", 1}});
    }
    SECTION("and add up over threads") {
        staged_scopes other;
        other.child(other.root, "a").calls = 5;
        scope_usage more;
        more.add(other.root, 1);
        more.merge(usage);
        CHECK(more.counts().size() == 3); // nodes of another thread are other nodes
        more.merge(usage);
        CHECK(more.counts().size() == 3);
        CHECK(calls(more)["/a/c"] == 14);
    }
}

TEST_CASE("usage: the walk meets every node once, children after their parents") {
    staged_scopes s;
    std::mt19937 random(3);
    std::vector<scope_node*> nodes{&s.root};
    const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g", "h"};
    while (nodes.size() < 500) {
        scope_node& parent = *nodes[random() % nodes.size()];
        scope_node& node = s.child(parent, names[random() % names.size()].c_str());
        if (std::find(nodes.begin(), nodes.end(), &node) == nodes.end())
            nodes.push_back(&node);
    }
    std::vector<scope_node*> met;
    for (scope_node* at = &s.root; at != nullptr; at = scopetree::detail::next_node(s.root, at)) {
        if (at != &s.root)
            REQUIRE(std::find(met.begin(), met.end(), at->parent) != met.end());
        met.push_back(at);
    }
    std::sort(met.begin(), met.end());
    std::sort(nodes.begin(), nodes.end());
    CHECK(met == nodes);
}

TEST_CASE("usage: durations of another run are left out") {
    staged_scopes s;
    scope_node& t = s.child(s.root, "t", true);
    REQUIRE(t.timing != nullptr);
    t.calls = 2;
    record_duration(*t.timing, 1, 100);
    record_duration(*t.timing, 1, 300);
    scope_usage usage;
    SECTION("this run's") {
        usage.add(s.root, 1);
        REQUIRE(usage.timings().size() == 1);
        CHECK(usage.counts()[0].timing == 0);
        CHECK(usage.timings()[0].total == 400);
        CHECK(usage.timings()[0].min == 100);
        CHECK(usage.timings()[0].max == 300);
    }
    SECTION("an earlier run's") {
        usage.add(s.root, 2);
        CHECK(usage.timings().empty());
        CHECK(usage.counts()[0].timing == scopetree::detail::hash_index::none);
    }
    SECTION("the first pass of a new run clears the old figures") {
        record_duration(*t.timing, 2, 50);
        usage.add(s.root, 2);
        CHECK(usage.timings()[0].total == 50);
        CHECK(usage.timings()[0].min == 50);
        CHECK(usage.timings()[0].max == 50);
    }
    SECTION("two accounts together") {
        usage.add(s.root, 1);
        scope_usage other;
        other.merge(usage);
        other.merge(usage);
        CHECK(calls(other) == expected{{"/t", 4}});
        CHECK(other.timings()[0].total == 800);
        CHECK(other.timings()[0].min == 100);
        CHECK(other.timings()[0].max == 300);
        CHECK(timing_quantile(other.timings()[0], 0.25) < 110);
        CHECK(timing_quantile(other.timings()[0], 0.75) > 290);
    }
}

TEST_CASE("usage: quantiles are right to a sixteenth") {
    const double shape = GENERATE(0.0, 1.0, 3.0);
    std::mt19937_64 random(static_cast<std::uint64_t>(shape) + 1);
    std::lognormal_distribution<double> duration(10.0, shape);
    const auto timing = std::make_unique<scope_timing>();
    std::vector<std::uint64_t> truth;
    for (int i = 0; i < 5'000; ++i) {
        truth.push_back(static_cast<std::uint64_t>(duration(random)) % (std::uint64_t{1} << 46));
        record_duration(*timing, 1, truth.back());
    }
    std::sort(truth.begin(), truth.end());
    for (const double share : {0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999}) {
        const std::uint64_t right =
            truth[static_cast<std::size_t>(share * static_cast<double>(truth.size()))];
        const std::uint64_t said = timing_quantile(*timing, share);
        INFO("share " << share << ", right " << right << ", said " << said);
        CHECK(16 * (std::max(said, right) - std::min(said, right)) <= right);
    }
    CHECK(timing_quantile(*timing, 1.0) == truth.back());
}

TEST_CASE("usage: quantiles of few passes stay between the shortest and the longest") {
    const auto timing = std::make_unique<scope_timing>();
    CHECK(timing_quantile(*timing, 0.5) == 0);
    record_duration(*timing, 1, 1'000);
    for (const double share : {0.0, 0.5, 0.99, 1.0})
        CHECK(timing_quantile(*timing, share) == 1'000);
    record_duration(*timing, 1, 7);
    CHECK(timing_quantile(*timing, 0.0) == 7);
    CHECK(timing_quantile(*timing, 1.0) == 1'000);
}
