/// Which source files and modules are the program's own: paths made comparable, and told apart.
#ifndef SCOPETREE_SYMBOL_PATHS_HPP
#define SCOPETREE_SYMBOL_PATHS_HPP

#include <scopetree/symbol/demangle.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// `path` without `.`, `..`, and doubled slashes, by its spelling alone: no file system is asked.
/// A relative path stays relative; `..` that lead out of it stay.
inline std::string normalized_path(std::string_view path) {
    const bool absolute = !path.empty() && path.front() == '/';
    std::string result = absolute ? "/" : "";
    std::vector<std::size_t> starts; // of the components in result that a ".." would remove
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t slash = std::min(path.find('/', at), path.size());
        const std::string_view part = path.substr(at, slash - at);
        at = slash + 1;
        if (part.empty() || part == ".")
            continue;
        if (part == ".." && !starts.empty()) {
            result.resize(starts.back());
            starts.pop_back();
            continue;
        }
        if (part == ".." && absolute)
            continue;
        if (part != "..")
            starts.push_back(result.size());
        if (!result.empty() && result.back() != '/')
            result += '/';
        result += part;
    }
    return result;
}

namespace detail {

constexpr std::string_view file_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

/// Whether a normalised path is `folder` or lies in it.
constexpr bool lies_in(std::string_view path, std::string_view folder) {
    while (!folder.empty() && folder.back() == '/')
        folder.remove_suffix(1);
    return !folder.empty() && starts_with(path, folder) &&
           (path.size() == folder.size() || path[folder.size()] == '/');
}

/// Whether a normalised source path belongs to the compiler, the system, or their libraries. Those
/// were often built under relative paths, which the debug information then shows.
inline bool is_system_source(std::string_view file) {
    for (std::string_view folder : {"/usr/include", "/usr/local/include", "/usr/lib", "/usr/lib32",
                                    "/usr/lib64", "/usr/local/lib", "/usr/src", "/lib", "/lib64"})
        if (lies_in(file, folder))
            return true;
    for (std::string_view part : {"/lib/gcc/", "/lib64/gcc/", "/libstdc++-v3/", "/libgcc/",
                                  "/libcxx/", "/libcxxabi/", "/libunwind/", "/include/c++/"})
        if (file.find(part) != std::string_view::npos)
            return true;
    if (starts_with(file, "../"))
        for (std::string_view part : {"../sysdeps/", "../nptl/", "../csu/", "../elf/", "../libio/",
                                      "../include/", "../bits/", "../iconv/", "../locale/"})
            if (file.find(part) != std::string_view::npos)
                return true;
    for (std::string_view folder :
         {"csu", "nptl", "elf", "sysdeps", "libio", "stdio-common", "stdlib", "string", "malloc",
          "posix", "signal", "setjmp", "time", "dlfcn"})
        if (lies_in(file, folder) && ends_with(file, ".c"))
            return true;
    return false;
}

/// Whether a module is the system's: a shared object in its library folders, or the vDSO, which has
/// no path. A program is the user's wherever it is installed.
inline bool is_system_module(std::string_view path) {
    if (path.empty() || starts_with(path, "linux-vdso") || starts_with(path, "["))
        return true;
    if (file_name(path).find(".so") == std::string_view::npos)
        return false;
    for (std::string_view folder :
         {"/lib", "/lib32", "/lib64", "/libx32", "/usr/lib", "/usr/lib32", "/usr/lib64",
          "/usr/libx32", "/usr/local/lib", "/usr/local/lib64"})
        if (lies_in(path, folder))
            return true;
    return false;
}

/// The folder that holds the headers of this library itself; empty if the compiler was given it by
/// a relative path.
inline std::string own_include_folder() {
    const std::string file = normalized_path(__FILE__);
    constexpr std::string_view own = "/symbol/paths.hpp";
    const bool usable = file.front() == '/' && ends_with(file, own);
    return usable ? file.substr(0, file.size() - own.size()) : std::string();
}

} // namespace detail

/// Tells the program's own code from that of libraries.
struct application_rule {
    std::vector<std::string>
        library_paths; ///< further folders (or files) that are not the program's
    std::string own_headers = detail::own_include_folder();

    /// `file`: normalised, empty if unknown. `module`: path of the executable or shared object.
    /// `name`: the function's, demangled.
    bool is_application(std::string_view name, std::string_view file,
                        std::string_view module) const {
        if (detail::is_system_module(module) || detail::starts_with(name, "scopetree::"))
            return false;
        for (const std::string& path : library_paths) {
            const std::string folder = normalized_path(path);
            if (detail::lies_in(file, folder) || detail::lies_in(module, folder))
                return false;
        }
        return file.empty() ||
               !(detail::is_system_source(file) || detail::lies_in(file, own_headers));
    }
};

/// The longest folder common to all `files` (absolute or not, normalised). Empty if there is none
/// but `/`.
inline std::string common_folder(const std::vector<std::string>& files) {
    if (files.empty())
        return {};
    std::string_view common = files.front();
    common = common.substr(0, common.rfind('/') == std::string_view::npos ? 0 : common.rfind('/'));
    for (const std::string& file : files)
        while (!common.empty() && !detail::lies_in(file, common))
            common = common.substr(
                0, common.rfind('/') == std::string_view::npos ? 0 : common.rfind('/'));
    return std::string(common);
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
