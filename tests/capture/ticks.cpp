#include <scopetree/capture/ticks.hpp>

#include <catch2/catch.hpp>

#include <cstdint>

using namespace scopetree::detail;

namespace {

void spin(std::int64_t ns) {
    const std::int64_t end = monotonic_ns() + ns;
    while (monotonic_ns() < end) {
    }
}

} // namespace

TEST_CASE("ticks: calibrated ticks are nanoseconds") {
    std::uint64_t (*const source)() noexcept = GENERATE(ticks_source(), &clock_ticks);
    const tick_mark first = mark_ticks(source);
    spin(50'000'000);
    const tick_mark second = mark_ticks(source);
    spin(50'000'000);
    const tick_mark third = mark_ticks(source);
    const double scale = ns_per_tick(first, second);
    CHECK(scale > 0.01);
    const double measured = static_cast<double>(third.ticks - second.ticks) * scale;
    const double right = static_cast<double>(third.ns - second.ns);
    CHECK(measured / right > 0.95);
    CHECK(measured / right < 1.05);
}

TEST_CASE("ticks: of the clock are nanoseconds already") {
    const tick_mark from = mark_ticks(&clock_ticks);
    spin(50'000'000);
    const double scale = ns_per_tick(from, mark_ticks(&clock_ticks));
    CHECK(scale > 0.95);
    CHECK(scale < 1.05);
}

TEST_CASE("ticks: marks that tell nothing are worth one nanosecond a tick") {
    CHECK(ns_per_tick({100, 100}, {100, 200}) == 1.0);
    CHECK(ns_per_tick({100, 100}, {200, 100}) == 1.0);
    CHECK(ns_per_tick({100, 100}, {300, 200}) == 0.5);
}

TEST_CASE("ticks: a mark lies between the readings around it") {
    const std::int64_t before = monotonic_ns();
    const tick_mark mark = mark_ticks(ticks_source());
    const std::int64_t after = monotonic_ns();
    CHECK(mark.ns >= before);
    CHECK(mark.ns <= after);
}
