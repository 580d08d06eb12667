#include <scopetree/capture/scope_modules.hpp>

#include <catch2/catch.hpp>

#include <cstdint>

using namespace scopetree::detail;

namespace {

/// A thread's block of thread-local variables, with a slot for each of two modules.
struct staged_thread {
    thread_scopes* slots[2] = {};
    std::uintptr_t pointer() const { return reinterpret_cast<std::uintptr_t>(this) - 64; }
};

scope_module made() {
    return {1, nullptr, nullptr, 0, nullptr};
}

} // namespace

TEST_CASE("modules: every thread's slots are set, as long as the module is there") {
    scope_modules modules;
    scope_module first = made(), second = made();
    staged_thread a, b;
    thread_scopes one{}, two{};
    modules.add(first, a.slots[0], a.pointer());
    modules.add(second, a.slots[1], a.pointer());
    modules.set_this_thread(b.pointer(), &one);
    CHECK(b.slots[0] == &one);
    CHECK(b.slots[1] == &one);
    CHECK(a.slots[0] == nullptr);
    modules.remove(first);
    modules.set_this_thread(b.pointer(), &two);
    CHECK(b.slots[0] == &one);
    CHECK(b.slots[1] == &two);
    modules.remove(second);
    modules.remove(second); // no harm
    modules.set_this_thread(b.pointer(), nullptr);
    CHECK(b.slots[1] == &two);
}

TEST_CASE("modules: adding one again changes nothing") {
    scope_modules modules;
    scope_module only = made();
    staged_thread a;
    thread_scopes scopes{};
    modules.add(only, a.slots[0], a.pointer());
    modules.add(only, a.slots[1], a.pointer());
    modules.set_this_thread(a.pointer(), &scopes);
    CHECK(a.slots[0] == &scopes);
    CHECK(a.slots[1] == nullptr);
}

TEST_CASE("modules: scopes are turned on and off in all that are there") {
    scope_modules modules;
    scope_module first = made(), second = made();
    staged_thread a;
    modules.add(first, a.slots[0], a.pointer());
    modules.add(second, a.slots[1], a.pointer());
    modules.set_active(false);
    CHECK(first.active == 0);
    CHECK(second.active == 0);
    modules.remove(first);
    modules.set_active(true);
    CHECK(first.active == 0);
    CHECK(second.active == 1);
}
