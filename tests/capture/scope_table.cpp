#include <scopetree/capture/scope_table.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

using namespace scopetree::scopes;
using scopetree::detail::scope_table;

namespace {

scope_site site(const char* name, std::uint32_t line = 1) {
    return {name, "void f()", "f.cpp", line, 0, 0, nullptr};
}

struct staged_table {
    staged_table() { scope_table::init_root(root); }
    const scope_record& record(const std::string& name) {
        return *table.intern(site(name.c_str()));
    }
    scope_node* add(scope_node& parent, const std::string& name) {
        return table.add(parent, record(name), this);
    }

    scope_table table;
    scope_node root;
};

} // namespace

TEST_CASE("scope table: equal sites share a record, strings are copied") {
    scope_table table;
    std::string name = "parse";
    std::string function = "void f()";
    std::string file = "f.cpp";
    const scope_record* const record =
        table.intern({name.c_str(), function.c_str(), file.c_str(), 7, 0, 1, nullptr});
    REQUIRE(record != nullptr);
    name = function = file = "gone!";
    CHECK(std::string(record->name) == "parse");
    CHECK(std::string(record->function) == "void f()");
    CHECK(std::string(record->file) == "f.cpp");
    CHECK(record->line == 7);
    CHECK(record->whole_function);
    CHECK_FALSE(record->timed);
    CHECK(table.intern({"parse", "void f()", "f.cpp", 7, 0, 1, nullptr}) == record);
}

TEST_CASE("scope table: sites that differ in anything do not share one") {
    scope_table table;
    const scope_site sites[] = {
        {"parse", "void f()", "f.cpp", 7, 0, 0, nullptr},
        {"other", "void f()", "f.cpp", 7, 0, 0, nullptr},
        {"parse", "void g()", "f.cpp", 7, 0, 0, nullptr},
        {"parse", "void f()", "g.cpp", 7, 0, 0, nullptr},
        {"parse", "void f()", "f.cpp", 8, 0, 0, nullptr},
        {"parse", "void f()", "f.cpp", 7, 1, 0, nullptr},
        {"parsevoid f()", "", "f.cpp", 7, 0, 0, nullptr}, // the same letters
    };
    std::vector<const scope_record*> records;
    for (const scope_site& each : sites)
        records.push_back(table.intern(each));
    for (std::size_t i = 0; i < records.size(); ++i)
        for (std::size_t k = 0; k < records.size(); ++k)
            CHECK((records[i] == records[k]) == (i == k));
}

TEST_CASE("scope table: more sites than buckets") {
    scope_table table;
    std::vector<const scope_record*> records;
    for (std::uint32_t line = 0; line < 5'000; ++line)
        records.push_back(table.intern(site("s", line)));
    bool right = true;
    for (std::uint32_t line = 0; line < 5'000; ++line)
        right =
            right && table.intern(site("s", line)) == records[line] && records[line]->line == line;
    CHECK(right);
}

TEST_CASE("scope table: a new node is complete") {
    staged_table s;
    int code = 0;
    scope_node* const node = s.table.add(s.root, s.record("a"), &code);
    REQUIRE(node != nullptr);
    CHECK(node->record == &s.record("a"));
    CHECK(node->parent == &s.root);
    CHECK(node->pc == &code);
    CHECK(node->depth == 1);
    CHECK(node->calls == 0);
    CHECK(node->timing == nullptr);
    REQUIRE(node->recent != nullptr);
    CHECK(node->recent->record != nullptr);        // equal to no site, not even to one
    CHECK(node->recent->record != &s.record("a")); // whose record is not known yet
    CHECK(s.root.first_child == node);
    scope_site timed = site("t");
    timed.timed = 1;
    const scope_node* const with_times = s.table.add(*node, *s.table.intern(timed), &code);
    REQUIRE(with_times != nullptr);
    CHECK(with_times->timing != nullptr);
    CHECK(with_times->depth == 2);
}

TEST_CASE("scope table: children are found below and above the index threshold") {
    staged_table s;
    std::deque<std::pair<const scope_record*, const scope_node*>> added;
    const scope_record& stranger = s.record("stranger");
    for (int i = 0; i < 1'000; ++i) {
        const scope_record& record = s.record("child " + std::to_string(i));
        CHECK(scope_table::find(s.root, record) == nullptr);
        added.push_back({&record, s.table.add(s.root, record, nullptr)});
        if (i > 20 && i % 97 != 0 && ((i + 1) & i) != 0)
            continue;
        bool right = scope_table::find(s.root, stranger) == nullptr;
        for (const auto& [known, node] : added)
            right = right && scope_table::find(s.root, *known) == node;
        INFO("with " << i + 1 << " children");
        CHECK(right);
    }
    CHECK(s.root.child_count == 1'000);
    int met = 0;
    for (const scope_node* at = s.root.first_child; at != nullptr; at = at->next_sibling)
        ++met;
    CHECK(met == 1'000);
}

TEST_CASE("scope table: equal scopes under different parents are different nodes") {
    staged_table s;
    scope_node* const a = s.add(s.root, "a");
    scope_node* const b = s.add(s.root, "b");
    scope_node* const under_a = s.add(*a, "x");
    scope_node* const under_b = s.add(*b, "x");
    CHECK(under_a != under_b);
    CHECK(scope_table::find(*a, s.record("x")) == under_a);
    CHECK(scope_table::find(*b, s.record("x")) == under_b);
    CHECK(scope_table::find(s.root, s.record("x")) == nullptr);
}

TEST_CASE("scope table: nesting ends at its limit") {
    staged_table s;
    scope_node* at = &s.root;
    for (std::uint32_t depth = 1; depth <= scope_table::max_depth; ++depth) {
        at = s.add(*at, "r");
        REQUIRE(at != nullptr);
        REQUIRE(at->depth == depth);
    }
    CHECK(s.add(*at, "r") == nullptr);
    CHECK(at->first_child == nullptr);
    CHECK(at->child_count == 0);
}

TEST_CASE("scope table: the number of children ends at its limit") {
    staged_table s;
    for (std::uint32_t i = 0; i < scope_table::max_children; ++i)
        REQUIRE(s.add(s.root, std::to_string(i)) != nullptr);
    CHECK(s.add(s.root, "one more") == nullptr);
    CHECK(s.root.child_count == scope_table::max_children);
    CHECK(scope_table::find(s.root, s.record("9999")) != nullptr);
    CHECK(scope_table::find(s.root, s.record("one more")) == nullptr);
}
