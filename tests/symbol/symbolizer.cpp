#include <scopetree/symbol/symbolizer.hpp>

#include <catch2/catch.hpp>

#include <boost/stacktrace/safe_dump_to.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <time.h>

#include <scopetree/symbol/readable_name.hpp>

namespace symbol_test {

#define NOT_INLINED __attribute__((noinline))
#define INLINED inline __attribute__((always_inline))

std::vector<std::uintptr_t> captured;
int sink = 0; // written after each call, so that none is the last thing a function does

NOT_INLINED void capture() {
    const void* buffer[256];
    boost::stacktrace::safe_dump_to(buffer, sizeof buffer);
    captured.clear();
    for (std::size_t i = 0; i < 255 && buffer[i] != nullptr; ++i)
        captured.push_back(reinterpret_cast<std::uintptr_t>(buffer[i]));
    ++sink;
}

namespace {

INLINED void inlined_anonymous() {
    capture();
    ++sink;
}
[[maybe_unused]] const int physical_line = __LINE__ + 1;
NOT_INLINED void physical_anonymous() {
    ++sink;
    inlined_anonymous();
    ++sink;
}

} // namespace

template <class T>
struct holder {
    NOT_INLINED void method(T) {
        physical_anonymous();
        ++sink;
    }
    NOT_INLINED operator bool() {
        method({});
        ++sink;
        return true;
    }
};

INLINED void inlined_public() {
    auto lambda = [] {
        if (holder<int>())
            ++sink;
        ++sink;
    };
    lambda();
    ++sink;
}

NOT_INLINED void outermost() {
    inlined_public();
    ++sink;
}

struct resolved {
    std::vector<scopetree::native_frame> frames; // innermost first
    std::vector<std::string> names;              // readable

    bool has(const std::string& name) const {
        return std::find(names.begin(), names.end(), name) != names.end();
    }
    std::size_t index(const std::string& name) const {
        return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) -
                                        names.begin());
    }
    const scopetree::native_frame& of(const std::string& name) const {
        return frames.at(index(name));
    }
};

resolved resolve_captured() {
    scopetree::symbolizer symbolizer(scopetree::loaded_modules());
    resolved result;
    for (std::uintptr_t pc : captured)
        for (const auto& frame : symbolizer({pc, false, scopetree::no_index}).frames) {
            result.frames.push_back(frame);
            result.names.push_back(scopetree::readable_name(frame.name));
        }
    return result;
}

std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names)
        all += name + "\n";
    return all;
}

} // namespace symbol_test

using namespace symbol_test;

#if SCOPETREE_LIBBACKTRACE

TEST_CASE("functions inlined, anonymous, templated and lambdas appear by readable name") {
    outermost();
    const resolved result = resolve_captured();
    INFO(joined(result.names));
    CHECK(result.has("symbol_test::capture"));
    CHECK(result.has("symbol_test::{anonymous}::physical_anonymous"));
    CHECK(result.has("symbol_test::holder<int>::method"));
    CHECK(result.has("symbol_test::holder<int>::operator bool"));
    CHECK(result.has("symbol_test::inlined_public"));
    CHECK(result.has("symbol_test::outermost"));
    CHECK(result.has("main"));
    // g++ leaves the namespace out of what it says about an inlined internal function.
    CHECK((result.has("inlined_anonymous") ||
           result.has("symbol_test::{anonymous}::inlined_anonymous")));
    CHECK(result.index("symbol_test::capture") < result.index("symbol_test::inlined_public"));
    CHECK(result.index("symbol_test::inlined_public") < result.index("symbol_test::outermost"));
    CHECK(result.of("symbol_test::inlined_public").inlined);
    CHECK_FALSE(result.of("symbol_test::outermost").inlined);
}

TEST_CASE("a physical function's line is that of its definition") {
    outermost();
    const resolved result = resolve_captured();
    const auto& frame = result.of("symbol_test::{anonymous}::physical_anonymous");
    CHECK(frame.file == scopetree::normalized_path(__FILE__));
    CHECK(frame.line >= static_cast<std::uint32_t>(physical_line));
    CHECK(frame.line <= static_cast<std::uint32_t>(physical_line + 1));
}

TEST_CASE("an inlined function has a file and no invented line") {
    outermost();
    const resolved result = resolve_captured();
    const auto& frame = result.of("symbol_test::inlined_public");
    CHECK(frame.file == scopetree::normalized_path(__FILE__));
    CHECK(frame.line == 0);
}

TEST_CASE("modules loaded later are seen") {
    scopetree::symbolizer before(scopetree::loaded_modules());
    void* const handle = ::dlopen("libresolv.so.2", RTLD_NOW);
    if (handle == nullptr)
        return;
    void* const function = ::dlsym(handle, "ns_initparse");
    REQUIRE(function != nullptr);
    scopetree::symbolizer after(scopetree::loaded_modules());
    const auto location =
        after({reinterpret_cast<std::uintptr_t>(function), true, scopetree::no_index});
    CHECK(location.frames.back().name.find("ns_initparse") != std::string::npos);
    CHECK_FALSE(scopetree::detail::backtrace_library::instance()
                    .symbol(reinterpret_cast<std::uintptr_t>(function))
                    .name.empty());
    ::dlclose(handle);
}

#endif

TEST_CASE("every address has a frame, and exported functions a name") {
    outermost();
    const resolved result = resolve_captured();
    CHECK(result.frames.size() >= captured.size());
    for (const auto& frame : result.frames) {
        CHECK_FALSE(frame.name.empty());
        CHECK((frame.named || frame.name.find("+0x") != std::string::npos));
    }
    scopetree::symbolizer symbolizer(scopetree::loaded_modules());
    const auto function = reinterpret_cast<std::uintptr_t>(::dlsym(RTLD_DEFAULT, "getenv"));
    CHECK(symbolizer({function, true, scopetree::no_index}).frames.back().name == "getenv");
}

TEST_CASE("a return address is looked up before the address, an exact one at it") {
    scopetree::symbolizer symbolizer(scopetree::loaded_modules());
    const auto start = reinterpret_cast<std::uintptr_t>(&capture);
    CHECK(symbolizer({start, true, scopetree::no_index}).function_start == start);
    CHECK(symbolizer({start, false, scopetree::no_index}).function_start != start);
    CHECK(symbolizer({start + 1, true, scopetree::no_index}).function_start == start);
    CHECK(symbolizer({start + 1, false, scopetree::no_index}).function_start == start);
}

TEST_CASE("all parts of a physical function have one start") {
    outermost();
    scopetree::symbolizer symbolizer(scopetree::loaded_modules());
    const auto start = reinterpret_cast<std::uintptr_t>(&outermost);
    int found = 0;
    for (std::uintptr_t pc : captured)
        found += symbolizer({pc, false, scopetree::no_index}).function_start == start;
    CHECK(found == 1);
}

TEST_CASE("what cannot be resolved is an offset in its module") {
    std::vector<scopetree::module_info> modules(2);
    modules[0].path = "/somewhere/libgone.so";
    modules[0].load_address = 0x1000;
    modules[0].begin = 0x2000;
    modules[0].end = 0x3000;
    scopetree::symbolizer symbolizer(modules);
    const auto gone = symbolizer({0x2234, false, 0});
    REQUIRE(gone.frames.size() == 1);
    CHECK(gone.frames[0].name == "libgone.so+0x1234");
    CHECK_FALSE(gone.frames[0].named);
    CHECK(symbolizer({0x2234, true, scopetree::no_index}).frames[0].name == "libgone.so+0x1234");
    CHECK(symbolizer({0x99, true, 1}).frames[0].name == "[vdso]+0x99");
    CHECK(symbolizer({0x99, true, scopetree::no_index}).frames[0].name == "[unknown]+0x99");
    CHECK(symbolizer({0, false, scopetree::no_index}).frames.size() == 1);
    CHECK(symbolizer({UINTPTR_MAX, false, scopetree::no_index}).frames.size() == 1);
}

TEST_CASE("another module at the address of one that is gone does not lend it names") {
    std::vector<scopetree::module_info> modules = scopetree::loaded_modules();
    const auto function = reinterpret_cast<std::uintptr_t>(::dlsym(RTLD_DEFAULT, "getenv"));
    for (auto& module : modules)
        if (module.begin <= function && function < module.end) {
            SECTION("another file") {
                module.path = "/somewhere/libother.so";
                module.build_id.clear(); // which would tell that it is the same
            }
            SECTION("another build") {
                module.build_id = "0123";
            }
        }
    scopetree::symbolizer symbolizer(modules);
    const auto name = symbolizer({function, true, scopetree::no_index}).frames.back().name;
    CHECK(name.find("+0x") != std::string::npos);
}

TEST_CASE("the file tells the names of a module that was unloaded") {
    std::vector<scopetree::module_info> modules = scopetree::loaded_modules();
    const auto function = reinterpret_cast<std::uintptr_t>(&outermost);
    for (auto& module : modules)
        if (module.begin <= function && function < module.end) {
            module.load_address += 0x10000000; // where it was is empty now, or something else's
            module.begin += 0x10000000;
            module.end += 0x10000000;
            scopetree::symbolizer symbolizer(modules);
            const auto index = static_cast<std::uint32_t>(&module - modules.data());
            const auto location = symbolizer({function + 0x10000000 + 1, false, index});
            CHECK(location.frames.back().name == "symbol_test::outermost()");
            CHECK(location.function_start == function + 0x10000000);
        }
}

TEST_CASE("names of the program's own functions do not need libbacktrace") {
    outermost();
    const resolved result = resolve_captured();
    INFO(joined(result.names));
    CHECK(result.has("symbol_test::{anonymous}::physical_anonymous"));
    CHECK(result.has("symbol_test::holder<int>::method"));
    CHECK(result.has("symbol_test::outermost"));
    CHECK(result.has("main"));
}

TEST_CASE("addresses of one function without a name have one name") {
    // The start-up code has no symbols in most C libraries, but unwind tables.
    outermost();
    scopetree::symbolizer symbolizer(scopetree::loaded_modules());
    for (std::uintptr_t pc : captured) {
        const auto first = symbolizer({pc, false, scopetree::no_index});
        const auto second = symbolizer({pc - 1, false, scopetree::no_index});
        if (first.function_start == second.function_start && first.function_start != 0)
            CHECK(first.frames.back().name == second.frames.back().name);
    }
}

TEST_CASE("several symbolizers may work at once") {
    outermost();
    const std::string expected = joined(resolve_captured().names);
    std::vector<std::string> results(4);
    std::vector<std::thread> threads;
    for (std::string& result : results)
        threads.emplace_back([&result] {
            for (int i = 0; i < 20; ++i)
                result = joined(resolve_captured().names);
        });
    for (std::thread& thread : threads)
        thread.join();
    for (const std::string& result : results)
        CHECK(result == expected);
}

#if SCOPETREE_LIBBACKTRACE
TEST_CASE("debug information of the system's libraries is not read, the program's own is") {
    auto& library = scopetree::detail::backtrace_library::instance();
    library.refresh();
    const auto lines_at = [&](const void* function) {
        std::uint32_t lines = 0;
        for (const auto& each : library.functions(reinterpret_cast<std::uintptr_t>(function)))
            lines += each.line;
        return lines;
    };
    CHECK(lines_at(::dlsym(RTLD_DEFAULT, "getenv")) == 0);
    CHECK(lines_at(reinterpret_cast<const void*>(&capture)) > 0);
    CHECK_FALSE(library.leaves_alone("/usr/lib/debug/.build-id/ab/cdef.debug"));
}
#endif
