/// From addresses to functions: names, files, lines, and the inlined calls in between.
#ifndef SCOPETREE_SYMBOL_SYMBOLIZER_HPP
#define SCOPETREE_SYMBOL_SYMBOLIZER_HPP

#include <scopetree/model/recording.hpp>
#include <scopetree/symbol/demangle.hpp>
#include <scopetree/symbol/elf_symbols.hpp>
#include <scopetree/symbol/lambda_name.hpp>
#include <scopetree/symbol/loaded_modules.hpp>
#include <scopetree/symbol/native_frame.hpp>
#include <scopetree/symbol/paths.hpp>
#include <scopetree/symbol/symbolizer_backtrace.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <dlfcn.h>
#include <unwind.h> // _Unwind_FindEnclosingFunction, works in stripped binaries, too

#if !SCOPETREE_LIBBACKTRACE
#include <boost/stacktrace/frame.hpp>
#endif

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Start of the function around `address` by the unwind tables; 0 if they do not know.
inline std::uintptr_t enclosing_function(std::uintptr_t address) {
    // libgcc takes its argument for a return address and looks one byte before it; LLVM's does not.
    for (std::uintptr_t asked : {address + 1, address}) {
        void* const found = ::_Unwind_FindEnclosingFunction(reinterpret_cast<void*>(asked));
        const auto start = reinterpret_cast<std::uintptr_t>(found);
        if (start != 0 && start <= address)
            return start;
    }
    return 0;
}

/// `libfoo.so+0x1234`: the address as the module's file counts it.
inline std::string address_name(const module_info* module, std::uintptr_t address) {
    std::string name = "[unknown]";
    if (module != nullptr)
        name = module->path.empty() ? "[vdso]" : file_name(module->path);
    char offset[2 + 2 * sizeof(address) + 2];
    const std::uintptr_t base = module == nullptr ? 0 : module->load_address;
    std::snprintf(offset, sizeof offset, "+0x%llx",
                  static_cast<unsigned long long>(address - base));
    return name + offset;
}

/// Whether the same file is still mapped at the same place.
inline bool is_loaded(const module_info& module, const std::vector<module_info>& now) {
    for (const module_info& other : now) {
        const bool same_id =
            module.build_id.empty() || other.build_id.empty() || module.build_id == other.build_id;
        if (other.load_address == module.load_address && other.begin == module.begin && same_id &&
            file_name(other.path) == file_name(module.path))
            return true;
    }
    return false;
}

} // namespace detail

/// Resolves the addresses of one recording. Asks the process itself, so it must be the one that was
/// profiled. Of modules that were unloaded since, the files tell the names. What has no name
/// becomes `module+0x1234`: the start of the function, or the address itself if even that is not
/// known.
///
/// With libbacktrace: inlined functions, files and lines. Without: names, from
/// boost::stacktrace::frame and from the symbol tables of the files. One object is for one thread;
/// several may be used at once. Not signal-safe. Results are not kept: resolve() asks once for each
/// address.
class symbolizer {
public:
    explicit symbolizer(std::vector<module_info> modules) : modules_(std::move(modules)) {
        const std::vector<module_info> now = loaded_modules();
        for (const module_info& module : modules_)
            still_loaded_.push_back(detail::is_loaded(module, now));
#if SCOPETREE_LIBBACKTRACE
        detail::backtrace_library::instance().refresh();
#endif
    }

    /// The functions that a sampled address lies in. Never empty.
    native_location operator()(const raw_location& location) {
        const std::uintptr_t address = location.pc - (location.exact || location.pc == 0 ? 0 : 1);
        const std::size_t module =
            location.module < modules_.size() ? location.module : module_of(address);
        const bool known = module < modules_.size();
        native_location result;
        const bool loaded = !known || still_loaded_[module];
        if (loaded)
            result.function_start = detail::enclosing_function(address);
        const detail::symbol_entry symbol = find_symbol(address, module, loaded);
        if (result.function_start == 0)
            result.function_start = symbol.start;
        if (loaded)
            look_up(address, symbol, result);
        else
            result.frames.emplace_back().name = demangle(symbol.name);
        native_frame& physical = result.frames.back();
        if (physical.name.empty()) {
            const bool in_function = result.function_start != 0;
            physical.name = detail::address_name(known ? &modules_[module] : nullptr,
                                                 in_function ? result.function_start : location.pc);
            physical.named = physical.qualified = false;
        }
        return result;
    }

private:
    struct definition {
        std::string file;
        std::uint32_t line = 0;
    };

    std::size_t module_of(std::uintptr_t address) const {
        std::size_t at = 0;
        while (at < modules_.size() &&
               !(modules_[at].begin <= address && address < modules_[at].end))
            ++at;
        return at;
    }

    detail::symbol_entry find_symbol(std::uintptr_t address, std::size_t module, bool loaded);
    void look_up(std::uintptr_t address, const detail::symbol_entry& symbol,
                 native_location& result);
    const definition& definition_at(std::uintptr_t start);

    std::vector<module_info> modules_;
    std::vector<bool> still_loaded_;
    std::unordered_map<std::uintptr_t, definition> definitions_; // by start of the function
    std::unordered_map<std::size_t, detail::elf_symbols> files_; // by module
};

inline detail::symbol_entry symbolizer::find_symbol(std::uintptr_t address, std::size_t module,
                                                    bool loaded) {
#if SCOPETREE_LIBBACKTRACE
    if (loaded) {
        detail::symbol_entry found = detail::backtrace_library::instance().symbol(address);
        if (!found.name.empty())
            return found;
    }
#endif
    ::Dl_info exported{};
    if (loaded && ::dladdr(reinterpret_cast<void*>(address), &exported) != 0 &&
        exported.dli_sname != nullptr)
        return {exported.dli_sname, reinterpret_cast<std::uintptr_t>(exported.dli_saddr)};
    if (module >= modules_.size() || modules_[module].path.empty())
        return {};
    const module_info& holder = modules_[module];
    const auto [file, added] = files_.try_emplace(module);
    if (added)
        file->second = detail::elf_symbols(holder.path, holder.build_id);
    detail::symbol_entry found = file->second.find(address - holder.load_address);
    if (!found.name.empty())
        found.start += static_cast<std::uintptr_t>(holder.load_address);
    return found;
}

#if SCOPETREE_LIBBACKTRACE

/// The line table has a row for the function's first instruction; with optimisation that can be
/// one of an inlined function, and tells nothing about this one then.
inline const symbolizer::definition& symbolizer::definition_at(std::uintptr_t start) {
    const auto found = definitions_.find(start);
    if (found != definitions_.end())
        return found->second;
    definition result;
    const auto chain = detail::backtrace_library::instance().functions(start);
    if (!chain.empty()) {
        result.file = chain.back().file;
        result.line = chain.size() == 1 ? chain.back().line : 0;
    }
    return definitions_.emplace(start, std::move(result)).first->second;
}

inline void symbolizer::look_up(std::uintptr_t address, const detail::symbol_entry& symbol,
                                native_location& result) {
    auto& library = detail::backtrace_library::instance();
    auto chain = library.functions(address);
    if (chain.empty())
        chain.emplace_back();
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
        if (chain[i].name.empty())
            continue;
        native_frame inlined;
        inlined.name = demangle(chain[i].name);
        inlined.file = normalized_path(chain[i].file);
        inlined.inlined = true;
        inlined.qualified = detail::starts_with(chain[i].name, "_Z");
        result.frames.push_back(std::move(inlined));
    }
    // Debug information names internal functions without their namespaces; symbols know better.
    const std::string& debug_name = chain.back().name;
    const bool by_symbol = debug_name.empty() || (!detail::starts_with(debug_name, "_Z") &&
                                                  detail::starts_with(symbol.name, "_Z"));
    native_frame physical;
    physical.name = demangle(by_symbol ? symbol.name : debug_name);
    physical.file = normalized_path(chain.back().file);
    physical.qualified = !symbol.name.empty() || detail::starts_with(debug_name, "_Z");
    const bool split_off = symbol.name.find(".cold") != std::string::npos;
    if (result.function_start != 0 && !split_off) {
        const definition& defined = definition_at(result.function_start);
        physical.line = defined.line;
        if (!defined.file.empty())
            physical.file = normalized_path(defined.file);
    }
    result.frames.push_back(std::move(physical));
    detail::name_lambdas(result.frames);
}

#else

inline void symbolizer::look_up(std::uintptr_t address, const detail::symbol_entry& symbol,
                                native_location& result) {
    native_frame physical;
    physical.name = demangle(symbol.name);
#ifndef BOOST_STACKTRACE_USE_ADDR2LINE // that variant starts a process for every question
    const boost::stacktrace::frame here(reinterpret_cast<const void*>(address));
    if (physical.name.empty())
        physical.name = demangle(here.name());
    physical.file = normalized_path(here.source_file());
    if (result.function_start != 0 && !physical.file.empty()) {
        const boost::stacktrace::frame entry(reinterpret_cast<const void*>(result.function_start));
        physical.line = static_cast<std::uint32_t>(entry.source_line());
    }
#else
    static_cast<void>(address);
#endif
    result.frames.push_back(std::move(physical));
}

#endif

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
