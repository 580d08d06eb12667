// Frame pointers that lead astray.
//     poisoned SHARE_IN_1000 SECONDS
// compile with: -fno-omit-frame-pointer

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

std::uint64_t us = 0;

/// Something that could stand in a register or on a stack: nothing, a small number, an address
/// that is not the program's, that cannot be one, of its own stack, of its code, or any at all.
std::uintptr_t poison(std::mt19937_64& random) {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    switch (random() % 8) {
    case 0:
        return 0;
    case 1:
        return random() % 4096;
    case 2:
        return here - random() % (1 << 20);
    case 3:
        return here + random() % (1 << 24);
    case 4:
        return 0x8000'0000'0000'0000 | random();
    case 5:
        return reinterpret_cast<std::uintptr_t>(&poison);
    case 6:
        return UINTPTR_MAX - random() % 64;
    default:
        return random();
    }
}

/// Works with the given frame pointer, as code does that uses the register for something else.
TEST_OWN_FRAME void work_with_frame_pointer(std::uintptr_t value, std::uint64_t steps) {
#if defined(__x86_64__)
    __asm__ volatile("pushq %%rbp\n\t"
                     "movq %0, %%rbp\n"
                     "1: decq %1\n\t"
                     "jnz 1b\n\t"
                     "popq %%rbp"
                     : "+a"(value), "+c"(steps)
                     :
                     : "memory", "cc");
#else
    __asm__ volatile("mov x9, x29\n\t"
                     "mov x29, %0\n"
                     "1: subs %1, %1, #1\n\t"
                     "b.ne 1b\n\t"
                     "mov x29, x9"
                     : "+r"(value), "+r"(steps)
                     :
                     : "x9", "memory", "cc");
#endif
}

/// Works while the caller's frame on the stack is overwritten: where its caller's frame is, and
/// where it returns to.
TEST_OWN_FRAME void work_in_broken_frame(std::uintptr_t frame, std::uintptr_t address,
                                         std::uint64_t steps) {
    auto* const own = static_cast<volatile std::uintptr_t*>(__builtin_frame_address(0));
    const std::uintptr_t kept_frame = own[0], kept_address = own[1];
    own[0] = frame;
    own[1] = address;
    test::work(steps);
    own[0] = kept_frame;
    own[1] = kept_address;
    __asm__ volatile("" ::: "memory");
}

TEST_OWN_FRAME void step(std::mt19937_64& random, unsigned share, int depth, long& poisoned) {
    PROFILE_SCOPE("step");
    if (depth > 0) {
        step(random, share, depth - 1, poisoned);
    } else if (random() % 1000 >= share) {
        test::work(5 * us);
    } else if (++poisoned; random() % 2 == 0) {
        work_with_frame_pointer(poison(random), 5 * us);
    } else {
        work_in_broken_frame(poison(random), poison(random), 5 * us);
    }
    __asm__ volatile("");
}

/// What a handler finds that believes every frame pointer: reads at an address of nobody's.
void believe(std::uintptr_t frame) {
    for (int i = 0; i < 64 && frame != 0; ++i)
        frame = *reinterpret_cast<const volatile std::uintptr_t*>(frame);
}

} // namespace

int main(int count, char** words) {
    if (count < 3)
        return 2;
    us = test::steps_per_us();
    const auto share = static_cast<unsigned>(std::atoi(words[1]));
    const std::int64_t end = test::wall_ns() + static_cast<std::int64_t>(std::atof(words[2]) * 1e9);
    if (count > 3) {
        std::mt19937_64 random(1);
        for (;;)
            believe(poison(random));
    }
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(100);
    chosen.cpu_budget = 1;
    test::profile profile(chosen, test::capture::frame_pointers);
    profile.start();
    long poisoned[2] = {};
    std::vector<std::thread> threads;
    for (long& of_thread : poisoned)
        threads.emplace_back([&of_thread, share, end] {
            std::mt19937_64 random(7);
            while (test::wall_ns() < end)
                step(random, share, static_cast<int>(random() % 20), of_thread);
        });
    for (std::thread& thread : threads)
        thread.join();
    const scopetree::session result = profile.stop();
    test::print("poisoned", poisoned[0] + poisoned[1]);
    test::print("samples", result.figures.samples);
    test::print("truncated", result.figures.truncated);
    test::print("calls", test::calls_of(result, "step"));
    return 0;
}
