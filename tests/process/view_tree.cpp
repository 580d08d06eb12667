#include <scopetree/process/view_tree.hpp>

#include <catch2/catch.hpp>

using namespace scopetree;
using detail::view_tree;

namespace {

view_tree tree_of(std::size_t count) {
    view_tree tree;
    tree.nodes.resize(count);
    return tree;
}

} // namespace

TEST_CASE("view tree: children stand in the order in which they came", "[process]") {
    view_tree tree = tree_of(4);
    tree.append_child(0, 2);
    tree.append_child(0, 1);
    tree.append_child(2, 3);
    CHECK(tree.children_of(0) == std::vector<std::uint32_t>{2, 1});
    CHECK(tree.nodes[3].parent == 2);
    tree.set_children(0, {1});
    CHECK(tree.children_of(0) == std::vector<std::uint32_t>{1});
    CHECK(tree.nodes[0].last_child == 1);
    tree.set_children(0, {});
    CHECK(tree.children_of(0).empty());
}

TEST_CASE("view tree: merging takes times, children and scopes", "[process]") {
    view_tree tree = tree_of(5);
    tree.append_child(1, 3);
    tree.append_child(2, 4);
    tree.nodes[1].time = 1;
    tree.nodes[2].time = 2;
    tree.nodes[2].absorbed = 4;
    tree.nodes[1].second_time = 8;
    tree.nodes[2].second_time = 16;
    tree.nodes[2].second_absorbed = 32;
    tree.scope_links = {{7, no_index}, {9, no_index}};
    tree.nodes[1].first_scope = tree.nodes[1].last_scope = 0;
    tree.nodes[2].first_scope = tree.nodes[2].last_scope = 1;
    tree.merge(1, 2);
    CHECK(tree.nodes[1].time == 3);
    CHECK(tree.nodes[1].absorbed == 4);
    CHECK(tree.nodes[1].second_time == 24);
    CHECK(tree.nodes[1].second_absorbed == 32);
    CHECK(tree.children_of(1) == std::vector<std::uint32_t>{3, 4});
    CHECK(tree.nodes[4].parent == 1);
    CHECK(tree.children_of(2).empty());
    CHECK(tree.nodes[1].last_scope == 1);
    CHECK(tree.scope_links[0].next == 1);
    view_tree bare = tree;
    bare.merge(0, 1);
    CHECK(bare.nodes[0].first_scope == 0);
    CHECK(bare.nodes[0].last_scope == 1);
}

TEST_CASE("view tree: parents are visited first, siblings in order", "[process]") {
    view_tree tree = tree_of(5);
    tree.append_child(0, 4);
    tree.append_child(0, 1);
    tree.append_child(4, 3);
    tree.append_child(1, 2);
    std::vector<std::uint32_t> seen;
    visit_preorder(tree, [&](std::uint32_t node) { seen.push_back(node); });
    CHECK(seen == std::vector<std::uint32_t>{0, 4, 3, 1, 2});
}

TEST_CASE("view tree: what a visit takes out is not visited", "[process]") {
    view_tree tree = tree_of(3);
    tree.append_child(0, 1);
    tree.append_child(0, 2);
    std::vector<std::uint32_t> seen;
    visit_preorder(tree, [&](std::uint32_t node) {
        seen.push_back(node);
        tree.set_children(0, {2});
    });
    CHECK(seen == std::vector<std::uint32_t>{0, 2});
}
