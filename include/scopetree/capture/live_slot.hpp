/// How what is live now is found by whoever wants something of it.
#ifndef SCOPETREE_CAPTURE_LIVE_SLOT_HPP
#define SCOPETREE_CAPTURE_LIVE_SLOT_HPP

#include <scopetree/config.hpp>

#include <atomic>
#include <mutex>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Holds at most one. Thread-safe.
template <class T>
class live_slot {
public:
    void announce(T& running) {
        const std::lock_guard<std::mutex> locked(mutex_);
        running_.store(&running, std::memory_order_release);
    }

    /// Waits for those who use it. Does nothing where another one was announced, or none.
    void withdraw(T& ending) {
        const std::lock_guard<std::mutex> locked(mutex_);
        if (running_.load(std::memory_order_relaxed) == &ending)
            running_.store(nullptr, std::memory_order_release);
    }

    bool is_taken() const noexcept { return running_.load(std::memory_order_acquire) != nullptr; }

    /// Calls `use(T&)`, which does not end meanwhile. False when there is none. Short where
    /// before_fork is called: a fork waits for it.
    template <class Use>
    bool with(Use&& use) {
        const std::lock_guard<std::mutex> locked(mutex_);
        T* const running = running_.load(std::memory_order_relaxed);
        if (running == nullptr)
            return false;
        use(*running);
        return true;
    }

    void before_fork() noexcept { mutex_.lock(); }
    void after_fork_in_parent() noexcept { mutex_.unlock(); }
    void after_fork_in_child() noexcept {
        running_.store(nullptr, std::memory_order_release);
        mutex_.unlock();
    }

private:
    std::mutex mutex_;
    std::atomic<T*> running_{nullptr};
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
