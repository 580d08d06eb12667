#include <scopetree/capture/module_map.hpp>

#include <support/staged_modules.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <cstdio>
#include <string>

#include <dlfcn.h>
#include <link.h>

using scopetree::detail::mapped_module;
using scopetree::detail::module_map;

namespace {

constexpr auto nowhere = static_cast<std::uint32_t>(-1);
int in_the_program = 0;

std::string build_id_of(const mapped_module& module) {
    std::string text;
    for (unsigned i = 0; i < module.build_id_size; ++i) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", module.build_id[i]);
        text += digits;
    }
    return text;
}

/// What readelf says about a file's build id; empty if it has none.
std::string build_id_read_from(const std::string& path) {
    std::FILE* const out = ::popen(("readelf -n '" + path + "' 2>/dev/null").c_str(), "r");
    REQUIRE(out != nullptr);
    std::string id;
    for (char line[512]; std::fgets(line, sizeof line, out) != nullptr;) {
        const std::string text = line;
        const std::size_t at = text.find("Build ID: ");
        if (at != std::string::npos)
            id = text.substr(at + 10, text.find('\n') - at - 10);
    }
    REQUIRE(::pclose(out) == 0);
    return id;
}

/// A note of that name and type, whose value is said to have `size` bytes.
std::string note(const std::string& name, std::uint32_t type, const std::string& value,
                 std::uint32_t size) {
    const std::uint32_t head[] = {static_cast<std::uint32_t>(name.size() + 1), size, type};
    std::string text(reinterpret_cast<const char*>(head), sizeof head);
    for (const std::string& part : {name + '\0', value}) {
        text += part;
        text.resize((text.size() + 3) / 4 * 4);
    }
    return text;
}

std::string build_id_note(const std::string& id) {
    return note("GNU", NT_GNU_BUILD_ID, id, static_cast<std::uint32_t>(id.size()));
}

} // namespace

TEST_CASE("modules: the program is the first one") {
    module_map map;
    REQUIRE(map.refresh());
    REQUIRE_FALSE(map.all().empty());
    const std::uint32_t id = map.find(reinterpret_cast<std::uintptr_t>(&in_the_program));
    CHECK(id == 0);
    char own[512] = {};
    REQUIRE(::readlink("/proc/self/exe", own, sizeof own - 1) > 0);
    CHECK(std::string(map.all()[0].path) == own);
    CHECK(map.is_loaded(0));
}

TEST_CASE("modules: a function of the C library is found in the C library") {
    module_map map;
    map.refresh();
    // One that no sanitizer puts its own in place of.
    const std::uint32_t id =
        map.find(reinterpret_cast<std::uintptr_t>(::dlsym(RTLD_NEXT, "gnu_get_libc_version")));
    REQUIRE(id != nowhere);
    CHECK(std::string(map.all()[id].path).find("libc.so") != std::string::npos);
}

TEST_CASE("modules: nothing is at address zero") {
    module_map map;
    CHECK(map.find(0) == nowhere);
    map.refresh();
    CHECK(map.find(0) == nowhere);
    CHECK_FALSE(map.is_loaded(nowhere));
}

TEST_CASE("modules: build ids are those that readelf prints") {
    module_map map;
    map.refresh();
    int compared = 0;
    for (const mapped_module& module : map.all())
        if (module.path[0] == '/') {
            INFO(module.path);
            CHECK(build_id_of(module) == build_id_read_from(module.path));
            compared += module.build_id_size > 0;
        }
    CHECK(compared > 0);
}

TEST_CASE("modules: a library that is loaded and unloaded comes and goes") {
    module_map map;
    map.refresh();
    CHECK_FALSE(map.refresh());
    void* const library = ::dlopen("libBrokenLocale.so.1", RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library != nullptr);
    link_map* known = nullptr;
    REQUIRE(::dlinfo(library, RTLD_DI_LINKMAP, &known) == 0);
    const std::uintptr_t inside = reinterpret_cast<std::uintptr_t>(known->l_ld);
    CHECK(map.refresh());
    const std::uint32_t id = map.find(inside);
    REQUIRE(id != nowhere);
    CHECK(map.is_loaded(id));
    CHECK(map.all()[id].load_address == known->l_addr);
    CHECK(std::string(map.all()[id].path) == known->l_name);
    CHECK_FALSE(map.refresh());
    REQUIRE(::dlclose(library) == 0);
    CHECK(map.refresh());
    CHECK_FALSE(map.is_loaded(id));
    CHECK(map.find(inside) == nowhere);
    CHECK(std::string(map.all()[id].path).find("libBrokenLocale") != std::string::npos);
}

TEST_CASE("modules: the end of a module does not belong to it") {
    staged::modules loader;
    module_map map;
    loader.load("a.so", 0x5000, 0x800);
    loader.load("b.so", 0x5800, 0x800);
    REQUIRE(loader.refresh(map));
    CHECK(map.find(0x4fff) == nowhere);
    CHECK(map.find(0x5000) == 1);
    CHECK(map.find(0x57ff) == 1);
    CHECK(map.find(0x5800) == 2);
    CHECK(map.find(0x6000) == nowhere);
}

TEST_CASE("modules: numbers stay as libraries come and go") {
    staged::modules loader;
    module_map map;
    loader.load("a.so", 0x5000, 0x1000);
    loader.load("b.so", 0x7000, 0x1000);
    loader.refresh(map);
    loader.unload("a.so");
    CHECK(loader.refresh(map));
    CHECK_FALSE(map.is_loaded(1));
    CHECK(map.find(0x5000) == nowhere);
    CHECK(map.find(0x7000) == 2);
    SECTION("another library at the same place is another module") {
        loader.load("c.so", 0x5000, 0x1000);
        CHECK(loader.refresh(map));
        CHECK(map.find(0x5000) == 3);
        CHECK(map.all().size() == 4);
    }
    SECTION("the same one at the same place is the same") {
        loader.load("a.so", 0x5000, 0x1000);
        CHECK(loader.refresh(map));
        CHECK(map.find(0x5000) == 1);
        CHECK(map.all().size() == 3);
    }
    SECTION("at another place it is another") {
        loader.load("a.so", 0x9000, 0x1000);
        CHECK(loader.refresh(map));
        CHECK(map.find(0x9000) == 3);
    }
    SECTION("of another size it is another") {
        loader.load("a.so", 0x5000, 0x1800);
        CHECK(loader.refresh(map));
        CHECK(map.find(0x5000) == 3);
        CHECK(map.find(0x67ff) == 3);
    }
}

TEST_CASE("modules: a library that was built anew meanwhile is another module") {
    staged::modules loader;
    module_map map;
    const auto id_after = [&](const std::string& build_id) {
        loader.unload("a.so");
        loader.load("a.so", 0x5000, 0x1000, build_id_note(build_id));
        loader.refresh(map);
        return map.find(0x5000);
    };
    CHECK(id_after("\x01\x02\x03\x04") == 1);
    CHECK(id_after("\x01\x02\x03\x05") == 2);
    CHECK(id_after("\x01\x02\x03\x04") == 1);
    CHECK(build_id_of(map.all()[1]) == "01020304");
    CHECK(build_id_of(map.all()[2]) == "01020305");
}

TEST_CASE("modules: the build id is found behind other notes, and cut where it is too long") {
    staged::modules loader;
    module_map map;
    loader.load("a.so", 0x5000, 0x1000,
                note("GNU", NT_GNU_ABI_TAG, "abc", 3) +
                    note("Xen", NT_GNU_BUILD_ID, "\x11\x22", 2) + build_id_note("\xab\xcd"));
    loader.load("b.so", 0x7000, 0x1000, build_id_note(std::string(100, '\x7f')));
    REQUIRE(loader.refresh(map));
    CHECK(build_id_of(map.all()[1]) == "abcd");
    CHECK(map.all()[2].build_id_size == sizeof map.all()[2].build_id);
}

TEST_CASE("modules: a note that ends behind the last one is not read") {
    staged::modules loader;
    module_map map;
    const std::uint32_t said = GENERATE(9u, 0x80u, 0xfffffff0u);
    loader.load("a.so", 0x5000, 0x1000, note("GNU", NT_GNU_BUILD_ID, "\x01\x02\x03\x04", said));
    REQUIRE(loader.refresh(map));
    CHECK(map.all()[1].build_id_size == 0);
}

TEST_CASE("modules: what has no memory is left out") {
    staged::modules loader;
    module_map map;
    loader.load("empty.so", 0x5000, 0);
    CHECK(loader.refresh(map));
    CHECK(map.all().size() == 1);
}

TEST_CASE("modules: a long path is cut") {
    staged::modules loader;
    module_map map;
    const std::string path(2'000, 'x');
    loader.load(path, 0x5000, 0x1000);
    loader.refresh(map);
    CHECK(std::string(map.all()[1].path) == path.substr(0, sizeof map.all()[1].path - 1));
}
