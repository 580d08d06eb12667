#include <scopetree/symbol/loaded_modules.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <dlfcn.h>

namespace {

const scopetree::module_info* holder(const std::vector<scopetree::module_info>& modules,
                                     std::uint64_t address) {
    for (const auto& module : modules)
        if (module.begin <= address && address < module.end)
            return &module;
    return nullptr;
}

int a_variable_of_the_program = 1;

} // namespace

TEST_CASE("loaded_modules describes the program, its libraries and the vDSO") {
    const auto modules = scopetree::loaded_modules();
    REQUIRE(modules.size() >= 2);
    const auto* program =
        holder(modules, reinterpret_cast<std::uintptr_t>(&a_variable_of_the_program));
    REQUIRE(program == &modules.front());
    CHECK(program->path == scopetree::detail::executable_path());
    CHECK(program->load_address <= program->begin);
    const auto* library =
        holder(modules, reinterpret_cast<std::uintptr_t>(::dlsym(RTLD_DEFAULT, "getenv")));
    REQUIRE(library != nullptr);
    CHECK(library->path.find("libc.so") != std::string::npos);
    CHECK(library->build_id.size() == 40);
    CHECK(library->build_id.find_first_not_of("0123456789abcdef") == std::string::npos);
    for (const auto& module : modules)
        CHECK(module.begin <= module.end);
}

TEST_CASE("count_module_changes tells when the set of modules changes") {
    const auto before = scopetree::count_module_changes();
    CHECK(before == scopetree::count_module_changes());
    void* const handle = ::dlopen("libresolv.so.2", RTLD_NOW);
    if (handle == nullptr)
        return;
    CHECK_FALSE(before == scopetree::count_module_changes());
    ::dlclose(handle);
}

TEST_CASE("build_id_of_notes reads only what is there") {
    using scopetree::detail::build_id_of_notes;
    const unsigned char notes[] = {4,   0, 0, 0, 4,   0,   0,   0, 1,    0, 0,    0, 'G', 'N',
                                   'U', 0, 9, 9, 9,   9,   4,   0, 0,    0, 3,    0, 0,   0,
                                   3,   0, 0, 0, 'G', 'N', 'U', 0, 0xab, 1, 0xcd, 0};
    CHECK(build_id_of_notes(notes, sizeof notes) == "ab01cd");
    CHECK(build_id_of_notes(notes, 20) == "");
    CHECK(build_id_of_notes(notes, sizeof notes - 1) == "");
    CHECK(build_id_of_notes(notes, 0) == "");
    const unsigned char hostile[] = {255, 255, 255, 255, 255, 255, 255, 255,
                                     3,   0,   0,   0,   'G', 'N', 'U', 0};
    CHECK(build_id_of_notes(hostile, sizeof hostile) == "");
}
