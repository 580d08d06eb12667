/// The C library's own functions behind those that the preloaded library puts before them.
#ifndef SCOPETREE_EXAMPLES_CLI_PRELOAD_NEXT_HPP
#define SCOPETREE_EXAMPLES_CLI_PRELOAD_NEXT_HPP

#include <atomic>

#include <dlfcn.h>

/// The program calls it instead of the C library's.
#define PRELOAD_EXPORT extern "C" __attribute__((visibility("default")))

namespace preload {

/// The function of that name that would have been called.
template <class Function>
class next {
public:
    constexpr explicit next(const char* name) noexcept : name_(name) {}

    /// To be called when the library is loaded: what is called in handlers and behind fork must not
    /// look for anything. What other libraries call before looks for itself.
    Function* find() noexcept {
        Function* known = found_.load(std::memory_order_acquire);
        if (known == nullptr) {
            known = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name_));
            found_.store(known, std::memory_order_release);
        }
        return known;
    }
    template <class... Arguments>
    auto operator()(Arguments... arguments) noexcept {
        return find()(arguments...);
    }

private:
    const char* name_;
    std::atomic<Function*> found_{nullptr};
};

} // namespace preload

#endif
