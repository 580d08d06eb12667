/// The executables and shared objects that have scopes, and what each has for every thread.
#ifndef SCOPETREE_CAPTURE_SCOPE_MODULES_HPP
#define SCOPETREE_CAPTURE_SCOPE_MODULES_HPP

#include <scopetree/config.hpp>
#include <scopetree/scope.hpp>

#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

using namespace scopes;

/// Whoever adds or removes a module holds the registry's lock; other threads may go through the
/// list meanwhile, and must be done before a module that was removed is unmapped.
class scope_modules {
public:
    /// `slot` is the module's this_thread of the calling thread, whose thread pointer is `thread`.
    /// The distance of a thread-local of the initial-exec model from the thread pointer is the same
    /// on every thread. Does nothing for a module that is in the list.
    void add(scope_module& module, thread_scopes*& slot, std::uintptr_t thread) noexcept {
        if (module.tls_offset != 0)
            return;
        module.tls_offset = reinterpret_cast<std::uintptr_t>(&slot) - thread;
        module.next = first_;
        __atomic_store_n(&first_, &module, __ATOMIC_SEQ_CST);
    }

    void remove(scope_module& module) noexcept {
        for (scope_module** at = &first_; *at != nullptr; at = &(*at)->next)
            if (*at == &module) {
                __atomic_store_n(at, module.next, __ATOMIC_SEQ_CST);
                __atomic_store_n(&module.active, 0, __ATOMIC_RELAXED);
                return;
            }
    }

    /// Whether scopes do anything.
    void set_active(bool active) noexcept {
        for (scope_module* module = first_; module != nullptr; module = module->next)
            __atomic_store_n(&module->active, active ? 1 : 0, __ATOMIC_RELAXED);
    }

    /// What this_thread is in every module, on the thread with that thread pointer. Atomic, since a
    /// scope may be entered there at the same time. Lock-free.
    void set_this_thread(std::uintptr_t thread, thread_scopes* value) const noexcept {
        for (scope_module* module = __atomic_load_n(&first_, __ATOMIC_SEQ_CST); module != nullptr;
             module = __atomic_load_n(&module->next, __ATOMIC_SEQ_CST))
            __atomic_store_n(reinterpret_cast<thread_scopes**>(thread + module->tls_offset), value,
                             __ATOMIC_RELAXED);
    }

private:
    scope_module* first_ = nullptr;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
