#include <scopetree/model/location_table.hpp>

#include "staged_track.hpp"
#include <support/staged_modules.hpp>

#include <catch2/catch.hpp>

#include <cstdint>

using scopetree::detail::location_table;
using scopetree::detail::module_map;

namespace {

constexpr auto nowhere = static_cast<std::uint32_t>(-1);

/// A table that knows what the staged loader has.
struct staged_table {
    staged_table() { update(); }
    void update() {
        if (loader.refresh(map))
            table.update(map);
    }
    std::string module_of(std::uint32_t id) const {
        const std::uint32_t module = table.all()[id].module;
        return module == nowhere ? "nowhere" : table.modules().all()[module].path;
    }

    staged::modules loader;
    module_map map;
    location_table table;
};

} // namespace

TEST_CASE("locations: an address has one number as what was interrupted, one as a caller") {
    location_table table;
    const std::uint32_t caller = table.id_of(0x1234, false);
    const std::uint32_t interrupted = table.id_of(0x1234, true);
    CHECK(caller != interrupted);
    CHECK(table.id_of(0x1234, false) == caller);
    CHECK(table.id_of(0x1234, true) == interrupted);
    CHECK(table.all().size() == 2);
    CHECK(table.all()[caller].pc == 0x1234);
    CHECK_FALSE(table.all()[caller].exact);
    CHECK(table.all()[interrupted].exact);
    CHECK(table.all()[caller].module == nowhere);
}

TEST_CASE("locations: another library at the same address has other numbers") {
    staged_table s;
    s.loader.load("one.so", 0x5000, 0x1000);
    s.update();
    const std::uint32_t in_one = s.table.id_of(0x5010, false);
    CHECK(s.module_of(in_one) == "one.so");
    s.loader.unload("one.so");
    s.loader.load("two.so", 0x5000, 0x1000);
    s.update();
    const std::uint32_t in_two = s.table.id_of(0x5010, false);
    CHECK(in_two != in_one);
    CHECK(s.module_of(in_one) == "one.so");
    CHECK(s.module_of(in_two) == "two.so");
}

TEST_CASE("locations: what a library left behind is not counted for what comes to its place") {
    staged_table s;
    s.loader.load("one.so", 0x5000, 0x1000);
    s.update();
    const std::uint32_t in_one = s.table.id_of(0x5010, false);
    s.loader.unload("one.so");
    s.update();
    const std::uint32_t gone = s.table.id_of(0x5010, false);
    CHECK(gone != in_one);
    CHECK(s.module_of(gone) == "nowhere");
    SECTION("a late address finds its library when that is known") {
        s.loader.load("two.so", 0x5000, 0x1000);
        s.update();
        CHECK(s.table.id_of(0x5010, false) == gone);
        CHECK(s.module_of(gone) == "two.so");
        CHECK(s.module_of(in_one) == "one.so");
    }
}

TEST_CASE("locations: what stays keeps its numbers") {
    staged_table s;
    s.loader.load("stays.so", 0x5000, 0x1000);
    s.loader.load("goes.so", 0x8000, 0x1000);
    s.update();
    const std::uint32_t stays = s.table.id_of(0x5010, false);
    const std::uint32_t program = s.table.id_of(0x1010, true);
    const std::uint32_t generated = s.table.id_of(0xf000, false); // in no library
    s.loader.unload("goes.so");
    s.update();
    CHECK(s.table.id_of(0xf000, false) == generated);
    CHECK(s.table.id_of(0x5010, false) == stays);
    CHECK(s.table.id_of(0x1010, true) == program);
}

TEST_CASE("locations: call trees notice that a library was replaced") {
    staged_table s;
    const std::uintptr_t at = staged::pc_of('f') & ~std::uintptr_t{0xfff};
    s.loader.load("one.so", at, 0x1000);
    s.update();
    staged::call_tree tree;
    staged::staged_sample mf("mf");
    const std::uint32_t before = tree.leaf_of(mf.taken, s.table);
    const std::uint32_t generation = s.table.generation();
    s.loader.unload("one.so");
    s.loader.load("two.so", at, 0x1000);
    s.update();
    CHECK(s.table.generation() != generation);
    const std::uint32_t after = tree.leaf_of(mf.taken, s.table);
    CHECK(after != before);
    CHECK(s.module_of(tree.paths()[tree.leaves()[before].path].location) == "one.so");
    CHECK(s.module_of(tree.paths()[tree.leaves()[after].path].location) == "two.so");
    CHECK(tree.leaf_of(mf.taken, s.table) == after);
}
