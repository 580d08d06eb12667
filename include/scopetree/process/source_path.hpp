/// Paths of source files as people like to read them, and which library they belong to.
#ifndef SCOPETREE_PROCESS_SOURCE_PATH_HPP
#define SCOPETREE_PROCESS_SOURCE_PATH_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/symbol/paths.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A file as it is shown.
struct source_path {
    std::string shown;   ///< empty if nothing is known
    std::string library; ///< the short name of what it belongs to; empty if nothing is known
};

inline bool begins_with(std::string_view text, std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix;
}

inline std::vector<std::string_view> path_components(std::string_view path) {
    std::vector<std::string_view> components;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        const std::string_view component = path.substr(0, end);
        path.remove_prefix(std::min(end + 1, path.size()));
        if (component.empty() || component == ".")
            continue;
        if (component == ".." && !components.empty() && components.back() != "..")
            components.pop_back();
        else
            components.push_back(component);
    }
    return components;
}

inline std::string join_path(const std::vector<std::string_view>& components, std::size_t first) {
    std::string path;
    for (std::size_t i = first; i < components.size(); ++i) {
        if (i != first)
            path += '/';
        path += components[i];
    }
    return path;
}

/// A path below a system's include folder, as it is written behind `#include`. Both GCC's
/// `c++/12/x86_64-linux-gnu/` and Debian's `x86_64-linux-gnu/c++/12/` stand before such paths.
inline source_path included_path(const std::vector<std::string_view>& components,
                                 std::size_t include_folder) {
    std::size_t first = include_folder + 1;
    std::string library;
    const auto more = [&](std::size_t n) { return first + n < components.size(); };
    const auto skip_target = [&] {
        if (more(1) && components[first].find("-linux-") != std::string_view::npos)
            ++first;
    };
    if (std::find(components.begin(), components.end(), "gcc") != components.end())
        library = "gcc"; // intrinsics and the like
    skip_target();
    if (more(2) && components[first] == "c++") {
        library = components[first + 1] == "v1" ? "libc++" : "libstdc++";
        first += 2;
        skip_target();
    }
    if (library.empty())
        library = components[first] == "bits" ? "glibc" : components[first];
    return {join_path(components, first), std::move(library)};
}

/// `components` relative to the folder `root`.
inline std::string relative_path(const std::vector<std::string_view>& components,
                                 const std::vector<std::string_view>& root) {
    const auto differ =
        std::mismatch(components.begin(), components.end(), root.begin(), root.end());
    std::string path;
    for (auto up = differ.second; up != root.end(); ++up)
        path += "../";
    return path +
           join_path(components, static_cast<std::size_t>(differ.first - components.begin()));
}

inline std::string_view first_named_component(std::string_view path) {
    for (const std::string_view component : path_components(path)) {
        if (component != "..")
            return component;
    }
    return {};
}

/// A path that the compiler was given as a relative one. What the system's own libraries were built
/// from begins with the way out of some build folder, which says nothing here.
inline source_path relative_source(const frame& f, const std::vector<std::string_view>& components,
                                   std::string module) {
    std::size_t first = 0;
    std::string library(first_named_component(f.file));
    const bool in_libc = begins_with(module, "libc.so") || begins_with(module, "libm.so") ||
                         begins_with(module, "ld-linux");
    if ((f.file.front() == '.' || in_libc) && !f.application) {
        const auto in_gcc = std::find(components.begin(), components.end(), "libstdc++-v3");
        if (in_gcc != components.end() && in_gcc + 1 != components.end()) {
            first = static_cast<std::size_t>(in_gcc - components.begin()) + 1;
            library = "libstdc++";
        } else {
            while (first + 1 < components.size() && components[first] == "..")
                ++first;
            if (!module.empty())
                library = std::move(module);
        }
    }
    return {join_path(components, first), std::move(library)};
}

/// The path and library of a frame. Relative paths stay as the compiler wrote them; absolute ones
/// become relative to the program's source root where that is shorter, and those of the system's
/// include folders are written as they are included. Without a file it is the module that counts.
inline source_path shorten_path(const session& source, const frame& f) {
    std::string module;
    if (f.module < source.modules.size())
        module = file_name(source.modules[f.module].path);
    const std::vector<std::string_view> components = path_components(f.file);
    if (components.empty())
        return {module, begins_with(module, "libstdc++.so") ? "libstdc++" : module};
    if (f.file.front() != '/')
        return relative_source(f, components, std::move(module));
    const std::vector<std::string_view> root = path_components(source.source_root);
    const bool inside = !root.empty() && components.size() > root.size() &&
                        std::equal(root.begin(), root.end(), components.begin());
    if (inside) {
        std::string path = relative_path(components, root);
        std::string library(first_named_component(path));
        return {std::move(path), std::move(library)};
    }
    const auto include = std::find(components.begin(), components.end(), "include");
    const bool system = components.front() == "usr" || components.front() == "opt";
    if (system && include != components.end() && include + 1 != components.end()) {
        return included_path(components, static_cast<std::size_t>(include - components.begin()));
    }
    std::string absolute = "/" + join_path(components, 0);
    std::string relative = root.empty() ? absolute : relative_path(components, root);
    if (relative.size() < absolute.size()) {
        std::string library(first_named_component(relative));
        return {std::move(relative), std::move(library)};
    }
    if (module.empty())
        module = first_named_component(absolute);
    return {std::move(absolute), std::move(module)};
}

inline std::vector<source_path> shorten_paths(const session& source) {
    std::vector<source_path> paths;
    paths.reserve(source.frames.size());
    for (const frame& f : source.frames)
        paths.push_back(shorten_path(source, f));
    return paths;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
