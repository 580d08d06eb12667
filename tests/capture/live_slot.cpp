#include <scopetree/capture/live_slot.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

using scopetree::detail::live_slot;

namespace {

int first, second;

} // namespace

TEST_CASE("live slot: who runs is found until it goes") {
    live_slot<int> slot;
    const auto found = [&] {
        int* seen = nullptr;
        CHECK(slot.with([&](int& running) { seen = &running; }) == slot.is_taken());
        return seen;
    };
    CHECK(found() == nullptr);
    slot.announce(first);
    CHECK(found() == &first);
    slot.withdraw(second); // which was not announced
    CHECK(found() == &first);
    slot.withdraw(first);
    CHECK(found() == nullptr);
}

TEST_CASE("live slot: it does not go while somebody looks at it") {
    live_slot<int> slot;
    slot.announce(first);
    std::atomic<bool> is_gone{false};
    std::thread ending;
    slot.with([&](int&) {
        ending = std::thread([&] {
            slot.withdraw(first);
            is_gone = true;
        });
        for (int i = 0; i < 1'000; ++i)
            std::this_thread::yield();
        CHECK_FALSE(is_gone);
    });
    ending.join();
    CHECK(is_gone);
}

TEST_CASE("live slot: the child of a fork has none, its parent goes on") {
    live_slot<int> slot;
    slot.announce(first);
    slot.before_fork();
    slot.after_fork_in_parent();
    CHECK(slot.is_taken());
    slot.before_fork();
    slot.after_fork_in_child();
    CHECK_FALSE(slot.is_taken());
    slot.announce(first); // and may start one itself
    CHECK(slot.is_taken());
}
