#include <scopetree/model/thread_timeline.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

using scopetree::detail::thread_timeline;
using scopetree::detail::timeline_budget;

namespace {

std::string runs_of(const thread_timeline& timeline) {
    std::string text;
    timeline.for_each_run([&](std::uint32_t leaf, std::int64_t duration_ns) {
        text += std::to_string(leaf) + ":" + std::to_string(duration_ns) + " ";
    });
    return text;
}

std::size_t count_of(const thread_timeline& timeline) {
    std::size_t count = 0;
    timeline.for_each_run([&](std::uint32_t, std::int64_t) { ++count; });
    return count;
}

std::map<std::uint32_t, std::int64_t> shares_of(const thread_timeline& timeline) {
    std::map<std::uint32_t, std::int64_t> times;
    timeline.for_each_run(
        [&](std::uint32_t leaf, std::int64_t duration_ns) { times[leaf] += duration_ns; });
    return times;
}

std::int64_t total_of(const thread_timeline& timeline) {
    std::int64_t total = 0;
    for (const auto& [leaf, time] : shares_of(timeline))
        total += time;
    return total;
}

timeline_budget budget_of(std::size_t bytes) {
    timeline_budget budget;
    budget.limit = bytes;
    budget.interval_ns = 1'000;
    return budget;
}

constexpr std::size_t plenty = 1 << 30;

} // namespace

TEST_CASE("timeline: records nothing unless it was told to") {
    thread_timeline timeline;
    CHECK_FALSE(timeline.is_recording());
    timeline.add(1, 10);
    CHECK(runs_of(timeline).empty());
    CHECK(timeline.bytes() == 0);
}

TEST_CASE("timeline: time at the same place is one run") {
    timeline_budget budget = budget_of(plenty);
    thread_timeline timeline;
    timeline.begin(budget);
    CHECK(timeline.is_recording());
    for (const int leaf : {0, 0, 1, 1, 1, 0, 2})
        timeline.add(static_cast<std::uint32_t>(leaf), 10);
    timeline.add(3, 0); // no time, no run
    CHECK(runs_of(timeline) == "0:20 1:30 0:10 2:10 ");
}

TEST_CASE("timeline: a thread that stays where it is takes no memory") {
    timeline_budget budget = budget_of(plenty);
    thread_timeline timeline;
    timeline.begin(budget);
    for (int i = 0; i < 100'000; ++i)
        timeline.add(7, 1'000'000'000);
    CHECK(runs_of(timeline) == "7:100000000000000 ");
    CHECK(timeline.bytes() == 0);
    CHECK(budget.used == 0);
}

TEST_CASE("timeline: 12 bytes for a run") {
    timeline_budget budget = budget_of(plenty);
    thread_timeline timeline;
    timeline.begin(budget);
    constexpr std::size_t runs = 100'000;
    for (std::uint32_t i = 0; i < runs; ++i)
        timeline.add(i % 3, 1);
    CHECK(count_of(timeline) == runs);
    CHECK(timeline.bytes() >= 12 * (runs - 1));
    CHECK(timeline.bytes() <= 12 * runs + 17'000);
    CHECK(budget.used == timeline.bytes());
    CHECK_FALSE(budget.full);
}

TEST_CASE("timeline: the limit is kept, no time is lost, and it asks to be thinned") {
    timeline_budget budget = budget_of(100'000);
    thread_timeline timeline, late;
    timeline.begin(budget);
    late.begin(budget);
    for (std::uint32_t i = 0; i < 50'000; ++i)
        timeline.add(i % 3, 2);
    late.add(1, 5);
    late.add(2, 5);
    CHECK(budget.full);
    CHECK(budget.used <= 100'000);
    CHECK(timeline.bytes() == budget.used);
    CHECK(total_of(timeline) == 100'000);
    CHECK(total_of(late) == 10);
    CHECK(late.bytes() == 0);
}

TEST_CASE("timeline: thinning merges what is too short, and nothing else") {
    timeline_budget budget = budget_of(plenty);
    thread_timeline timeline;
    timeline.begin(budget);
    for (const auto& [leaf, time] : std::vector<std::pair<std::uint32_t, std::int64_t>>{
             {1, 5'000}, {2, 700}, {2, 800}, {3, 400}, {4, 9'000}, {5, 1'999}, {6, 2'000}})
        timeline.add(leaf, time);
    budget.double_shortest();
    CHECK(budget.shortest_ns == 2'000);
    timeline.thin();
    const std::string seen = runs_of(timeline);
    CHECK((seen == "1:5000 2:1900 4:9000 5:1999 6:2000 " ||
           seen == "1:5000 3:1900 4:9000 5:1999 6:2000 "));
    budget.double_shortest();
    CHECK(budget.shortest_ns == 4'000);
    timeline.thin();
    CHECK(count_of(timeline) == 4);
    CHECK(total_of(timeline) == 19'899);
    SECTION("what comes later is as coarse") {
        timeline.add(7, 3'999); // behind 3,999 of 5 or 6
        CHECK(count_of(timeline) == 4);
        timeline.add(8, 3'999);
        CHECK(count_of(timeline) == 5);
    }
}

TEST_CASE("timeline: thinning gives memory back and halves it") {
    timeline_budget budget = budget_of(plenty);
    thread_timeline timeline;
    timeline.begin(budget);
    for (std::uint32_t i = 0; i < 100'000; ++i)
        timeline.add(i % 7, 1'000);
    const std::size_t before = timeline.bytes();
    budget.double_shortest();
    timeline.thin();
    CHECK(timeline.bytes() < before * 6 / 10);
    CHECK(total_of(timeline) == 100'000'000);
    for (int i = 0; i < 30; ++i) {
        budget.double_shortest();
        timeline.thin();
        CHECK(total_of(timeline) == 100'000'000);
    }
    CHECK(count_of(timeline) == 1);
    CHECK(timeline.bytes() == 0);
}

TEST_CASE("timeline: shares stay what they are when it is thinned") {
    timeline_budget budget = budget_of(plenty);
    thread_timeline timeline;
    timeline.begin(budget);
    // A tenth of the time, and never as long as what is around it.
    for (int i = 0; i < 200'000; ++i) {
        timeline.add(1, 100);
        timeline.add(2, 900);
    }
    for (int i = 0; i < 5; ++i) {
        budget.double_shortest();
        timeline.thin();
    }
    // Some 6,000 runs are left: 5 standard deviations are 2 %.
    CHECK(static_cast<double>(shares_of(timeline)[1]) / 200e6 == Approx(0.1).margin(0.02));
    CHECK(count_of(timeline) < 12'000);
    CHECK(total_of(timeline) == 200'000'000);
}

TEST_CASE("timeline: a copy stands for itself") {
    timeline_budget budget = budget_of(plenty);
    thread_timeline timeline;
    timeline.begin(budget);
    for (std::uint32_t i = 0; i < 2'000; ++i)
        timeline.add(i, 1);
    thread_timeline copy = timeline;
    copy.add(7, 5);
    timeline.add(8, 6);
    CHECK(count_of(copy) == 2'001);
    CHECK(total_of(copy) == 2'005);
    CHECK(total_of(timeline) == 2'006);
    CHECK(runs_of(copy).substr(0, 12) == runs_of(timeline).substr(0, 12));
}

TEST_CASE("timeline: order and total hold whatever is added and thinned") {
    for (std::uint32_t seed = 0; seed < 50; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        timeline_budget budget = budget_of(8'000 + random() % 30'000);
        thread_timeline timeline;
        timeline.begin(budget);
        std::int64_t total = 0;
        std::vector<std::int64_t> ends; // of the additions: a run ends where one of them did
        for (int i = 0; i < 20'000; ++i) {
            const auto time = static_cast<std::int64_t>(1 + random() % (random() % 3'000 + 1));
            timeline.add(random() % 4, time);
            total += time;
            ends.push_back(total);
            if (!budget.full || random() % 5 != 0)
                continue;
            budget.double_shortest();
            timeline.thin();
            budget.used = timeline.bytes();
            budget.full = false;
        }
        std::int64_t now = 0;
        std::size_t wrong = 0;
        timeline.for_each_run([&](std::uint32_t leaf, std::int64_t duration_ns) {
            now += duration_ns;
            wrong +=
                std::binary_search(ends.begin(), ends.end(), now) && leaf < 4 && duration_ns > 0
                    ? 0
                    : 1;
        });
        CHECK(wrong == 0);
        CHECK(now == total);
        CHECK(timeline.bytes() <= budget.limit);
    }
}
