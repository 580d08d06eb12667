#include <scopetree/symbol/elf_symbols.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <unistd.h>

using scopetree::detail::elf_symbols;

namespace {

__attribute__((noinline)) int internal_function(int value) {
    return value * 3;
}

const scopetree::module_info& holder(const std::vector<scopetree::module_info>& modules,
                                     const void* address) {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    for (const auto& module : modules)
        if (module.begin <= at && at < module.end)
            return module;
    FAIL("no module holds the address");
    return modules.front();
}

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct temporary_file {
    explicit temporary_file(const std::string& content) {
        char name[] = "/tmp/scopetree-elf-XXXXXX";
        ::close(::mkstemp(name));
        path = name;
        std::ofstream(path, std::ios::binary) << content;
    }
    ~temporary_file() { std::remove(path.c_str()); }
    std::string path;
};

} // namespace

TEST_CASE("internal and exported functions are found in their file") {
    const auto modules = scopetree::loaded_modules();
    const auto address = reinterpret_cast<std::uintptr_t>(&internal_function);
    const auto& program = holder(modules, reinterpret_cast<const void*>(address));
    const elf_symbols symbols(program.path, program.build_id);
    const auto found = symbols.find(address + 1 - program.load_address);
    CHECK(found.name.find("internal_function") != std::string::npos);
    CHECK(found.start + program.load_address == address);
    CHECK(internal_function(1) == 3);

    const void* const exported = ::dlsym(RTLD_DEFAULT, "getenv");
    const auto& library = holder(modules, exported);
    CHECK(elf_symbols(library.path, library.build_id)
              .find(reinterpret_cast<std::uintptr_t>(exported) - library.load_address)
              .name == "getenv");
}

TEST_CASE("names that were stripped from a file are found in its package's debug file") {
    CHECK(scopetree::detail::separate_debug_file("") == "");
    CHECK(scopetree::detail::separate_debug_file("abcdef") ==
          "/usr/lib/debug/.build-id/ab/cdef.debug");
    const auto modules = scopetree::loaded_modules();
    const auto& library = holder(modules, ::dlsym(RTLD_DEFAULT, "getenv"));
    if (::access(scopetree::detail::separate_debug_file(library.build_id).c_str(), R_OK) != 0) {
        WARN("not tested: the C library's debug file (Debian: libc6-dbg) is not installed");
        return;
    }
    const elf_symbols symbols(library.path, library.build_id);
    bool found = false; // a function that nobody outside of the library can call
    for (std::uint64_t address = 0; address < library.end - library.begin && !found; address += 16)
        found = symbols.find(address).name == "_int_malloc";
    CHECK(found);
}

TEST_CASE("a file of another build has no functions") {
    const auto modules = scopetree::loaded_modules();
    const auto address = reinterpret_cast<std::uintptr_t>(&internal_function);
    const auto& program = holder(modules, reinterpret_cast<const void*>(address));
    CHECK(elf_symbols(program.path, "0123").find(address - program.load_address).name.empty());
}

TEST_CASE("addresses outside of functions have none") {
    const auto modules = scopetree::loaded_modules();
    const elf_symbols symbols(modules.front().path, "");
    CHECK(symbols.find(0).name.empty());
    CHECK(symbols.find(UINT64_MAX).name.empty());
    CHECK(elf_symbols().find(1).name.empty());
}

TEST_CASE("files that are no ELF files have no functions") {
    CHECK(elf_symbols("", "").find(1).name.empty());
    CHECK(elf_symbols("/nowhere/at/all", "").find(1).name.empty());
    CHECK(elf_symbols("/", "").find(1).name.empty());
    CHECK(elf_symbols("/dev/zero", "").find(1).name.empty());
    CHECK(elf_symbols("/proc/self/maps", "").find(1).name.empty());
    CHECK(elf_symbols(temporary_file("\177ELF").path, "").find(1).name.empty());
}

TEST_CASE("truncated and damaged files do no harm") {
    const auto modules = scopetree::loaded_modules();
    const void* const inside = ::dlsym(RTLD_DEFAULT, "dladdr");
    const std::string whole = content_of(holder(modules, inside).path);
    REQUIRE(whole.size() > 1000);
    std::mt19937 random(3);
    for (int round = 0; round < 60; ++round) {
        std::string damaged = whole;
        if (round % 2 == 0)
            damaged.resize(random() % damaged.size());
        // The header, and the section headers at the end, decide over everything.
        for (int i = 0; i < 40 && !damaged.empty(); ++i) {
            const std::size_t tail = damaged.size() > 3000 ? damaged.size() - 3000 : 0;
            const std::size_t at = i % 4 == 0 ? random() % std::min<std::size_t>(64, damaged.size())
                                              : tail + random() % (damaged.size() - tail);
            damaged[at] = static_cast<char>(random());
        }
        damaged.replace(0, std::min<std::size_t>(16, damaged.size()), whole, 0, 16);
        const temporary_file file(damaged);
        const elf_symbols symbols(file.path, "");
        for (std::uint64_t address = 0; address < whole.size(); address += 997)
            CHECK(symbols.find(address).name.size() <= whole.size());
    }
}
