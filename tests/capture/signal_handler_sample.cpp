#include <scopetree/capture/signal_handler.hpp>

#include "staged_registry.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>

using namespace scopetree::detail;
using scopetree::capture_result;
using scopetree::stack_extent;

namespace {

/// A policy that finds what it is told to: places 1, 2, 3, ….
struct staged_capture {
    static constexpr std::uint32_t extra_frames = 4;
    static constexpr bool needs_stack_bounds = true;
    static inline capture_result result;
    static inline std::int64_t ended_ns = 0;

    static capture_result capture(const interrupted&, const thread_record&, std::uintptr_t* out,
                                  std::uint32_t room) noexcept {
        const std::int64_t begun = monotonic_ns();
        for (std::uint32_t i = 0; i < result.count && i < room; ++i)
            out[i] = i + 1;
        while ((ended_ns = monotonic_ns()) == begun) {
        }
        return result;
    }
};

// Aligned, or a page might end between an instruction and what is behind it.
alignas(8) constexpr unsigned char own_code[] = {0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90};
#if defined(__x86_64__)
alignas(8) constexpr unsigned char system_call_code[] = {0x90, 0x90, 0x0f, 0x05,
                                                         0x90, 0x90, 0x90, 0x90};
#else
alignas(8) constexpr unsigned char system_call_code[] = {0x01, 0x00, 0x00, 0xd4,
                                                         0x90, 0x90, 0x90, 0x90};
#endif

/// A record on its own, and what was sampled into it.
struct staged_record {
    staged_record() {
        REQUIRE(record.ring.open());
        record.scopes.current = &record.root;
    }
    ~staged_record() { handler.max_frames = max_frames_before_; }

    sample take(capture_result captured, std::uint32_t max_frames = 8,
                const unsigned char* at = own_code + 4, std::intptr_t result = 0) {
        handler.max_frames = max_frames;
        staged_capture::result = captured;
        take_sample<staged_capture>(record, {reinterpret_cast<std::uintptr_t>(at), 0, 0, result});
        int met = 0;
        sample found;
        record.ring.drain([&](const sample& taken) {
            ++met;
            found = taken;
        });
        REQUIRE(met == 1);
        return found;
    }

    thread_record record;

private:
    std::uint32_t max_frames_before_ = handler.max_frames;
};

siginfo_t signal_info(int code, pid_t from) {
    siginfo_t info;
    std::memset(&info, 0, sizeof info);
    info.si_signo = sampling_signal;
    info.si_code = code;
    info.si_pid = from;
    return info;
}

} // namespace

TEST_CASE("sample: a stack is complete up to the most frames there may be") {
    staged_record s;
    sample taken = s.take({8, stack_extent::complete});
    CHECK(taken.count == 8);
    CHECK(taken.extent == stack_extent::complete);
    taken = s.take({9, stack_extent::complete});
    CHECK(taken.count == 8);
    CHECK(taken.extent == stack_extent::truncated);
    taken = s.take({2, stack_extent::truncated});
    CHECK(taken.count == 2);
    CHECK(taken.extent == stack_extent::truncated);
}

TEST_CASE("sample: a function whose caller is not known has no complete stack") {
    staged_record s;
    CHECK(s.take({1, stack_extent::complete}).extent == stack_extent::truncated);
    CHECK(s.take({2, stack_extent::complete}).extent == stack_extent::complete);
}

TEST_CASE("sample: who follows frame pointers may begin in the unwinder") {
    staged_record s;
    const dangerous_code before = handler.dangerous;
    handler.dangerous.unwinder = {0, ~std::uintptr_t{0}};
    const sample taken = s.take({3, stack_extent::complete});
    handler.dangerous = before;
    CHECK(taken.count == 3);
    CHECK(taken.extent == stack_extent::complete);
}

TEST_CASE("sample: tells how long it took") {
    staged_record s;
    const sample taken = s.take({2, stack_extent::complete});
    CHECK(taken.handler_ns >= staged_capture::ended_ns - taken.time_ns);
    CHECK(taken.handler_ns > 0);
}

TEST_CASE("sample: the CPU clock is read at system calls only") {
    staged_record s;
    const sample running = s.take({2, stack_extent::complete});
    CHECK_FALSE(running.in_kernel);
    CHECK(running.cpu_ns == -1);
    const unsigned char* const behind = system_call_code + 4;
    const sample returns = s.take({2, stack_extent::complete}, 8, behind, 7);
    CHECK(returns.in_kernel);
    CHECK_FALSE(returns.interrupted);
    CHECK(returns.cpu_ns > 0);
    const sample waits = s.take({2, stack_extent::complete}, 8, behind, -EINTR);
    CHECK(waits.in_kernel);
    CHECK(waits.interrupted);
}

TEST_CASE("sample: says which request the thread serves, and tells that one") {
    staged_record s;
    request_context request;
    scope_table::init_root(request.root);
    request.scopes.current = &request.root;
    request.first_part = &request;
    request.epoch = 7;
    request.life.begin();
    s.record.scopes.epoch = 7;
    s.record.request = &request;
    s.record.request_pc = own_code;
    const sample taken = s.take({2, stack_extent::complete});
    CHECK(taken.request.context == &request);
    CHECK(taken.request.generation == request.generation());
    CHECK(taken.request.scope == &request.root);
    CHECK(taken.request.pc == own_code);
    CHECK(request.sampled);
    SECTION("but not one of an earlier run") {
        request.sampled = false;
        s.record.scopes.epoch = 8;
        CHECK(s.take({2, stack_extent::complete}).request.context == nullptr);
        CHECK_FALSE(request.sampled);
    }
    SECTION("that of whose part it is") {
        request_context part;
        scope_table::init_root(part.root);
        part.scopes.current = &part.root;
        part.first_part = &request;
        request.sampled = false;
        s.record.request = &part;
        const sample beside = s.take({2, stack_extent::complete});
        CHECK(beside.request.context == &part);
        CHECK(beside.request.generation == request.generation());
        CHECK(request.sampled);
        CHECK_FALSE(part.sampled);
    }
}

TEST_CASE("sample: where the ring is full none is taken") {
    staged_record s;
    handler.max_frames = sample_ring::max_pcs - staged_capture::extra_frames;
    staged_capture::result = {handler.max_frames, stack_extent::complete};
    const interrupted from{reinterpret_cast<std::uintptr_t>(own_code + 4), 0, 0, 0};
    for (int i = 0; i < 3; ++i)
        take_sample<staged_capture>(s.record, from);
    int met = 0;
    s.record.ring.drain([&](const sample&) { ++met; });
    CHECK(met > 0);
    CHECK(s.record.ring.take_dropped() == static_cast<std::uint64_t>(3 - met));
    CHECK(met < 3);
}

TEST_CASE("handler: a signal that lost what it carried is the thread's own if it waits for one") {
    registry& of = staged::make_registry();
    thread_record record;
    const siginfo_t bare = signal_info(SI_USER, 0);
    CHECK(record_of(bare, of) == nullptr); // the thread is not attached
    of.this_thread_state().record = &record;
    CHECK(record_of(bare, of) == nullptr); // no signal is on its way
    record.pending = true;
    CHECK(record_of(bare, of) == &record);
    CHECK(record_of(signal_info(SI_USER, ::getpid()), of) == nullptr); // somebody's kill
    CHECK(record_of(signal_info(SI_TKILL, 0), of) == nullptr);
    of.this_thread_state() = {};
}
