/// A registry apart from the process's own, with a module and an observer.
#ifndef SCOPETREE_TESTS_CAPTURE_STAGED_REGISTRY_HPP
#define SCOPETREE_TESTS_CAPTURE_STAGED_REGISTRY_HPP

#include <scopetree/capture/registry.hpp>

#include <catch2/catch.hpp>

#include <new>
#include <set>
#include <string>
#include <vector>

namespace staged {

using namespace scopetree::detail;

/// A registry is never destroyed: threads tell it of their end.
inline registry& make_registry() {
    auto* const made = new (map_pages(sizeof(registry))) registry;
    made->this_thread_state = []() noexcept -> registry::thread_state& {
        static thread_local registry::thread_state state{nullptr, false, nullptr};
        return state;
    };
    return *made;
}

/// What scope.hpp has for each module and thread. Tests that use it run on threads of their own.
struct module_state {
    scope_module module{1, nullptr, nullptr, 0, nullptr};
    static thread_scopes*& slot() noexcept {
        static thread_local thread_scopes* slot = nullptr;
        return slot;
    }
};

inline scope_site site(const char* name) {
    return {name, "void f()", "f.cpp", 1, 0, 0, nullptr};
}

struct noting_observer final : thread_observer {
    void thread_started(thread_record& record) noexcept override { started.push_back(&record); }
    void thread_ended(thread_record& record) noexcept override { ended.push_back(&record); }
    std::vector<thread_record*> started, ended;
};

inline std::set<pid_t> tids(registry& of) {
    const registry::lock locked(of);
    std::set<pid_t> result;
    for (const thread_record* const record : of.threads())
        result.insert(record->tid);
    return result;
}

/// A registry in which this observer's run goes on.
struct staged_run {
    staged_run() { REQUIRE(registry_.start(observer)); }
    ~staged_run() { stop(); }
    void stop() {
        const registry::lock locked(registry_);
        registry_.stop_locked();
    }
    /// As the timer thread does for one that met no macro.
    thread_record& find_this_thread() {
        const registry::lock locked(registry_);
        thread_record* const found = registry_.add_found_thread(current_tid());
        REQUIRE(found != nullptr);
        return *found;
    }
    /// As a macro does where the quick way fails; `current` is moved by the caller.
    scope_node* enter(scope_site& at) {
        return registry_.enter(state.module, module_state::slot(), at, &at);
    }

    registry& registry_ = staged::make_registry();
    noting_observer observer;
    module_state state;
};

inline thread_scopes& here() {
    return *module_state::slot();
}

} // namespace staged

#endif
