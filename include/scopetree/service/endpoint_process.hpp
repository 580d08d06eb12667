/// What the endpoints of a process have in common: a forked child has none, and all end at exit.
#ifndef SCOPETREE_SERVICE_ENDPOINT_PROCESS_HPP
#define SCOPETREE_SERVICE_ENDPOINT_PROCESS_HPP

#include <scopetree/config.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include <pthread.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Whatever must be ended before the program's static objects go.
class ends_at_exit {
public:
    virtual ~ends_at_exit() = default;
    virtual void end() noexcept = 0; ///< may be called more than once
};

/// There is one, which is never destroyed. Thread-safe.
class endpoint_process {
public:
    static endpoint_process& instance() {
        static endpoint_process* const only = new endpoint_process;
        return *only;
    }

    /// Runs `open`, which returns a descriptor or -1. No fork comes between, so that a child always
    /// knows what it has to close.
    template <class Open>
    int open(Open&& open) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const int descriptor = open();
        if (descriptor >= 0)
            descriptors_.insert(descriptor);
        return descriptor;
    }

    /// Runs `close`, which closes the descriptor.
    template <class Close>
    void close(int descriptor, Close&& close) {
        const std::lock_guard<std::mutex> lock(mutex_);
        close();
        descriptors_.erase(descriptor);
    }

    void end_at_exit(const std::shared_ptr<ends_at_exit>& one) {
        const std::lock_guard<std::mutex> lock(mutex_);
        ending_.erase(std::remove_if(ending_.begin(), ending_.end(),
                                     [](const auto& each) { return each.expired(); }),
                      ending_.end());
        ending_.push_back(one);
    }

    /// What must not be destroyed, in a forked child.
    void keep(std::shared_ptr<ends_at_exit> one) noexcept {
        const std::lock_guard<std::mutex> lock(mutex_);
        kept_.push_back(std::move(one));
    }

private:
    endpoint_process() {
        ::pthread_atfork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
                         [] { instance().forget(); });
        std::atexit([] { instance().end_all(); });
    }

    /// In a forked child, whose only thread holds the lock.
    void forget() {
        for (const int descriptor : descriptors_)
            ::close(descriptor);
        descriptors_.clear();
        ending_.clear();
        mutex_.unlock();
    }

    void end_all() {
        std::vector<std::weak_ptr<ends_at_exit>> ending;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            ending = std::exchange(ending_, {});
        }
        for (const std::weak_ptr<ends_at_exit>& each : ending)
            if (const auto one = each.lock())
                one->end();
    }

    std::mutex mutex_;
    std::set<int> descriptors_;
    std::vector<std::weak_ptr<ends_at_exit>> ending_;
    std::vector<std::shared_ptr<ends_at_exit>> kept_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
