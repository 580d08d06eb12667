/// Which threads a tick visits, so that the timer thread keeps within its CPU budget.
#ifndef SCOPETREE_CAPTURE_VISIT_PLAN_HPP
#define SCOPETREE_CAPTURE_VISIT_PLAN_HPP

#include <scopetree/config.hpp>

#include <algorithm>
#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Whose turn it is: a window that goes round a circle on which the places of a list lie evenly (by
/// the golden ratio; Knuth, TAOCP 3, 6.4). However its width changes, it leaves nobody out.
class rotation {
public:
    /// Moves on to the next of the places; `share` of all (0 … 1) come within the window.
    void advance(double share) noexcept {
        begin_ += width_;
        all_ = share >= 1.0;
        width_ = all_ ? 0 : static_cast<std::uint32_t>(share * 4294967295.0);
    }

    bool holds(std::uint64_t place) const noexcept {
        return all_ || static_cast<std::uint32_t>(place * 2654435769u) - begin_ < width_;
    }
    bool holds_all() const noexcept { return all_; }

private:
    std::uint32_t begin_ = 0;
    std::uint32_t width_ = 0;
    bool all_ = true;
};

/// All threads every tick, while that is affordable. Beyond that threads that wait are visited in
/// turn, and if need be also those that run. Pure arithmetic: the measured cost is passed in.
class visit_plan {
public:
    explicit visit_plan(double budget) noexcept : budget_(budget) {}

    /// Starts a tick with so many threads running and waiting when last seen.
    void begin_tick(std::uint32_t running, std::uint32_t waiting) noexcept {
        const double wanted = running + waiting;
        if (wanted <= affordable_) {
            running_turn_.advance(1.0);
            waiting_turn_.advance(1.0);
            return;
        }
        const double for_running = std::min<double>(running, affordable_ * 0.7);
        const double for_waiting = affordable_ - for_running;
        running_turn_.advance(running == 0 ? 1.0 : for_running / running);
        waiting_turn_.advance(waiting == 0 ? 1.0 : for_waiting / waiting);
    }

    /// Whether the thread at this place in the list is visited in this tick.
    bool is_due(std::uint64_t place, bool waiting) noexcept {
        const bool due = (waiting ? waiting_turn_ : running_turn_).holds(place);
        visited_ += due ? 1 : 0;
        return due;
    }

    /// Some threads are left out in this tick.
    bool thinned() const noexcept {
        return !running_turn_.holds_all() || !waiting_turn_.holds_all();
    }

    /// Whether there were enough ticks, or visits, since the last measure() to tell their cost.
    /// Visits count, too: a crowd that begins at once must not cost fifty ticks until it is
    /// noticed.
    bool is_measure_due(std::uint32_t ticks) const noexcept {
        return ticks >= 50 || visited_ >= 2'000;
    }

    /// Takes in what the ticks since the last call cost: CPU time of the timer thread in `wall_ns`.
    /// The factor by which ticks must be further apart when leaving out threads is not enough.
    double measure(std::int64_t cpu_ns, std::int64_t wall_ns, std::uint32_t ticks) noexcept {
        if (ticks == 0 || wall_ns <= 0)
            return stretch_;
        const auto cpu = static_cast<double>(cpu_ns);
        const double allowed = static_cast<double>(wall_ns) * budget_;
        // What was spent beyond the budget is saved again, and what was saved may be spent: the
        // budget holds in the long run, and noise costs no ticks.
        debt_ns_ = std::clamp(debt_ns_ + cpu - allowed, -most_saved_ns, most_debt_ns);
        const double use = std::max(cpu / allowed + debt_ns_ / (settle_ns * budget_), 0.0);
        const double visits = static_cast<double>(visited_) / ticks;
        visited_ = 0;
        if (use > 1.0 || thinned())
            affordable_ = std::clamp(visits / std::max(use, 0.1), fewest, 1e6);
        else if (use < 0.5)
            affordable_ = std::max(affordable_, 2 * visits);
        if (visits <= fewest + 0.5)
            stretch_ = std::clamp(stretch_ * use, 1.0, 1000.0);
        else
            stretch_ = std::max(1.0, stretch_ * 0.9);
        return stretch_;
    }

private:
    static constexpr double fewest = 8;      ///< visits a tick; so few cost little beside the tick
    static constexpr double settle_ns = 2e9; ///< in which a debt is paid off, but for 1/e of it
    static constexpr double most_saved_ns = 2e7;
    static constexpr double most_debt_ns = 1e8;

    double budget_;
    double debt_ns_ = 0;
    double affordable_ = 1e6;
    double stretch_ = 1.0;
    std::uint64_t visited_ = 0;
    rotation running_turn_;
    rotation waiting_turn_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
