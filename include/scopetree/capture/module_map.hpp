/// Which executables and shared objects are mapped where, kept up to date while profiling.
#ifndef SCOPETREE_CAPTURE_MODULE_MAP_HPP
#define SCOPETREE_CAPTURE_MODULE_MAP_HPP

#include <scopetree/capture/mapped_memory.hpp>
#include <scopetree/capture/module_list.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A module as the loader knows it. Strings are copies in fixed room: no malloc while sampling.
struct mapped_module {
    std::uintptr_t load_address;
    std::uintptr_t begin;
    std::uintptr_t end;
    std::uint32_t id; ///< counts up; a library loaded again is another module
    std::uint8_t build_id_size;
    unsigned char build_id[32];
    char path[512];
};

/// The loader's list of modules, and every module that ever was on it. Not thread-safe. Does not
/// call malloc. `refresh` takes the loader's lock: do not hold a lock that a thread inside dlopen
/// could want.
class module_map {
public:
    /// What lists the modules: the loader, or what a test puts in its place.
    using module_list = int(int (*)(dl_phdr_info*, std::size_t, void*), void*);

    /// Looks whether libraries came or went since the last call. True if so.
    bool refresh(module_list& list = list_modules) {
        search state{this, false, false, 0};
        list(&module_map::visit, &state);
        if (!state.changed)
            return false;
        loaded_.clear();
        state = {this, true, false, 0};
        list(&module_map::visit, &state);
        return true;
    }

    /// The id of the module loaded at `address`, or -1.
    std::uint32_t find(std::uintptr_t address) const noexcept {
        for (const std::uint32_t id : loaded_)
            if (address >= all_[id].begin && address < all_[id].end)
                return id;
        return static_cast<std::uint32_t>(-1);
    }

    bool is_loaded(std::uint32_t id) const noexcept {
        return std::find(loaded_.begin(), loaded_.end(), id) != loaded_.end();
    }

    /// By id.
    const mapped_vector<mapped_module>& all() const noexcept { return all_; }

private:
    struct search {
        module_map* map;
        bool collect;
        bool changed;
        std::size_t index;
    };

    static int visit(dl_phdr_info* info, std::size_t, void* data) {
        auto& state = *static_cast<search*>(data);
        if (state.collect) {
            state.map->add(*info, state.index++ == 0);
            return 0;
        }
        state.changed = info->dlpi_adds != state.map->adds_ || info->dlpi_subs != state.map->subs_;
        state.map->adds_ = info->dlpi_adds;
        state.map->subs_ = info->dlpi_subs;
        return 1;
    }

    void add(const dl_phdr_info& info, bool is_program) {
        mapped_module module = {};
        module.load_address = info.dlpi_addr;
        module.begin = UINTPTR_MAX;
        for (int i = 0; i < info.dlpi_phnum; ++i) {
            const auto& header = info.dlpi_phdr[i];
            const std::uintptr_t at = info.dlpi_addr + header.p_vaddr;
            if (header.p_type == PT_LOAD) {
                module.begin = std::min(module.begin, at);
                module.end = std::max(module.end, at + header.p_memsz);
            } else if (header.p_type == PT_NOTE) {
                read_build_id(module, at, header.p_memsz);
            }
        }
        if (module.begin >= module.end)
            return;
        if (is_program) {
            const ssize_t size = ::readlink("/proc/self/exe", module.path, sizeof module.path - 1);
            module.path[size < 0 ? 0 : size] = '\0';
            const auto* const started = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
            if (size < 0 && started != nullptr) // there is no /proc
                std::strncpy(module.path, started, sizeof module.path - 1);
        } else {
            std::strncpy(module.path, info.dlpi_name, sizeof module.path - 1);
        }
        loaded_.push_back(id_of(module));
    }

    std::uint32_t id_of(mapped_module& module) {
        for (const mapped_module& known : all_)
            if (known.load_address == module.load_address && known.begin == module.begin &&
                known.end == module.end && std::strcmp(known.path, module.path) == 0 &&
                std::memcmp(known.build_id, module.build_id, sizeof known.build_id) == 0)
                return known.id;
        module.id = static_cast<std::uint32_t>(all_.size());
        all_.push_back(module);
        return module.id;
    }

    static void read_build_id(mapped_module& module, std::uintptr_t at, std::size_t size) noexcept {
        struct header {
            std::uint32_t name_size, value_size, type;
        };
        const std::uintptr_t end = at + size;
        while (at + sizeof(header) + 4 <= end) {
            header note;
            std::memcpy(&note, reinterpret_cast<const void*>(at), sizeof note);
            const std::uintptr_t value = at + sizeof note + ((note.name_size + 3u) & ~3u);
            if (note.type == NT_GNU_BUILD_ID && note.name_size == 4 &&
                std::memcmp(reinterpret_cast<const char*>(at + sizeof note), "GNU", 4) == 0 &&
                value + note.value_size <= end) {
                module.build_id_size = static_cast<std::uint8_t>(
                    std::min<std::size_t>(note.value_size, sizeof module.build_id));
                std::memcpy(module.build_id, reinterpret_cast<const void*>(value),
                            module.build_id_size);
                return;
            }
            at = value + ((note.value_size + 3u) & ~3u);
        }
    }

    unsigned long long adds_ = 0;
    unsigned long long subs_ = 0;
    mapped_vector<std::uint32_t> loaded_;
    mapped_vector<mapped_module> all_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
