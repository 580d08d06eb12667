/// The one registry of the process, and how every module finds it.
///
/// A module that includes this header leaves an ELF note that leads to its registry. Whoever needs
/// the registry takes the first note in link order: so a program and its plugins agree, even when
/// symbols are hidden and the program exports none.
#ifndef SCOPETREE_CAPTURE_RUNTIME_HPP
#define SCOPETREE_CAPTURE_RUNTIME_HPP

#include <scopetree/capture/registry.hpp>
#include <scopetree/capture/ticks.hpp>

#include <cstring>
#include <new>

/// What happens at the first scope met, if anything; exit_report.hpp defines it.
extern "C" __attribute__((weak, visibility("hidden"))) void scopetree_first_scope();

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The registry of this module: the process's one only if this module is asked first.
inline registry& own_registry() noexcept;

SCOPETREE_DETAIL_HIDDEN __attribute__((
    tls_model("initial-exec"))) inline thread_local registry::thread_state own_thread_state = {
    nullptr, false, nullptr};

inline registry* make_registry() noexcept {
    void* const pages = map_pages(sizeof(registry));
    static_assert(sizeof(registry) < 64 * 1024);
    if (pages == nullptr)
        return nullptr;
    auto* const made = new (pages) registry;
    made->ticks = ticks_source();
    made->on_first_scope.store(&scopetree_first_scope, std::memory_order_release);
    made->this_thread_state = []() noexcept -> registry::thread_state& { return own_thread_state; };
    ::pthread_atfork([] { own_registry().before_fork(); },
                     [] { own_registry().after_fork_in_parent(); },
                     [] { own_registry().after_fork_in_child(); });
    return made;
}

inline registry& own_registry() noexcept {
    static registry* const made = make_registry();
    return *made;
}

#define SCOPETREE_DETAIL_STRING2(x) #x
#define SCOPETREE_DETAIL_STRING(x) SCOPETREE_DETAIL_STRING2(x)

/// What this module offers, should it be asked first.
inline const scope_runtime& own_runtime() noexcept {
    static const scope_runtime runtime = {
        [](scope_module& module, thread_scopes*& slot, scope_site& site, const void* pc) noexcept {
            return own_registry().enter(module, slot, site, pc);
        },
        [](scope_module& module, thread_scopes*& slot, const char* name) noexcept {
            own_registry().name_thread(module, slot, name);
        },
        [](scope_module& module) noexcept { own_registry().unlink(module); },
        &own_registry(),
        SCOPETREE_DETAIL_STRING(SCOPETREE_ABI),
    };
    return runtime;
}

/// The process's registry; null when another version or setting of these headers provides it, which
/// this one must not touch.
inline registry* find_registry() noexcept {
    const scope_runtime* const runtime = find_runtime();
    if (runtime == nullptr ||
        std::strcmp(runtime->abi, SCOPETREE_DETAIL_STRING(SCOPETREE_ABI)) != 0)
        return nullptr;
    return static_cast<registry*>(runtime->registry);
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

/// Where the note leads. Hidden and weak: one for each module, whatever its other symbols are.
extern "C" __attribute__((weak, used, visibility("hidden"))) const scopetree::scopes::scope_runtime*
scopetree_runtime_entry() noexcept {
    return &scopetree::detail::own_runtime();
}

__asm__(".pushsection .note.scopetree, \"a\", %note\n"
        "  .balign 4\n"
        "  .long 10, 8, 1\n"
        "  .asciz \"scopetree\"\n"
        "  .balign 4\n"
        "  .quad scopetree_runtime_entry - .\n"
        ".popsection\n");

#endif
