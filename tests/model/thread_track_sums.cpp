#include <scopetree/model/thread_track.hpp>

#include "staged_track.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

using staged::staged_scope;
using staged::staged_track;

namespace {

struct sums {
    std::int64_t wall = 0;
    std::int64_t cpu = 0;
    bool negative = false;
};

/// Whether the runs of every leaf add up to its wall time, and none stands beside its like.
bool timeline_fits(const staged::thread_track& track) {
    std::vector<std::int64_t> left;
    for (const auto& leaf : track.tree().leaves())
        left.push_back(leaf.wall_ns);
    bool fits = true;
    std::uint32_t before = UINT32_MAX;
    track.timeline().for_each_run([&](std::uint32_t leaf, std::int64_t duration_ns) {
        left[leaf] -= duration_ns;
        fits = fits && leaf != before && duration_ns > 0;
        before = leaf;
    });
    return fits && std::all_of(left.begin(), left.end(), [](std::int64_t ns) { return ns == 0; });
}

sums sum_of(const staged::call_tree& tree) {
    sums total;
    for (const auto& leaf : tree.leaves()) {
        total.wall += leaf.wall_ns;
        total.cpu += leaf.cpu_ns;
        total.negative = total.negative || leaf.wall_ns < 0 || leaf.cpu_ns < 0;
    }
    return total;
}

using leaves = staged::mapped_vector<staged::call_tree::leaf>;

/// Whether every leaf that has changed since `before` is among those that were credited.
bool tells_of_changes(const staged::thread_track& track, const leaves& before) {
    const auto credited = track.credited();
    for (std::uint32_t i = 0; i < track.tree().leaves().size(); ++i) {
        const staged::call_tree::leaf& now = track.tree().leaves()[i];
        const staged::call_tree::leaf then =
            i < before.size() ? before[i] : staged::call_tree::leaf{};
        const bool same =
            now.wall_ns == then.wall_ns && now.cpu_ns == then.cpu_ns && now.samples == then.samples;
        if (!same && std::count(credited.leaves, credited.leaves + credited.count, i) == 0)
            return false;
    }
    return true;
}

/// A thread that runs, waits, blocks signals and is visited at random.
class random_life {
public:
    explicit random_life(std::uint32_t seed) : random_(seed) {
        now_ = begun_ = pick(0, 1'000'000);
        cpu_ = cpu_begun_ = pick(0, 1'000'000);
        t.track.begin(now_, cpu_);
    }

    void step() {
        constexpr std::int64_t steps[] = {0, 1, 900, 30'000, 1'000'000, 50'000'000};
        const std::int64_t dt = pick(0, steps[pick(0, 5)]);
        now_ += dt;
        cpu_ += pick(0, 2) == 0 ? 0 : pick(0, dt);
        const staged::scope_node* const scope = pick(0, 1) == 0 ? nullptr : &scope_.node;
        switch (pick(0, 6)) {
        case 0:
        case 1:
            if (t.track.visit(now_, cpu_) && pick(0, 1) == 0)
                t.track.set_on_cpu(scope);
            break;
        case 2:
            t.visit_pending(now_, cpu_, scope);
            break;
        case 3:
            t.track.take_without_stack(now_, cpu_, scope);
            break;
        case 4:
            t.take(stacks[pick(0, 3)], now_ - pick(0, dt), pick(0, 1) == 0);
            break;
        case 5:
            t.take_in_wait(stacks[pick(0, 3)], now_ - pick(0, dt), cpu_, scope, pick(0, 1) == 0);
            break;
        default:
            t.take_in_kernel(stacks[pick(0, 3)], now_ - pick(0, dt), cpu_, pick(0, 1) == 0);
        }
    }
    void finish() { t.track.finish(now_, cpu_, nullptr); }

    std::int64_t wall() const { return now_ - begun_; }
    std::int64_t cpu() const { return cpu_ - cpu_begun_; }

    staged_track t;

private:
    static constexpr const char* stacks[] = {"m", "mf", "mfg", "mw"};

    std::int64_t pick(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }

    std::mt19937 random_;
    staged_scope scope_{"S"};
    std::int64_t now_, begun_, cpu_, cpu_begun_;
};

} // namespace

TEST_CASE("track: whatever happens the leaves add up to the thread's life") {
    for (std::uint32_t seed = 0; seed < 300; ++seed) {
        random_life life(seed);
        for (int i = 0; i < 150; ++i) {
            const leaves before = life.t.track.tree().leaves();
            life.step();
            const sums now = sum_of(life.t.track.tree());
            if (now.wall != life.t.track.wall_ns() || now.cpu != life.t.track.cpu_ns() ||
                now.wall > life.wall() || now.cpu > life.cpu() || now.negative ||
                !timeline_fits(life.t.track) || !tells_of_changes(life.t.track, before))
                FAIL("seed " << seed << ", step " << i << ": " << life.t.credits());
        }
        life.finish();
        const sums end = sum_of(life.t.track.tree());
        if (end.wall != life.wall() || end.cpu != life.cpu() || end.negative ||
            !timeline_fits(life.t.track))
            FAIL("seed " << seed << ": " << life.t.credits());
    }
    SUCCEED();
}
