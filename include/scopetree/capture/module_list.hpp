/// The loader's list of modules, for threads of the profiler's own.
#ifndef SCOPETREE_CAPTURE_MODULE_LIST_HPP
#define SCOPETREE_CAPTURE_MODULE_LIST_HPP

#include <scopetree/config.hpp>

#include <cstddef>

#include <link.h>
#include <pthread.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Held while a thread goes through the list, and across fork: glibc leaves the list locked in the
/// child of a fork that came while another thread went through it (seen with 2.36), and a child
/// that starts to profile itself would wait for ever.
class module_list_lock {
public:
    module_list_lock() noexcept { ::pthread_mutex_lock(&shared().mutex); }
    ~module_list_lock() { ::pthread_mutex_unlock(&shared().mutex); }
    module_list_lock(const module_list_lock&) = delete;
    module_list_lock& operator=(const module_list_lock&) = delete;

private:
    struct state {
        state() noexcept {
            ::pthread_atfork([] { ::pthread_mutex_lock(&shared().mutex); }, &unlock, &unlock);
        }
        static void unlock() { ::pthread_mutex_unlock(&shared().mutex); }
        pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    };
    static state& shared() noexcept {
        static state only;
        return only;
    }

    /// When the module is loaded: a fork that is on its way when the first thread wants the list
    /// would not know of the lock.
    static inline const state& made_early = shared();
};

/// dl_iterate_phdr. `visit` must not fork, and take no lock that a thread inside dlopen could hold.
inline int list_modules(int (*visit)(dl_phdr_info*, std::size_t, void*), void* data) {
    const module_list_lock locked;
    return ::dl_iterate_phdr(visit, data);
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
