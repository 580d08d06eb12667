#include <scopetree/capture/runtime.hpp>

#include <support/own_thread.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

using namespace scopetree::detail;

TEST_CASE("runtime: the note leads to the registry of this program") {
    const scope_runtime* const runtime = find_runtime();
    REQUIRE(runtime != nullptr);
    CHECK(runtime == &own_runtime());
    CHECK(runtime->registry == &own_registry());
    CHECK(runtime->enter != nullptr);
    CHECK(runtime->name_thread != nullptr);
    CHECK(runtime->unlink != nullptr);
    CHECK(find_registry() == &own_registry());
    CHECK(find_runtime() == runtime);
}

TEST_CASE("runtime: every thread has a state of its own") {
    registry::thread_state* const here = &own_registry().this_thread_state();
    CHECK(&own_registry().this_thread_state() == here);
    test::on_own_thread([&] {
        CHECK(&own_registry().this_thread_state() != here);
        CHECK(own_registry().this_thread_state().record == nullptr);
        CHECK_FALSE(own_registry().this_thread_state().inside);
    });
}

TEST_CASE("runtime: a registry that other headers made is not touched") {
    const scope_runtime* const own = find_runtime();
    scope_runtime other = *own;
    other.abi = "v9_9";
    this_module.runtime = &other;
    CHECK(find_registry() == nullptr);
    this_module.runtime = own;
    CHECK(find_registry() == &own_registry());
}

namespace {

const scope_runtime* entry() noexcept {
    return &own_runtime();
}

/// A note that leads to `entry`.
runtime_note right_note() {
    return {10, 8, 1, "scopetree", {}};
}

void aim(runtime_note& note) {
    const std::uintptr_t distance =
        reinterpret_cast<std::uintptr_t>(&entry) - reinterpret_cast<std::uintptr_t>(note.value);
    std::memcpy(note.value, &distance, sizeof distance);
}

} // namespace

TEST_CASE("runtime: notes of others are told apart") {
    runtime_note note = right_note();
    aim(note);
    CHECK(runtime_of(note) == &own_runtime());
    SECTION("another type") {
        note.type = 3;
    }
    SECTION("another size of the name") {
        note.name_size = 4;
    }
    SECTION("another size of the value") {
        note.value_size = 20;
    }
    SECTION("another name") {
        note.name[8] = 'x';
    }
    const bool changed = std::memcmp(note.name, "scopetree", 10) != 0 || note.type != 1 ||
                         note.name_size != 10 || note.value_size != 8;
    CHECK((runtime_of(note) == nullptr) == changed);
}

namespace {

struct notes {
    struct {
        std::uint32_t name_size = 4, value_size = 5, type = 3;
        char name[4] = "GNU";
        char value[8] = {}; // five bytes, padded
    } build_id;
    runtime_note ours = right_note();
};

int search(const void* begin, std::size_t size, const scope_runtime*& found) {
    elf_program_header header{};
    header.type = 4;
    header.memory_size = size;
    header.alignment = 4;
    elf_module module{reinterpret_cast<std::uintptr_t>(begin), "m", &header, 1};
    return find_runtime_in(&module, sizeof module, &found);
}

} // namespace

TEST_CASE("runtime: the note is found behind others and not beyond the end") {
    notes all;
    aim(all.ours);
    const scope_runtime* found = nullptr;
    CHECK(search(&all, sizeof all, found) == 1);
    CHECK(found == &own_runtime());
    found = nullptr;
    for (const std::size_t cut :
         {sizeof all - 1, sizeof all - 30, std::size_t{24}, std::size_t{0}}) {
        CHECK(search(&all, cut, found) == 0);
        CHECK(found == nullptr);
    }
}
