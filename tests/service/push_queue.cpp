#include <scopetree/service/push_queue.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

using namespace scopetree;
using namespace scopetree::detail;
using namespace std::chrono_literals;

namespace {

push_profile profile(std::int64_t from, std::size_t size = 1'000) {
    push_profile made;
    made.from_unix_ns = from;
    made.body.assign(size - sizeof made, 'x');
    return made;
}

} // namespace

TEST_CASE("push queue: the oldest come first") {
    push_queue queue(10'000);
    push_figures figures;
    CHECK(queue.next(0, figures) == nullptr);
    queue.push(profile(1), false, figures);
    queue.push(profile(2), false, figures);
    CHECK(figures.waiting == 2);
    CHECK(figures.waiting_bytes == 2'000);
    CHECK(queue.next(5, figures)->from_unix_ns == 1);
    CHECK(queue.next(5, figures)->from_unix_ns == 1);
    queue.pop(figures);
    CHECK(queue.next(5, figures)->from_unix_ns == 2);
    queue.pop(figures);
    CHECK(queue.next(5, figures) == nullptr);
    CHECK(figures.waiting_bytes == 0);
    CHECK(figures.dropped() == 0);
}

TEST_CASE("push queue: when it is full the oldest go, but not the one that is on its way") {
    push_queue queue(3'000);
    push_figures figures;
    for (int i = 1; i <= 5; ++i)
        queue.push(profile(i), false, figures);
    CHECK(figures.dropped_full == 2);
    CHECK(queue.next(5, figures)->from_unix_ns == 3);
    queue.push(profile(6), true, figures);
    CHECK(figures.dropped_full == 3);
    CHECK(queue.next(5, figures)->from_unix_ns == 3);
    queue.pop(figures);
    CHECK(queue.next(5, figures)->from_unix_ns == 5);
    queue.push(profile(7, 3'001), false, figures); // has no room at all
    CHECK(figures.dropped_full == 6);
    CHECK(figures.waiting == 0);
    CHECK(figures.waiting_bytes == 0);
}

TEST_CASE("push queue: one that leaves no room beside the one on its way is dropped itself") {
    push_queue queue(3'000);
    push_figures figures;
    queue.push(profile(1, 2'000), false, figures);
    queue.push(profile(2, 2'000), true, figures);
    CHECK(figures.dropped_full == 1);
    CHECK(figures.waiting == 1);
    CHECK(queue.next(5, figures)->from_unix_ns == 1);
}

TEST_CASE("push queue: what is older than an hour is not sent any more") {
    constexpr std::int64_t hour = push_queue::longest_age_ns;
    push_queue queue(10'000);
    push_figures figures;
    for (int i = 1; i <= 4; ++i)
        queue.push(profile(i), false, figures);
    CHECK(queue.next(hour + 1, figures)->from_unix_ns == 1);
    CHECK(queue.next(hour + 3, figures)->from_unix_ns == 3);
    CHECK(figures.dropped_old == 2);
    CHECK(queue.next(hour + 5, figures) == nullptr);
    CHECK(figures.dropped_old == 4);
}

TEST_CASE("push queue: what is left at the end is counted") {
    push_queue queue(10'000);
    push_figures figures;
    queue.push(profile(1), false, figures);
    queue.push(profile(2), false, figures);
    queue.end(figures);
    CHECK(figures.dropped_at_end == 2);
    CHECK(figures.dropped() == 2);
    CHECK(figures.waiting == 0);
}

TEST_CASE("push pause: doubles up to its limit, and is spread") {
    CHECK(push_pause(1, 100ms, 1'000ms, 0) == 100ms);
    CHECK(push_pause(2, 100ms, 1'000ms, 0) == 200ms);
    CHECK(push_pause(4, 100ms, 1'000ms, 0) == 800ms);
    CHECK(push_pause(5, 100ms, 1'000ms, 0) == 1'000ms);
    CHECK(push_pause(4'000'000'000, 100ms, 1'000ms, 0) == 1'000ms);
    CHECK(push_pause(5, 100ms, 1'000ms, 1) == 500ms);
    CHECK(push_pause(1, 1ms, 1ms, 1) == 1ms);
}

TEST_CASE("push outcome: what is tried again, and what never will be taken") {
    for (const unsigned status : {200u, 201u, 204u})
        CHECK(outcome_of_status(status) == push_outcome::accepted);
    for (const unsigned status : {429u, 500u, 502u, 503u, 599u})
        CHECK(outcome_of_status(status) == push_outcome::try_again);
    for (const unsigned status : {100u, 301u, 307u, 400u, 401u, 404u, 413u, 422u, 499u})
        CHECK(outcome_of_status(status) == push_outcome::refused);
}
