/// Where the live endpoint's figures come from.
#ifndef SCOPETREE_SERVICE_ENDPOINT_SOURCE_HPP
#define SCOPETREE_SERVICE_ENDPOINT_SOURCE_HPP

#include <scopetree/model/service_profile.hpp>
#include <scopetree/model/session.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// What the endpoint shows. Its functions may be called by several threads at once; what they throw
/// is told to the client as 503.
struct endpoint_source {
    std::function<session()> profile; ///< of the run so far
    /// What happened between two results of `profile`.
    std::function<session(const session& earlier, const session& later)> between;
    std::function<service_profile()> requests;
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

namespace detail {

/// A result that is dear to make and may be a little old: made anew at most once a second, and so
/// seldom that making it takes no more than a tenth of the time, whoever asks and how often.
/// Thread-safe.
template <class Result>
class reused {
public:
    template <class Make>
    std::shared_ptr<const Result> get(const endpoint_source& source, Make&& make) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto asked = source.now();
        if (result_ == nullptr || asked >= outdated_) {
            result_ = std::make_shared<const Result>(make());
            const auto made = source.now();
            outdated_ = made + std::max<std::chrono::steady_clock::duration>(
                                   std::chrono::seconds(1), (made - asked) * 9);
        }
        return result_;
    }

private:
    std::mutex mutex_;
    std::shared_ptr<const Result> result_;
    std::chrono::steady_clock::time_point outdated_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
