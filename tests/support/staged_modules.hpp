/// A loader's list of modules that tests decide upon.
#ifndef SCOPETREE_TESTS_SUPPORT_STAGED_MODULES_HPP
#define SCOPETREE_TESTS_SUPPORT_STAGED_MODULES_HPP

#include <scopetree/capture/module_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

namespace staged {

/// Has the program itself first, as the loader's list has; it lies at 0x1000 … 0x2000.
class modules {
public:
    modules() { load("program", 0x1000, 0x1000); }

    /// `notes`: as they lie in the file.
    void load(const std::string& path, std::uintptr_t begin, std::size_t size,
              const std::string& notes = {}) {
        entries_.push_back({path, begin, notes, {}});
        entry& made = entries_.back();
        made.headers[0].p_type = PT_LOAD;
        made.headers[0].p_memsz = size;
        made.headers[1].p_type = PT_NOTE;
        made.headers[1].p_vaddr = reinterpret_cast<std::uintptr_t>(made.notes.data()) - begin;
        made.headers[1].p_memsz = made.notes.size();
        ++adds_;
    }
    void unload(const std::string& path) {
        for (auto at = entries_.begin(); at != entries_.end(); ++at)
            if (at->path == path) {
                entries_.erase(at);
                ++subs_;
                return;
            }
    }

    bool refresh(scopetree::detail::module_map& map) {
        current() = this;
        return map.refresh(list);
    }

private:
    struct entry {
        std::string path;
        std::uintptr_t begin;
        std::string notes;
        ElfW(Phdr) headers[2];
    };

    static modules*& current() {
        static modules* of = nullptr;
        return of;
    }
    static int list(int (*visit)(dl_phdr_info*, std::size_t, void*), void* data) {
        for (const entry& at : current()->entries_) {
            dl_phdr_info info = {};
            info.dlpi_addr = at.begin;
            info.dlpi_name = at.path.c_str();
            info.dlpi_phdr = at.headers;
            info.dlpi_phnum = 2;
            info.dlpi_adds = current()->adds_;
            info.dlpi_subs = current()->subs_;
            if (const int result = visit(&info, sizeof info, data))
                return result;
        }
        return 0;
    }

    std::deque<entry> entries_;
    unsigned long long adds_ = 0;
    unsigned long long subs_ = 0;
};

} // namespace staged

#endif
