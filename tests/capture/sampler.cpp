#include <scopetree/capture/sampler.hpp>

#include "staged_registry.hpp"
#include <scopetree/model/track_store.hpp>
#include <support/own_thread.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <set>
#include <string>
#include <thread>

using namespace scopetree::detail;
using namespace std::chrono_literals;
using staged::module_state;
using staged::site;
using test::on_own_thread;

namespace {

using sampler_type = sampler<scopetree::boost_stacktrace, track_store>;
using error = sampler_type::start_error;

/// Samples into a registry of its own, and gives the handler back.
struct staged_sampler {
    explicit staged_sampler(const scopetree::options& chosen = {}) : sampling(registry_, chosen) {}
    ~staged_sampler() {
        if (running)
            stop();
        handler.records = records_before_;
        handler.take = take_before_;
    }
    error start() {
        const error result = sampling.start();
        running = result == error::none;
        return result;
    }
    void stop() {
        sampling.stop();
        running = false;
    }
    void enter() {
        scope_site a = site("a");
        REQUIRE(registry_.enter(state.module, module_state::slot(), a, &a) != nullptr);
    }
    sampler_figures figures() {
        sampler_figures result;
        sampling.with_lock([&](const track_store&, const sampler_figures& now) { result = now; });
        return result;
    }
    /// Runs until `enough(figures)`; a minute is for ever.
    template <class Enough>
    bool run_until(Enough&& enough) {
        const std::int64_t end = monotonic_ns() + 60'000'000'000;
        while (!enough(figures())) {
            if (monotonic_ns() > end)
                return false;
            const std::int64_t pause = monotonic_ns() + 1'000'000;
            while (monotonic_ns() < pause) {
            }
        }
        return true;
    }

    const registry* records_before_ = handler.records;
    void (*take_before_)(thread_record&, const interrupted&) = handler.take;
    registry& registry_ = staged::make_registry();
    module_state state;
    sampler_type sampling;
    bool running = false;
};

struct totals {
    int threads = 0;
    std::int64_t wall = 0, cpu = 0, credited_wall = 0, credited_cpu = 0;
    std::uint64_t samples = 0;
};

totals ended_in(staged_sampler& s) {
    totals sum;
    s.sampling.with_lock([&](const track_store& store, const sampler_figures&) {
        store.for_each_ended([&](const thread_account& account) {
            ++sum.threads;
            sum.wall += account.wall_ns;
            sum.cpu += account.cpu_ns;
            for (const auto& leaf : account.track.tree().leaves()) {
                sum.credited_wall += leaf.wall_ns;
                sum.credited_cpu += leaf.cpu_ns;
                sum.samples += leaf.samples;
            }
        });
    });
    return sum;
}

} // namespace

TEST_CASE("sampler: a thread that runs is sampled, and all its time is credited") {
    staged_sampler s;
    on_own_thread([&] {
        REQUIRE(s.start() == error::none);
        const std::int64_t begun = monotonic_ns();
        s.enter();
        const std::int64_t attached = monotonic_ns();
        CHECK(s.run_until([](const sampler_figures& now) { return now.samples >= 20; }));
        const std::int64_t last = monotonic_ns();
        s.stop();
        const std::int64_t stopped = monotonic_ns();
        const totals sum = ended_in(s);
        CHECK(sum.threads == 1);
        CHECK(sum.wall >= last - attached);
        CHECK(sum.wall <= stopped - begun);
        CHECK(sum.credited_wall == sum.wall);
        CHECK(sum.credited_cpu == sum.cpu);
        CHECK(sum.cpu <= sum.wall);
        const sampler_figures figures = s.figures();
        CHECK(sum.samples == figures.samples);
        CHECK(figures.signals >= figures.samples);
        CHECK(figures.ticks >= figures.samples);
        CHECK(figures.sampler_cpu_ns > 0);
        CHECK(figures.dropped == 0);
    });
}

TEST_CASE("sampler: a thread that waits gets no signals") {
    staged_sampler s;
    on_own_thread([&] {
        REQUIRE(s.start() == error::none);
        s.enter(); // this thread only waits from here on
        std::this_thread::sleep_for(50ms);
        const std::uint64_t before = s.figures().signals;
        std::this_thread::sleep_for(200ms);
        const sampler_figures after = s.figures();
        CHECK(after.ticks > 10);
        CHECK(after.signals - before <= 3); // reading the figures is running, too
        s.stop();
        const totals sum = ended_in(s);
        CHECK(sum.credited_wall == sum.wall);
        CHECK(sum.wall >= 250'000'000);
    });
}

TEST_CASE("sampler: a second one is refused and leaves the first alone") {
    staged_sampler s;
    on_own_thread([&] {
        REQUIRE(s.start() == error::none);
        sampler_type second(s.registry_, {});
        CHECK(second.start() == error::already_running);
        s.enter();
        CHECK(s.run_until([](const sampler_figures& now) { return now.samples >= 3; }));
        s.stop();
        sampler_type third(s.registry_, {});
        CHECK(third.start() == error::none);
        third.stop();
    });
}

TEST_CASE("sampler: stops at once, whatever its interval") {
    scopetree::options chosen;
    chosen.interval = 10s;
    staged_sampler s(chosen);
    REQUIRE(s.start() == error::none);
    const std::int64_t before = monotonic_ns();
    s.stop();
    CHECK(monotonic_ns() - before < 4'000'000'000); // the shortest interval is five seconds
    CHECK(s.figures().samples == 0);
}

TEST_CASE("sampler: threads that end while it runs are kept") {
    staged_sampler s;
    REQUIRE(s.start() == error::none);
    for (int i = 0; i < 10; ++i)
        on_own_thread([&] { s.enter(); });
    s.stop();
    const totals sum = ended_in(s);
    CHECK(sum.threads == 10);
    CHECK(sum.credited_wall == sum.wall);
    CHECK(sum.credited_cpu == sum.cpu);
}

TEST_CASE("sampler: finds threads that never met a macro, but not its own") {
    scopetree::options chosen;
    chosen.threads = scopetree::thread_selection::all;
    staged_sampler s(chosen);
    std::atomic<bool> done{false};
    std::atomic<pid_t> tid{0};
    std::thread stranger([&] {
        tid = current_tid();
        while (!done) {
        }
    });
    REQUIRE(s.start() == error::none);
    CHECK(s.run_until([](const sampler_figures& now) { return now.samples >= 10; }));
    const std::set<pid_t> found = staged::tids(s.registry_);
    CHECK(found.count(tid) == 1);
    CHECK(found.count(current_tid()) == 1);
    int others = 0;
    for_each_thread([&](pid_t each) { others += found.count(each) == 0; });
    CHECK(others == 1); // the timer's own
    done = true;
    stranger.join();
    CHECK(s.run_until([&](const sampler_figures&) {
        return staged::tids(s.registry_).count(tid) == 0; // its end is noticed
    }));
    s.stop();
    const totals sum = ended_in(s);
    CHECK(sum.credited_wall == sum.wall);
    CHECK(sum.credited_cpu == sum.cpu);
}

TEST_CASE("sampler: takes no signals of the program") {
    staged_sampler s;
    REQUIRE(s.start() == error::none);
    REQUIRE(s.run_until([](const sampler_figures& now) { return now.ticks > 0; }));
    pid_t own = 0;
    for_each_thread([&](pid_t each) {
        char name[16];
        read_thread_name(each, name);
        if (std::string(name) == "scopetree")
            own = each;
    });
    REQUIRE(own != 0);
    std::ifstream status("/proc/self/task/" + std::to_string(own) + "/status");
    std::uint64_t blocked = 0;
    for (std::string line; std::getline(status, line);)
        if (line.rfind("SigBlk:", 0) == 0)
            blocked = std::stoull(line.substr(7), nullptr, 16);
    for (const int number : {SIGINT, SIGTERM, SIGALRM, SIGPROF, SIGURG, SIGUSR1})
        CHECK((blocked >> (number - 1) & 1) == 1);
    s.stop();
}
