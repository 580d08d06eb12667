/// The executable and the shared objects that are mapped at this moment.
#ifndef SCOPETREE_SYMBOL_LOADED_MODULES_HPP
#define SCOPETREE_SYMBOL_LOADED_MODULES_HPP

#include <scopetree/capture/module_list.hpp>
#include <scopetree/model/session.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <link.h>   // dl_iterate_phdr
#include <unistd.h> // readlink

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

inline std::string executable_path() {
    std::string path(4096, '\0');
    const ::ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
    path.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return path;
}

/// The GNU build id in the notes at [at, at + size), in lower-case hexadecimal; empty if none.
inline std::string build_id_of_notes(const unsigned char* at, std::size_t size) {
    constexpr std::size_t header = 12;
    while (size >= header) {
        std::uint32_t fields[3];
        std::memcpy(fields, at, sizeof fields);
        const std::size_t name = (std::size_t{fields[0]} + 3) / 4 * 4;
        const std::size_t length = (std::size_t{fields[1]} + 3) / 4 * 4;
        if (name > size - header || length > size - header - name)
            break;
        if (fields[2] == NT_GNU_BUILD_ID && fields[0] == 4 &&
            std::memcmp(at + header, "GNU", 4) == 0) {
            std::string id;
            for (std::size_t i = 0; i < fields[1]; ++i) {
                const unsigned char byte = at[header + name + i];
                id += "0123456789abcdef"[byte >> 4];
                id += "0123456789abcdef"[byte & 15];
            }
            return id;
        }
        at += header + name + length;
        size -= header + name + length;
    }
    return {};
}

inline module_info describe_module(const ::dl_phdr_info& object) {
    module_info module;
    module.path = object.dlpi_name == nullptr ? "" : object.dlpi_name;
    module.load_address = object.dlpi_addr;
    module.begin = UINT64_MAX;
    for (std::size_t i = 0; i < object.dlpi_phnum; ++i) {
        const auto& header = object.dlpi_phdr[i];
        const std::uint64_t address = object.dlpi_addr + header.p_vaddr;
        if (header.p_type == PT_LOAD) {
            module.begin = std::min<std::uint64_t>(module.begin, address);
            module.end = std::max<std::uint64_t>(module.end, address + header.p_memsz);
        }
        if (header.p_type == PT_NOTE && module.build_id.empty())
            module.build_id = build_id_of_notes(reinterpret_cast<const unsigned char*>(address),
                                                static_cast<std::size_t>(header.p_memsz));
    }
    module.begin = std::min(module.begin, module.end);
    return module;
}

} // namespace detail

/// How often modules were loaded and unloaded so far. Unequal values: the set has changed.
struct module_changes {
    std::uint64_t loaded = 0;
    std::uint64_t unloaded = 0;

    bool operator==(const module_changes& other) const {
        return loaded == other.loaded && unloaded == other.unloaded;
    }
};

/// Takes the dynamic linker's lock for a moment; not signal-safe.
inline module_changes count_module_changes() {
    module_changes changes;
    detail::list_modules(
        [](::dl_phdr_info* object, std::size_t, void* out) {
            *static_cast<module_changes*>(out) = {object->dlpi_adds, object->dlpi_subs};
            return 1;
        },
        &changes);
    return changes;
}

/// All modules that are mapped now, the program itself first; the vDSO's path is empty. Holds the
/// dynamic linker's lock while it reads; not signal-safe.
inline std::vector<module_info> loaded_modules() {
    std::vector<module_info> modules;
    detail::list_modules(
        [](::dl_phdr_info* object, std::size_t, void* out) {
            static_cast<std::vector<module_info>*>(out)->push_back(
                detail::describe_module(*object));
            return 0;
        },
        &modules);
    if (!modules.empty() && modules.front().path.empty())
        modules.front().path = detail::executable_path();
    for (module_info& module : modules)
        if (module.path.compare(0, 10, "linux-vdso") == 0 ||
            module.path.compare(0, 10, "linux-gate") == 0)
            module.path.clear();
    return modules;
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
