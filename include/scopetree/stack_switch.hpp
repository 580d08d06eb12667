/// For programs that switch stacks: fibers, coroutines with stacks. As light as scope.hpp.
#ifndef SCOPETREE_STACK_SWITCH_HPP
#define SCOPETREE_STACK_SWITCH_HPP

#include <scopetree/scope.hpp>

#if SCOPETREE_ENABLED

namespace scopetree {
inline namespace scope_v1 {

/// Around a switch to another stack, on whichever side (swapcontext, a fiber's resume or yield):
///
///     { const scopetree::stack_switch away; ::swapcontext(&mine, &other); }
///
/// Scopes belong to a thread. With this the other stack begins outside of all scopes, or goes on in
/// those that it was in, and so does this one when it is its turn again. Without it whatever runs
/// next is shown below the scopes that are open here. It must go on in the thread that it left.
///
/// Linear in the number of open scopes. Never throws.
class stack_switch {
public:
    SCOPETREE_DETAIL_INLINE stack_switch() noexcept
        : thread_(scopes::this_thread), here_(thread_ != nullptr ? thread_->current : nullptr) {
        scopes::scope_node* outermost = here_;
        while (outermost != nullptr && outermost->parent != nullptr)
            outermost = outermost->parent;
        go_to(outermost);
    }
    SCOPETREE_DETAIL_INLINE ~stack_switch() {
        if (scopes::this_thread == thread_) // a request may have ended meanwhile
            go_to(here_);
    }
    stack_switch(const stack_switch&) = delete;
    stack_switch& operator=(const stack_switch&) = delete;

private:
    SCOPETREE_DETAIL_INLINE void go_to(scopes::scope_node* node) noexcept {
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        if (thread_ != nullptr)
            __atomic_store_n(&thread_->current, node, __ATOMIC_RELAXED);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
    }

    scopes::thread_scopes* thread_;
    scopes::scope_node* here_;
};

} // namespace scope_v1
} // namespace scopetree

#else

namespace scopetree {
class stack_switch {
public:
    stack_switch() noexcept {}
    ~stack_switch() {}
    stack_switch(const stack_switch&) = delete;
    stack_switch& operator=(const stack_switch&) = delete;
};
} // namespace scopetree

#endif

#endif
