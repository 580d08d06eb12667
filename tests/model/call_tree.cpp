#include <scopetree/model/call_tree.hpp>

#include "staged_track.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

using staged::call_tree;
using staged::location_table;
using staged::stack_extent;
using staged::staged_sample;
using staged::staged_scope;

namespace {

std::vector<std::string> random_stacks(std::mt19937& random, std::size_t count) {
    std::vector<std::string> stacks;
    while (stacks.size() < count) {
        // Mostly a stretch of the one before: as a program's stacks grow and shrink.
        std::string stack = stacks.empty() ? "" : stacks.back();
        stack.resize(stack.size() * (random() % 4) / 3);
        for (auto more = random() % 6; more > 0; --more)
            stack += static_cast<char>('a' + random() % 4);
        stacks.push_back(stack.empty() ? "a" : stack);
    }
    return stacks;
}

/// Every frame on the way down is a node; the innermost one is another than the same as a caller.
std::set<std::string> nodes_of(const std::vector<std::string>& stacks) {
    std::set<std::string> nodes{""};
    for (const std::string& stack : stacks) {
        for (std::size_t depth = 1; depth < stack.size(); ++depth)
            nodes.insert(stack.substr(0, depth));
        nodes.insert(stack + "!");
    }
    return nodes;
}

} // namespace

TEST_CASE("call tree: the same stack is the same leaf, another scope or extent is not") {
    call_tree tree;
    location_table locations;
    const staged_scope s("S"), r("R");
    staged_sample mf("mf"), mg("mg");
    const std::uint32_t first = tree.leaf_of(mf.taken, locations);
    CHECK(tree.leaf_of(mf.taken, locations) == first);
    CHECK(tree.leaf_of(mg.taken, locations) != first);
    mf.taken.scope = &s.node;
    const std::uint32_t in_s = tree.leaf_of(mf.taken, locations);
    CHECK(in_s != first);
    mf.taken.scope = &r.node;
    CHECK(tree.leaf_of(mf.taken, locations) != in_s);
    mf.taken.extent = stack_extent::truncated;
    tree.credit(tree.leaf_of(mf.taken, locations), 5, 3, 2);
    tree.credit(tree.leaf_of(&r.node), 7, 0, 0);
    CHECK(staged::credits(tree, locations) == "mf wall 0 cpu 0 samples 0\n"
                                              "mg wall 0 cpu 0 samples 0\n"
                                              "mf[S] wall 0 cpu 0 samples 0\n"
                                              "mf[R] wall 0 cpu 0 samples 0\n"
                                              "mf(truncated)[R] wall 5 cpu 3 samples 2\n"
                                              "(no stack)[R] wall 7 cpu 0 samples 0\n");
}

TEST_CASE("call tree: holds distinct paths only, whatever the order of the samples") {
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        std::mt19937 random(seed);
        const std::vector<std::string> stacks = random_stacks(random, 200);
        call_tree tree;
        location_table locations;
        std::map<std::string, std::uint32_t> leaves;
        bool stable = true;
        for (const std::string& stack : stacks) {
            const std::uint32_t leaf = tree.leaf_of(staged_sample(stack).taken, locations);
            stable = stable && leaves.emplace(stack, leaf).first->second == leaf;
        }
        CHECK(stable);
        CHECK(tree.leaves().size() == leaves.size());
        CHECK(tree.paths().size() == nodes_of(stacks).size());
        bool right = true;
        for (const auto& [stack, leaf] : leaves)
            right = right && staged::stack_of(tree, locations, tree.leaves()[leaf].path) == stack;
        CHECK(right);
    }
}

TEST_CASE("call tree: parents come before their children") {
    std::mt19937 random(1);
    call_tree tree;
    location_table locations;
    for (const std::string& stack : random_stacks(random, 300))
        tree.leaf_of(staged_sample(stack).taken, locations);
    bool ordered = true;
    for (std::uint32_t i = 1; i < tree.paths().size(); ++i)
        ordered = ordered && tree.paths()[i].parent < i;
    CHECK(ordered);
}

TEST_CASE("call tree: known paths take no memory") {
    std::mt19937 random(2);
    const std::vector<std::string> stacks = random_stacks(random, 100);
    call_tree tree;
    location_table locations;
    for (const std::string& stack : stacks)
        tree.leaf_of(staged_sample(stack).taken, locations);
    const auto paths = tree.paths().capacity();
    const auto leaves = tree.leaves().capacity();
    const auto numbers = locations.all().capacity();
    const auto path_count = tree.paths().size();
    const auto leaf_count = tree.leaves().size();
    for (int i = 0; i < 20'000; ++i)
        tree.credit(tree.leaf_of(staged_sample(stacks[random() % 100]).taken, locations), 1, 1, 1);
    CHECK(tree.paths().size() == path_count);
    CHECK(tree.leaves().size() == leaf_count);
    CHECK(tree.paths().capacity() == paths);
    CHECK(tree.leaves().capacity() == leaves);
    CHECK(locations.all().capacity() == numbers);
}

TEST_CASE("call tree: shorter and longer samples share what is common") {
    call_tree tree;
    location_table locations;
    const auto leaf = [&](const char* stack) {
        return tree.leaf_of(staged_sample(stack).taken, locations);
    };
    const std::uint32_t deep = leaf("abcde"), shallow = leaf("ab");
    for (int i = 0; i < 3; ++i) {
        CHECK(leaf("abcde") == deep);
        CHECK(leaf("ab") == shallow);
    }
    // What a longer sample left behind a shorter one is of no more use.
    leaf("xy");
    CHECK(leaf("abcde") == deep);
    CHECK(tree.leaves().size() == 3);
}

TEST_CASE("call tree: merging adds up equal paths and keeps the rest") {
    location_table locations;
    call_tree a, b;
    const staged_scope s("S");
    a.credit(a.leaf_of(staged_sample("mf").taken, locations), 1, 2, 3);
    b.credit(b.leaf_of(staged_sample("x").taken, locations), 10, 20, 30);
    b.credit(b.leaf_of(staged_sample("mf").taken, locations), 100, 200, 300);
    b.credit(b.leaf_of(&s.node), 7, 0, 0);
    a.merge(b);
    const std::string merged = "mf wall 101 cpu 202 samples 303\n"
                               "x wall 10 cpu 20 samples 30\n"
                               "(no stack)[S] wall 7 cpu 0 samples 0\n";
    CHECK(staged::credits(a, locations) == merged);
    a.merge(call_tree());
    CHECK(staged::credits(a, locations) == merged);
    SECTION("and is taken up by later samples") {
        a.credit(a.leaf_of(staged_sample("x").taken, locations), 1, 0, 0);
        CHECK(a.leaves().size() == 3);
    }
}

TEST_CASE("call tree: of a scope's leaves the busiest is the one with the most CPU time") {
    location_table locations;
    call_tree tree;
    const staged_scope s("S"), r("R");
    const auto credit = [&](const char* stack, const staged_scope& scope, std::int64_t cpu_ns) {
        staged_sample made(stack);
        made.taken.scope = &scope.node;
        const std::uint32_t leaf = tree.leaf_of(made.taken, locations);
        tree.credit(leaf, 1'000, cpu_ns, 1);
        return leaf;
    };
    const std::uint32_t waits = credit("mw", s, 0);
    CHECK(tree.busiest_leaf_of(&s.node) == tree.leaf_of(&s.node)); // it never ran
    CHECK(tree.busiest_leaf_of(&s.node) != waits);
    credit("mf", s, 10);
    const std::uint32_t busiest = credit("mg", s, 30);
    credit("mh", s, 20);
    credit("mf", r, 40);
    CHECK(tree.busiest_leaf_of(&s.node) == busiest);
}

TEST_CASE("call tree: a copy goes on by itself") {
    location_table locations;
    call_tree a;
    a.credit(a.leaf_of(staged_sample("mf").taken, locations), 1, 1, 1);
    call_tree b = a;
    b.credit(b.leaf_of(staged_sample("mfg").taken, locations), 1, 1, 1);
    CHECK(a.leaves().size() == 1);
    CHECK(b.leaves().size() == 2);
}
