#include <scopetree/model/scope_paths.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <string>

using namespace scopetree::detail;

namespace {

std::string path_of(const scope_node& node) {
    return node.parent == nullptr ? "" : path_of(*node.parent) + "/" + node.record->name;
}

scope_record named(const char* name) {
    scope_record record{};
    record.name = name;
    return record;
}

scope_node below(const scope_node& parent, const scope_record& record) {
    scope_node node{};
    node.parent = const_cast<scope_node*>(&parent);
    node.record = &record;
    return node;
}

} // namespace

TEST_CASE("paths: equal ones share their node") {
    scope_paths paths;
    const scope_node root{};
    const scope_record a = named("a"), b = named("b");
    const scope_node* const first = paths.child(root, a, &a);
    CHECK(paths.child(root, a, &a) == first);
    CHECK(first->parent == &root);
    CHECK(first->record == &a);
    CHECK(first->pc == &a);
    CHECK(paths.child(root, b, &a) != first);
    CHECK(paths.child(root, a, &b) != first);
    CHECK(paths.child(*first, a, &a) != first);
}

TEST_CASE("paths: a request's scopes lie below it, wherever it was served") {
    scope_paths paths;
    const scope_node thread{}, own_root{};
    const scope_record a = named("a"), b = named("b");
    const scope_node inner_a = below(own_root, a);
    const scope_node inner_b = below(inner_a, b);
    request_route route;
    route.record = named("GET /x");
    request_context context;
    context.route = &route;
    const request_place place{&context, 1, &inner_b, &thread};
    const scope_node* const found = paths.below(thread, place);
    CHECK(path_of(*found) == "/GET /x/a/b");
    CHECK(paths.below(thread, place) == found);
    CHECK(paths.below(thread, {&context, 1, &own_root, &thread}) == found->parent->parent);
    CHECK(paths.below(own_root, place) != found);
}

TEST_CASE("paths: nodes stay where they are") {
    scope_paths paths;
    const scope_node root{};
    const scope_record a = named("a");
    const scope_node* const first = paths.child(root, a, nullptr);
    const scope_node* at = first;
    for (int i = 0; i < 10'000; ++i)
        at = paths.child(*at, a, nullptr);
    CHECK(paths.child(root, a, nullptr) == first);
    int depth = 0;
    for (; at->parent != nullptr; at = at->parent)
        ++depth;
    CHECK(depth == 10'001);
}
