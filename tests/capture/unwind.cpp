#include <scopetree/capture/unwind.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include <dlfcn.h>
#include <sys/mman.h>

using namespace scopetree::detail;
using scopetree::capture_result;
using scopetree::frame_pointers;
using scopetree::stack_extent;

namespace {

/// A stack between two pages that must not be touched.
class guarded_stack {
public:
    static constexpr std::size_t page = 4096, words = page / sizeof(std::uintptr_t);

    guarded_stack() {
        pages_ = static_cast<char*>(
            ::mmap(nullptr, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        REQUIRE(pages_ != MAP_FAILED);
        REQUIRE(::mprotect(pages_ + page, page, PROT_READ | PROT_WRITE) == 0);
        record->stack_begin = address(0);
        record->stack_end = address(words);
    }
    ~guarded_stack() { ::munmap(pages_, 3 * page); }
    guarded_stack(const guarded_stack&) = delete;
    guarded_stack& operator=(const guarded_stack&) = delete;

    std::uintptr_t address(std::size_t word) const {
        return reinterpret_cast<std::uintptr_t>(pages_ + page + word * sizeof(std::uintptr_t));
    }
    std::uintptr_t& operator[](std::size_t word) {
        return reinterpret_cast<std::uintptr_t*>(pages_ + page)[word];
    }
    /// A frame: the caller's frame pointer, then the return address.
    void frame(std::size_t word, std::uintptr_t caller, std::uintptr_t pc) {
        (*this)[word] = caller;
        (*this)[word + 1] = pc;
    }
    capture_result capture(std::uintptr_t stack_pointer, std::uintptr_t frame_pointer,
                           std::uint32_t room = 100) {
        pcs.assign(room + 1, 0x5a5a);
        const capture_result result = frame_pointers::capture(
            {0x1111, stack_pointer, frame_pointer, 0}, *record, pcs.data(), room);
        CHECK(pcs[room] == 0x5a5a);
        CHECK(result.count >= 1);
        CHECK(result.count <= room);
        pcs.resize(result.count);
        return result;
    }

    std::unique_ptr<thread_record> record = std::make_unique<thread_record>();
    std::vector<std::uintptr_t> pcs;

private:
    char* pages_ = nullptr;
};

void in_the_program() {}

using addresses = std::vector<std::uintptr_t>;

} // namespace

TEST_CASE("frame pointers: the chain is followed to its end") {
    guarded_stack s;
    s.frame(10, s.address(20), 0xaaaa);
    s.frame(20, s.address(guarded_stack::words - 2), 0xbbbb);
    SECTION("a null frame pointer") {
        s.frame(guarded_stack::words - 2, 0, 0xcccc);
        CHECK(s.capture(s.address(5), s.address(10)).extent == stack_extent::complete);
        CHECK(s.pcs == addresses{0x1111, 0xaaaa, 0xbbbb, 0xcccc});
    }
    SECTION("a null return address") {
        s.frame(guarded_stack::words - 2, 0x1234, 0);
        CHECK(s.capture(s.address(5), s.address(10)).extent == stack_extent::complete);
        CHECK(s.pcs == addresses{0x1111, 0xaaaa, 0xbbbb});
    }
    SECTION("no more room") {
        s.frame(guarded_stack::words - 2, 0, 0xcccc);
        CHECK(s.capture(s.address(5), s.address(10), 3).extent == stack_extent::truncated);
        CHECK(s.pcs == addresses{0x1111, 0xaaaa, 0xbbbb});
    }
}

TEST_CASE("frame pointers: what cannot be a frame ends the walk") {
    guarded_stack s;
    s.frame(10, 0, 0xaaaa);
    const addresses alone{0x1111};
    SECTION("below the stack pointer") {
        s.capture(s.address(11), s.address(10));
    }
    SECTION("not aligned") {
        s.capture(s.address(5), s.address(10) + 1);
    }
    SECTION("its last word is outside") {
        s.capture(s.address(5), s.address(guarded_stack::words - 1));
    }
    SECTION("outside") {
        s.capture(s.address(5), s.address(guarded_stack::words));
    }
    SECTION("at the end of all addresses") {
        s.capture(s.address(5), ~std::uintptr_t{7});
    }
    SECTION("a stack pointer on another stack") {
        s.capture(s.address(guarded_stack::words), s.address(10));
        s.capture(s.address(0) - 8, s.address(10));
    }
    SECTION("a stack that is not known") {
        s.record->stack_begin = s.record->stack_end = 0;
        CHECK(s.capture(s.address(5), s.address(10)).extent == stack_extent::truncated);
    }
    CHECK(s.pcs == alone);
}

TEST_CASE("frame pointers: a chain that goes back or in circles ends") {
    guarded_stack s;
    s.frame(10, s.address(20), 0xaaaa);
    SECTION("to itself") {
        s.frame(20, s.address(20), 0xbbbb);
    }
    SECTION("to an earlier one") {
        s.frame(20, s.address(10), 0xbbbb);
    }
    CHECK(s.capture(s.address(5), s.address(10)).extent == stack_extent::truncated);
    CHECK(s.pcs == addresses{0x1111, 0xaaaa, 0xbbbb});
}

TEST_CASE("frame pointers: never leave the stack whatever lies on it") {
    guarded_stack s;
    std::mt19937_64 random(7);
    const auto poison = [&]() -> std::uintptr_t {
        const std::uintptr_t inside = s.address(random() % guarded_stack::words);
        switch (random() % 8) {
        case 0:
            return random();
        case 1:
            return 0;
        case 2:
            return inside + random() % 8;
        case 3: // around both ends
            return s.address(0) - 16 + random() % 33;
        case 4:
            return s.address(guarded_stack::words) - 24 + random() % 33;
        default:
            return inside;
        }
    };
    std::uint32_t longest = 0;
    for (int round = 0; round < 300; ++round) {
        for (std::size_t i = 0; i < guarded_stack::words; ++i)
            s[i] = poison();
        for (int i = 0; i < 50; ++i) // reading outside ends the process
            longest = std::max(
                longest,
                s.capture(poison(), poison(), static_cast<std::uint32_t>(1 + random() % 20)).count);
    }
    CHECK(longest > 3);
}

namespace {

system_call call_at(std::uintptr_t pc, std::intptr_t result = 0) {
    return system_call_at({pc, 0, 0, result});
}

bool none_at(std::uintptr_t pc) {
    return call_at(pc) == system_call::none;
}

} // namespace

TEST_CASE("system calls: are told by the instruction") {
    alignas(4096) static unsigned char code[2 * 4096] = {};
    const auto at = [&](std::size_t offset) {
        return reinterpret_cast<std::uintptr_t>(code) + offset;
    };
#if defined(__x86_64__)
    const unsigned char instruction[] = {0x0f, 0x05};
#else
    const unsigned char instruction[] = {0x01, 0x00, 0x00, 0xd4};
#endif
    constexpr std::size_t size = sizeof instruction;
    std::memcpy(code + 100, instruction, size);
    CHECK(call_at(at(100)) == system_call::waits); // to be restarted
    CHECK(call_at(at(100 + size), 17) == system_call::returns);
    CHECK(call_at(at(100 + size), -EAGAIN) == system_call::returns);
    CHECK(call_at(at(100 + size), -EINTR) == system_call::waits);
    CHECK(none_at(at(100 + 2 * size)));
    CHECK(none_at(at(100 - size)));
    // What another page holds is not read, though it may be there.
    std::memcpy(code + 4096 - size, instruction, size);
    CHECK_FALSE(none_at(at(4096 - size)));
    CHECK(none_at(at(4096)));
}

TEST_CASE("system calls: no byte of a page that is not mapped is read") {
    const guarded_stack s;
    // The first byte of the instruction everywhere: the last one makes one look for the second.
    std::memset(reinterpret_cast<void*>(s.address(0)), 0x0f, guarded_stack::page);
    for (std::size_t offset = 0; offset < guarded_stack::page; ++offset)
        if (offset % 4 == 0 || offset > 4080 || offset < 16)
            CHECK(none_at(s.address(0) + offset));
}

TEST_CASE("system calls: the C library's are found") {
    const auto* const code = static_cast<const unsigned char*>(::dlsym(RTLD_NEXT, "syscall"));
    REQUIRE(code != nullptr);
    int found = 0;
    for (std::size_t i = 0; i < 64; ++i)
        found += none_at(reinterpret_cast<std::uintptr_t>(code + i)) ? 0 : 1;
    CHECK(found == 2); // on it and right behind it
}

TEST_CASE("dangerous: the unwinder is, and the program is not") {
    const dangerous_code code = find_dangerous_code();
    const auto holds = [&](const char* name) {
        const auto pc = reinterpret_cast<std::uintptr_t>(::dlsym(RTLD_DEFAULT, name));
        REQUIRE(pc != 0);
        return code.holds({pc, 0, 0, 0});
    };
    CHECK(code.separate);
    CHECK(code.unwinder.begin < code.unwinder.end);
    CHECK(holds("_Unwind_Backtrace"));
    CHECK(holds("_Unwind_Resume"));
    CHECK_FALSE(holds("read"));
    void (*volatile program)() = &in_the_program; // or the compiler sees us read before it
    CHECK_FALSE(code.holds({reinterpret_cast<std::uintptr_t>(program), 0, 0, 0}));
    CHECK(code.unwinder.holds(code.unwinder.begin));
    CHECK_FALSE(code.unwinder.holds(code.unwinder.end));
    CHECK_FALSE(dangerous_code().holds({0, 0, 0, 0}));
}

TEST_CASE("dangerous: what switches stacks is, but for its system call") {
    const dangerous_code code = find_dangerous_code();
    for (const code_range& each : code.switches) {
        REQUIRE(each.begin < each.end);
        std::uintptr_t safe = 0;
        for (std::uintptr_t pc = each.begin; pc < each.end; ++pc)
            safe += code.holds({pc, 0, 0, 0}) ? 0 : 1;
        CHECK(safe == 2); // on the call and right behind it
        CHECK_FALSE(code.holds({each.end, 0, 0, 0}));
    }
    CHECK(code_of("there is no such function").end == 0);
}

TEST_CASE("boost: a place that is not on the stack is all there is") {
    std::uintptr_t pcs[64];
    const auto none = std::make_unique<thread_record>();
    const capture_result result =
        scopetree::boost_stacktrace::capture({0x1234, 0, 0, 0}, *none, pcs, 64);
    CHECK(result.count == 1);
    CHECK(result.extent == stack_extent::truncated);
    CHECK(pcs[0] == 0x1234);
}
