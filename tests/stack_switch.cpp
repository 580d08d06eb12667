#include <scopetree/stack_switch.hpp>

#include <scopetree/capture/runtime.hpp>
#include <support/own_thread.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace scopetree::detail;

namespace {

class quiet_run final : public thread_observer {
public:
    quiet_run() { REQUIRE(own_registry().start(*this)); }
    ~quiet_run() {
        const registry::lock locked(own_registry());
        own_registry().stop_locked();
    }
    quiet_run(const quiet_run&) = delete;
    quiet_run& operator=(const quiet_run&) = delete;
    void thread_started(thread_record&) noexcept override {}
    void thread_ended(thread_record&) noexcept override {}
};

/// The open scopes of this thread.
std::string here() {
    std::string path;
    for (const scope_node* at = this_thread->current; at->parent != nullptr; at = at->parent)
        path.insert(0, std::string("/") + at->record->name);
    return path;
}

} // namespace

TEST_CASE("stack switch: the other stack is outside of all scopes, and each finds its own again") {
    const quiet_run run;
    test::on_own_thread([] {
        PROFILE_SCOPE("one");
        PROFILE_SCOPE("inside");
        CHECK(here() == "/one/inside");
        {
            const scopetree::stack_switch to_two;
            CHECK(here().empty());
            PROFILE_SCOPE("two");
            {
                const scopetree::stack_switch to_three;
                PROFILE_SCOPE("three");
                CHECK(here() == "/three");
            }
            CHECK(here() == "/two");
        }
        CHECK(here() == "/one/inside");
    });
}

TEST_CASE("stack switch: a thread without scopes, or that is not profiled, does not mind") {
    test::on_own_thread([] {
        const scopetree::stack_switch not_running;
        CHECK(this_thread == nullptr);
    });
    const quiet_run run;
    test::on_own_thread([] {
        const scopetree::stack_switch before_the_first_scope;
        PROFILE_SCOPE("one");
        CHECK(here() == "/one");
    });
}
