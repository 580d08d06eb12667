/// How a stack is captured: the policies, and what must not be unwound.
#ifndef SCOPETREE_CAPTURE_UNWIND_HPP
#define SCOPETREE_CAPTURE_UNWIND_HPP

#include <scopetree/capture/module_list.hpp>
#include <scopetree/capture/thread_record.hpp>

#include <boost/stacktrace/safe_dump_to.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <dlfcn.h>
#include <link.h>
#include <ucontext.h>
#include <unwind.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The registers of the interrupted thread that capturing needs.
struct interrupted {
    std::uintptr_t pc;
    std::uintptr_t stack_pointer;
    std::uintptr_t frame_pointer;
    std::intptr_t result; ///< the register that holds what a system call returned
};

/// Signal-safe.
inline interrupted interrupted_by_signal(const void* context) noexcept {
    const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
    return {static_cast<std::uintptr_t>(machine.gregs[REG_RIP]),
            static_cast<std::uintptr_t>(machine.gregs[REG_RSP]),
            static_cast<std::uintptr_t>(machine.gregs[REG_RBP]),
            static_cast<std::intptr_t>(machine.gregs[REG_RAX])};
#elif defined(__aarch64__)
    return {machine.pc, machine.sp, machine.regs[29], static_cast<std::intptr_t>(machine.regs[0])};
#endif
}

/// Where a thread was interrupted, as far as system calls go.
enum class system_call : std::uint8_t {
    none,    ///< in its own code
    returns, ///< on its way out of one that has a result
    waits    ///< in one that was waiting or about to: the signal ended it, or it will be restarted
};

/// Reads code beside `pc` only where that page is known to be mapped. Signal-safe.
inline system_call system_call_at(const interrupted& from) noexcept {
    const auto* const code = reinterpret_cast<const unsigned char*>(from.pc);
    const std::uintptr_t in_page = from.pc % 4096;
#if defined(__x86_64__)
    const auto is_call = [](const unsigned char* at) { return at[0] == 0x0f && at[1] == 0x05; };
    constexpr std::uintptr_t size = 2;
    const bool restarts = in_page <= 4096 - size && is_call(code);
#elif defined(__aarch64__)
    const auto is_call = [](const unsigned char* at) {
        return at[0] == 0x01 && at[1] == 0x00 && at[2] == 0x00 && at[3] == 0xd4;
    };
    constexpr std::uintptr_t size = 4;
    const bool restarts = is_call(code);
#endif
    if (in_page >= size && is_call(code - size))
        return from.result == -EINTR ? system_call::waits : system_call::returns;
    return restarts ? system_call::waits : system_call::none;
}

struct code_range {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;

    /// Signal-safe.
    bool holds(std::uintptr_t pc) const noexcept { return pc >= begin && pc < end; }
};

/// Code that is never unwound from, since that could crash.
struct dangerous_code {
    /// libgcc: interrupted just before it installs a context it has overwritten its own save slots.
    code_range unwinder;
    bool separate =
        false; ///< false: linked into the program (-static-libgcc); do not unwind at all

    /// swapcontext and setcontext: once they have taken on the other stack, and until they have put
    /// the return address on it, their unwind tables take for one what happens to lie there, and
    /// libgcc reads the code at it (seen with glibc 2.36). At their system call the stack is the
    /// old one.
    code_range switches[2];

    /// Signal-safe.
    bool holds(const interrupted& from) const noexcept {
        return unwinder.holds(from.pc) ||
               ((switches[0].holds(from.pc) || switches[1].holds(from.pc)) &&
                system_call_at(from) == system_call::none);
    }
};

/// The code of a function that a shared library exports, and not of what a sanitizer has put before
/// it in the program; empty if there is none. Not signal-safe.
inline code_range code_of(const char* name) noexcept {
    void* function = ::dlsym(RTLD_NEXT, name);
    if (function == nullptr)
        function = ::dlsym(RTLD_DEFAULT, name);
    Dl_info where;
    void* symbol = nullptr;
    if (function == nullptr || ::dladdr1(function, &where, &symbol, RTLD_DL_SYMENT) == 0 ||
        symbol == nullptr)
        return {};
    const auto begin = reinterpret_cast<std::uintptr_t>(function);
    return {begin, begin + static_cast<const ElfW(Sym)*>(symbol)->st_size};
}

/// Not signal-safe.
inline dangerous_code find_dangerous_code() noexcept {
    struct search {
        std::uintptr_t address;
        dangerous_code found;
        bool first;
    } state{reinterpret_cast<std::uintptr_t>(&_Unwind_Backtrace), {}, true};
    list_modules(
        [](dl_phdr_info* module, std::size_t, void* data) {
            auto& in = *static_cast<search*>(data);
            const bool is_program = in.first;
            in.first = false;
            for (int i = 0; i < module->dlpi_phnum; ++i) {
                const auto& header = module->dlpi_phdr[i];
                const std::uintptr_t begin = module->dlpi_addr + header.p_vaddr;
                if (header.p_type != PT_LOAD || in.address < begin ||
                    in.address >= begin + header.p_memsz)
                    continue;
                in.found.unwinder = {begin, begin + header.p_memsz};
                in.found.separate = !is_program;
                return 1;
            }
            return 0;
        },
        &state);
    if (state.found.separate) {
        state.found.switches[0] = code_of("swapcontext");
        state.found.switches[1] = code_of("setcontext");
    }
    return state.found;
}

} // namespace detail

/// Where a policy writes program counters, and what came of it.
struct capture_result {
    std::uint32_t count = 0; ///< program counters written, innermost (the interrupted one) first
    stack_extent extent = stack_extent::complete;
};

/// Capture policy, the default: Boost.Stacktrace, which unwinds with the program's unwind tables.
/// 135–250 ns a frame. Works for every program; needs no frame pointers.
struct boost_stacktrace {
    /// Frames of the handler and of the unwinder come out first; room for them is needed too.
    static constexpr std::uint32_t extra_frames = 16;
    static constexpr bool needs_stack_bounds = false;

    /// The unwinder allocates and locks the first time, and the dynamic linker takes stack: make
    /// that before the first signal.
    static void warm_up() noexcept {
        std::uintptr_t pcs[8];
        const std::size_t written = boost::stacktrace::safe_dump_to(pcs, sizeof pcs);
        __builtin_memmove(pcs, pcs + 1, (written > 0 ? written - 1 : 0) * sizeof *pcs);
        __asm__ volatile("" ::"r"(pcs) : "memory");
    }

    /// Signal-safe with glibc >= 2.35 and libgcc >= 12, which unwind without a lock.
    static capture_result capture(const detail::interrupted& from, const detail::thread_record&,
                                  std::uintptr_t* out, std::uint32_t room) noexcept {
        const std::size_t written =
            boost::stacktrace::safe_dump_to(out, room * sizeof(std::uintptr_t)) - 1;
        // The interrupted frame is known by its address, never by a number of frames to skip.
        std::size_t first = 0;
        while (first < written && first < extra_frames && out[first] != from.pc)
            ++first;
        if (first == written || first == extra_frames) {
            out[0] = from.pc;
            return {1, stack_extent::truncated};
        }
        __builtin_memmove(out, out + first, (written - first) * sizeof(std::uintptr_t));
        const bool full = written + 1 >= room;
        return {static_cast<std::uint32_t>(written - first),
                full ? stack_extent::truncated : stack_extent::complete};
    }
};

/// Capture policy for programs built with -fno-omit-frame-pointer: follows the chain of frame
/// pointers, 2–3 ns a frame. A function interrupted before it has set up its frame hides its
/// caller.
struct frame_pointers {
    static constexpr std::uint32_t extra_frames = 1;
    static constexpr bool needs_stack_bounds = true;

    static void warm_up() noexcept {}

    /// Signal-safe. Reads nothing outside of the thread's own stack, whatever the registers hold.
    static capture_result capture(const detail::interrupted& from,
                                  const detail::thread_record& record, std::uintptr_t* out,
                                  std::uint32_t room) noexcept {
        out[0] = from.pc;
        const std::uintptr_t begin = record.stack_begin.load(std::memory_order_relaxed);
        const std::uintptr_t end = record.stack_end.load(std::memory_order_relaxed);
        if (from.stack_pointer < begin || from.stack_pointer >= end)
            return {1, stack_extent::truncated};
        constexpr std::uintptr_t word = sizeof(std::uintptr_t);
        std::uintptr_t lowest = from.stack_pointer;
        std::uintptr_t frame = from.frame_pointer;
        std::uint32_t count = 1;
        while (frame >= lowest && frame % word == 0 && frame <= end - 2 * word) {
            const auto* const at = reinterpret_cast<const std::uintptr_t*>(frame);
            if (at[1] == 0)
                return {count, stack_extent::complete};
            if (count == room)
                return {count, stack_extent::truncated};
            out[count++] = at[1];
            lowest = frame + word;
            frame = at[0];
        }
        return {count, frame == 0 ? stack_extent::complete : stack_extent::truncated};
    }
};

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
