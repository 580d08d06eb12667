/// How the profiler that runs is found by whoever wants to look at it.
#ifndef SCOPETREE_CAPTURE_LIVE_SLOT_HPP
#define SCOPETREE_CAPTURE_LIVE_SLOT_HPP

#include <scopetree/config.hpp>

#include <atomic>
#include <mutex>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

class live_profiler; // see profiler.hpp

/// Holds at most one. Thread-safe; a fork waits for whoever looks.
class live_slot {
public:
    void announce(live_profiler& running) {
        const std::lock_guard<std::mutex> locked(mutex_);
        running_.store(&running, std::memory_order_release);
    }

    /// Waits for those who look at it. Does nothing where another one was announced, or none.
    void withdraw(live_profiler& ending) {
        const std::lock_guard<std::mutex> locked(mutex_);
        if (running_.load(std::memory_order_relaxed) == &ending)
            running_.store(nullptr, std::memory_order_release);
    }

    bool is_taken() const noexcept { return running_.load(std::memory_order_acquire) != nullptr; }

    /// Calls `use(live_profiler&)`, which does not end meanwhile. False when none runs. Short: a
    /// fork waits for it.
    template <class Use>
    bool with(Use&& use) {
        const std::lock_guard<std::mutex> locked(mutex_);
        live_profiler* const running = running_.load(std::memory_order_relaxed);
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
    std::atomic<live_profiler*> running_{nullptr};
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
