#include <scopetree/capture/visit_plan.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

using scopetree::detail::visit_plan;

namespace {

constexpr double budget = 0.05;
constexpr double interval_ns = 1'000'000;

/// A timer thread of which we know what it costs.
class simulation {
public:
    simulation(std::uint32_t running, std::uint32_t waiting, double tick_ns, double running_ns,
               double waiting_ns)
        : visits(running + waiting), running_(running), waiting_(waiting), tick_ns_(tick_ns),
          running_ns_(running_ns), waiting_ns_(waiting_ns) {}

    /// As many ticks as lie between two measures.
    void period() {
        double cpu = 0;
        for (int i = 0; i < 50; ++i) {
            plan.begin_tick(running_, waiting_);
            cpu += tick_ns_;
            for (std::uint32_t k = 0; k < visits.size(); ++k) {
                const bool waits = k >= running_;
                if (!plan.is_due(k, waits))
                    continue;
                ++visits[k];
                cpu += waits ? waiting_ns_ : running_ns_;
            }
        }
        const double wall = 50 * interval_ns * stretch;
        use = cpu / wall;
        stretch = plan.measure(static_cast<std::int64_t>(cpu), static_cast<std::int64_t>(wall), 50);
    }
    void periods(int count) {
        for (int i = 0; i < count; ++i)
            period();
    }
    /// The mean use of so many periods.
    double mean_use(int count) {
        double sum = 0;
        for (int i = 0; i < count; ++i) {
            period();
            sum += use;
        }
        return sum / count;
    }
    std::uint64_t fewest(std::size_t from, std::size_t to) const {
        return *std::min_element(visits.begin() + static_cast<std::ptrdiff_t>(from),
                                 visits.begin() + static_cast<std::ptrdiff_t>(to));
    }

    visit_plan plan{budget};
    std::vector<std::uint64_t> visits; ///< by thread; those that run come first
    double stretch = 1.0;
    double use = 0;

private:
    std::uint32_t running_, waiting_;
    double tick_ns_, running_ns_, waiting_ns_;
};

} // namespace

TEST_CASE("plan: while it is affordable every thread is visited in every tick") {
    simulation s(4, 50, 2'000, 1'500, 300);
    s.periods(20);
    CHECK(s.fewest(0, 54) == 20 * 50);
    CHECK_FALSE(s.plan.thinned());
    CHECK(s.stretch == 1.0);
}

TEST_CASE("plan: many threads are thinned out until the budget holds") {
    const auto running = GENERATE(as<std::uint32_t>{}, 0, 2, 40, 400);
    const auto waiting = GENERATE(as<std::uint32_t>{}, 0, 300, 5'000);
    if (running + waiting == 0)
        return;
    simulation s(running, waiting, 2'000, 2'000, 400);
    s.periods(30);
    INFO(running << " run, " << waiting << " wait");
    CHECK(s.mean_use(20) <= 1.2 * budget);
    SECTION("nobody is left out for ever") {
        std::fill(s.visits.begin(), s.visits.end(), 0);
        s.periods(100);
        CHECK(s.fewest(0, running + waiting) > 0);
    }
}

TEST_CASE("plan: threads that run are visited more often than those that wait") {
    simulation s(4, 5'000, 2'000, 1'500, 300);
    s.periods(30);
    std::fill(s.visits.begin(), s.visits.end(), 0);
    s.periods(40);
    CHECK(s.plan.thinned());
    CHECK(s.fewest(0, 4) == 40 * 50);
    CHECK(s.fewest(4, 5'004) > 0);
    CHECK(s.fewest(4, 5'004) < 40 * 50 / 10);
}

TEST_CASE("plan: most visits are to threads that run where not all of those can be visited") {
    simulation s(100, 5'000, 2'000, 1'500, 300);
    s.periods(30);
    std::fill(s.visits.begin(), s.visits.end(), 0);
    s.periods(40);
    CHECK(s.fewest(0, 100) < 40 * 50);
    const auto waiting = s.visits.begin() + 100;
    CHECK(std::accumulate(s.visits.begin(), waiting, std::uint64_t{0}) >
          std::accumulate(waiting, s.visits.end(), std::uint64_t{0}));
}

TEST_CASE("plan: where a tick alone is too dear ticks come less often") {
    simulation s(1, 0, 100'000, 10'000, 0);
    s.periods(60);
    CHECK(s.mean_use(20) <= 1.2 * budget);
    CHECK(s.stretch > 1.5);
    CHECK(s.stretch < 5.0);
    CHECK(s.fewest(0, 1) > 0);
}

TEST_CASE("plan: goes back to every tick when the crowd has gone") {
    simulation crowd(2, 5'000, 2'000, 1'500, 300);
    crowd.periods(30);
    REQUIRE(crowd.plan.thinned());
    simulation few(2, 50, 2'000, 1'500, 300);
    few.plan = crowd.plan;
    few.stretch = crowd.stretch;
    few.periods(30);
    CHECK_FALSE(few.plan.thinned());
    CHECK(few.stretch == 1.0);
    std::fill(few.visits.begin(), few.visits.end(), 0);
    few.periods(1);
    CHECK(few.fewest(0, 52) == 50);
}

TEST_CASE("plan: each thread has its turn, and about as many in every tick") {
    visit_plan plan(budget);
    // 1,000 visits a tick cost ten times the budget. One tick is too short to owe much.
    plan.begin_tick(0, 1'000);
    for (std::uint64_t i = 0; i < 1'000; ++i)
        plan.is_due(i, true);
    plan.measure(static_cast<std::int64_t>(10 * budget * interval_ns), 1'000'000, 1);
    std::vector<int> visits(1'000);
    for (int tick = 0; tick < 100; ++tick) {
        plan.begin_tick(0, 1'000);
        CHECK(plan.thinned());
        int in_this = 0;
        for (std::uint64_t i = 0; i < 1'000; ++i)
            if (plan.is_due(i, true)) {
                ++visits[i];
                ++in_this;
            }
        CHECK(in_this >= 95);
        CHECK(in_this <= 105);
    }
    const auto [least, most] = std::minmax_element(visits.begin(), visits.end());
    CHECK(*least >= 9);
    CHECK(*most <= 11);
}

TEST_CASE("plan: nobody loses a turn when what is affordable changes all the time") {
    simulation s(40, 5'000, 2'000, 2'000, 400);
    s.periods(10);
    std::vector<std::uint64_t> last(s.visits.size());
    std::uint64_t longest = 0;
    std::int64_t visited = 0;
    for (std::uint64_t tick = 1; tick <= 20'000; ++tick) {
        s.plan.begin_tick(40, 5'000);
        for (std::uint32_t k = 0; k < 5'040; ++k)
            if (s.plan.is_due(k, k >= 40)) {
                longest = std::max(longest, tick - last[k]);
                last[k] = tick;
                ++visited;
            }
        if (tick % 50 == 0) { // now a visit costs half a microsecond, now two
            s.plan.measure(visited * (tick % 100 == 0 ? 500 : 2'000), 50'000'000, 50);
            visited = 0;
        }
    }
    for (const std::uint64_t at : last)
        longest = std::max(longest, 20'001 - at);
    CHECK(longest < 5'000);
}

TEST_CASE("plan: what was spent beyond the budget is saved again") {
    simulation s(2, 1'000, 2'000, 1'500, 300);
    double spent = 0; // of the budget, in periods
    for (int i = 0; i < 400; ++i) {
        s.period();
        spent += s.use / budget;
        if (i == 0)
            REQUIRE(spent > 4.0); // all are visited until the cost is known
    }
    CHECK(spent < 400.0 * 1.01);
    CHECK(spent > 400.0 * 0.95);
}

TEST_CASE("plan: what was saved may be spent: noise costs no ticks") {
    visit_plan plan(budget);
    const auto half = static_cast<std::int64_t>(25 * interval_ns * budget);
    for (int i = 0; i < 20; ++i)
        CHECK(plan.measure(half, 50'000'000, 50) == 1.0);
    for (int i = 0; i < 3; ++i)
        CHECK(plan.measure(half * 9 / 4, 50'000'000, 50) == 1.0);
    double stretch = 1.0;
    for (int i = 0; i < 100; ++i)
        stretch = plan.measure(half * 9 / 4, 50'000'000, 50);
    CHECK(stretch > 1.1);
}

TEST_CASE("plan: threads that wait have their share where not all that run can be visited") {
    simulation s(5'000, 500, 2'000, 1'000, 1'000);
    s.periods(30);
    std::fill(s.visits.begin(), s.visits.end(), 0);
    s.periods(40);
    const auto waiting = s.visits.begin() + 5'000;
    const auto to_running = std::accumulate(s.visits.begin(), waiting, 0.0);
    const auto to_waiting = std::accumulate(waiting, s.visits.end(), 0.0);
    CHECK(to_waiting / (to_running + to_waiting) == Approx(0.3).margin(0.05));
}

TEST_CASE("plan: what was saved in a quiet hour does not pay for a busy one") {
    visit_plan plan(budget);
    const auto allowed = static_cast<std::int64_t>(50 * interval_ns * budget);
    for (int i = 0; i < 10'000; ++i)
        plan.measure(0, 50'000'000, 50);
    double stretch = 1.0;
    for (int i = 0; i < 10; ++i) // of which five use up what can be saved
        stretch = plan.measure(3 * allowed, 50'000'000, 50);
    CHECK(stretch > 2.0);
}

TEST_CASE("plan: a debt has its bounds, and so has the way back to every tick") {
    visit_plan plan(budget);
    const auto allowed = static_cast<std::int64_t>(50 * interval_ns * budget);
    double stretch = 1.0;
    for (int i = 0; i < 1'000; ++i) // 50 s in which the timer thread did nothing else
        stretch = plan.measure(50'000'000, 50'000'000, 50);
    CHECK(stretch == 1'000.0);
    int periods = 0;
    for (; stretch > 1.0 && periods < 1'000; ++periods)
        stretch = plan.measure(allowed / 10, 50'000'000, 50);
    CHECK(periods < 100);
}

TEST_CASE("plan: a crowd is measured before fifty ticks have gone") {
    visit_plan plan(budget);
    CHECK_FALSE(plan.is_measure_due(49));
    CHECK(plan.is_measure_due(50));
    plan.begin_tick(0, 2'000);
    for (std::uint64_t i = 0; i < 2'000; ++i) {
        CHECK_FALSE(plan.is_measure_due(1));
        plan.is_due(i, true);
    }
    CHECK(plan.is_measure_due(1));
    plan.measure(1'000'000, 1'000'000, 1);
    CHECK_FALSE(plan.is_measure_due(1));
}

TEST_CASE("plan: a measure without ticks or time changes nothing") {
    visit_plan plan(budget);
    CHECK(plan.measure(1'000'000'000, 1'000, 0) == 1.0);
    CHECK(plan.measure(1'000'000'000, 0, 10) == 1.0);
    plan.begin_tick(10, 10);
    CHECK_FALSE(plan.thinned());
}
