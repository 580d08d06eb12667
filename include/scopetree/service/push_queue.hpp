/// The profiles that wait to be sent.
#ifndef SCOPETREE_SERVICE_PUSH_QUEUE_HPP
#define SCOPETREE_SERVICE_PUSH_QUEUE_HPP

#include <scopetree/service/push_profile.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// What pushing did so far. Of the profiles taken, each was sent, was dropped, or is waiting.
struct push_figures {
    std::uint64_t taken = 0;           ///< windows with something in them
    std::uint64_t sent = 0;            ///< taken by the server
    std::uint64_t sent_bytes = 0;      ///< of their bodies
    std::uint64_t thinned = 0;         ///< of the taken: too much for one, see make_push_profile
    std::uint64_t attempts = 0;        ///< requests, successful or not
    std::uint64_t failures = 0;        ///< requests without an answer, or answered with 429 or 5xx
    std::uint64_t dropped_full = 0;    ///< the oldest, when too much waited
    std::uint64_t dropped_old = 0;     ///< older than the hour that the server takes
    std::uint64_t dropped_refused = 0; ///< the server will never take them: any other status
    std::uint64_t dropped_at_end = 0;  ///< still there when pushing ended
    std::uint64_t missed = 0;          ///< times at which no profile could be taken
    std::uint64_t waiting = 0;
    std::uint64_t waiting_bytes = 0;
    std::string last_error; ///< empty: there was none

    std::uint64_t dropped() const {
        return dropped_full + dropped_old + dropped_refused + dropped_at_end;
    }
};

namespace detail {

/// Oldest first, in bounded memory: a profile may take as much as the queue, not more. For one
/// thread at a time.
class push_queue {
public:
    static constexpr std::int64_t longest_age_ns = std::int64_t{3'600} * 1'000'000'000;

    explicit push_queue(std::size_t limit) : limit_(limit) {}

    /// `first_is_sent`: the oldest is just being sent, and stays.
    void push(push_profile profile, bool first_is_sent, push_figures& figures) {
        const std::size_t size = profile.size();
        const std::size_t stay = first_is_sent ? 1 : 0;
        while (waiting_.size() > stay && bytes_ + size > limit_) {
            const auto oldest = waiting_.begin() + static_cast<std::ptrdiff_t>(stay);
            bytes_ -= oldest->size();
            waiting_.erase(oldest);
            ++figures.dropped_full;
        }
        if (bytes_ + size > limit_) {
            ++figures.dropped_full;
        } else {
            bytes_ += size;
            waiting_.push_back(std::move(profile));
        }
        count(figures);
    }

    /// The next one to send; null if there is none. Those that begin more than an hour ago go.
    const push_profile* next(std::int64_t now_unix_ns, push_figures& figures) {
        while (!waiting_.empty() && waiting_.front().from_unix_ns < now_unix_ns - longest_age_ns) {
            ++figures.dropped_old;
            pop(figures);
        }
        return waiting_.empty() ? nullptr : &waiting_.front();
    }

    const push_profile& first() const { return waiting_.front(); }

    void pop(push_figures& figures) {
        bytes_ -= waiting_.front().size();
        waiting_.pop_front();
        count(figures);
    }

    void end(push_figures& figures) {
        figures.dropped_at_end += waiting_.size();
        waiting_.clear();
        bytes_ = 0;
        count(figures);
    }

private:
    void count(push_figures& figures) const {
        figures.waiting = waiting_.size();
        figures.waiting_bytes = bytes_;
    }

    std::deque<push_profile> waiting_;
    std::size_t bytes_ = 0;
    std::size_t limit_;
};

/// How long to wait before the next attempt after so many failures in a row: twice as long each
/// time, and by chance up to half of it less, so that a fleet does not come back all at once.
/// `chance`: uniform in 0 … 1.
inline std::chrono::milliseconds push_pause(std::uint32_t failures,
                                            std::chrono::milliseconds shortest,
                                            std::chrono::milliseconds longest, double chance) {
    std::chrono::milliseconds pause = shortest;
    for (std::uint32_t i = 1; i < failures && pause < longest; ++i)
        pause *= 2;
    pause = std::min(pause, longest);
    const double share = 1.0 - chance / 2;
    return std::max(std::chrono::milliseconds(1),
                    std::chrono::milliseconds(
                        static_cast<std::int64_t>(static_cast<double>(pause.count()) * share)));
}

enum class push_outcome { accepted, try_again, refused };

inline push_outcome outcome_of_status(unsigned status) {
    if (status >= 200 && status < 300)
        return push_outcome::accepted;
    return status == 429 || status >= 500 ? push_outcome::try_again : push_outcome::refused;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
