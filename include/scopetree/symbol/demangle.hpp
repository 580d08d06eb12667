/// From the names of an object file to the names a C++ programmer knows, in full.
#ifndef SCOPETREE_SYMBOL_DEMANGLE_HPP
#define SCOPETREE_SYMBOL_DEMANGLE_HPP

#include <scopetree/config.hpp>

#include <cxxabi.h>

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool starts_with(std::string_view text, std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix;
}

constexpr bool ends_with(std::string_view text, std::string_view suffix) {
    return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

/// `f.isra.0` → `f.isra`: without one trailing `.digits`.
constexpr std::string_view without_number(std::string_view name) {
    std::size_t end = name.size();
    while (end > 0 && is_digit(name[end - 1]))
        --end;
    return end > 0 && end < name.size() && name[end - 1] == '.' ? name.substr(0, end - 1) : name;
}

/// Without the suffixes that compilers give to the clones and pieces of a function.
constexpr std::string_view without_clone_suffix(std::string_view name) {
    constexpr std::string_view words[] = {".cold",     ".part", ".isra",       ".constprop",
                                          ".lto_priv", ".llvm", ".localalias", ".warm"};
    for (bool again = true; again;) {
        again = false;
        const std::string_view bare = without_number(name);
        for (std::string_view word : words) {
            const std::string_view candidate = ends_with(name, word) ? name : bare;
            if (candidate.size() > word.size() && ends_with(candidate, word)) {
                name = candidate.substr(0, candidate.size() - word.size());
                again = true;
                break;
            }
        }
    }
    return name;
}

/// `f(int) [clone .cold]` and `f(int) (.cold)` → `f(int)`, for names demangled by someone else.
constexpr std::string_view without_clone_remark(std::string_view name) {
    for (std::string_view opening : {std::string_view(" [clone "), std::string_view(" (.")}) {
        const std::size_t at = name.find(opening);
        if (at != std::string_view::npos && at > 0)
            name = name.substr(0, at);
    }
    return name;
}

/// The readable beginning of a mangled name that the demangler refuses (libstdc++ gives up beyond
/// 1,024 characters): the nested names up to the first template argument list. Empty if none.
inline std::string outline_of_mangled(std::string_view name) {
    std::size_t at = starts_with(name, "_ZN") ? 3 : 2;
    while (at < name.size() && (name[at] == 'K' || name[at] == 'L' || name[at] == 'V'))
        ++at;
    std::string result;
    if (starts_with(name.substr(at), "St")) {
        result = "std";
        at += 2;
    }
    while (at < name.size() && is_digit(name[at])) {
        std::size_t length = 0;
        while (at < name.size() && is_digit(name[at]) && length < name.size())
            length = length * 10 + static_cast<std::size_t>(name[at++] - '0');
        if (length > name.size() - at)
            return result;
        const std::string_view word = name.substr(at, length);
        at += length;
        result += result.empty() ? "" : "::";
        result += starts_with(word, "_GLOBAL__N") ? "(anonymous namespace)" : word;
    }
    if (!result.empty() && at < name.size() && name[at] == 'I')
        result += "<...>";
    return result;
}

/// Rust's older mangling ends a path with a hash that no reader wants: `::h` and 16 digits.
inline void remove_rust_hash(std::string& name) {
    constexpr std::size_t hash = 19;
    if (name.size() <= hash || name.compare(name.size() - hash, 3, "::h") != 0)
        return;
    if (name.find_first_not_of("0123456789abcdef", name.size() - hash + 3) == std::string::npos)
        name.resize(name.size() - hash);
}

} // namespace detail

/// The full C++ name of a linkage name, without clone suffixes (`.cold`, `.isra.0`, …) and symbol
/// versions (`@@GLIBC_2.2.5`). What is not an Itanium mangled name comes back without its suffixes
/// only. Throws nothing but std::bad_alloc; thread-safe, not signal-safe; linear in the length.
inline std::string demangle(std::string_view name) {
    const bool mangled = detail::starts_with(name, "_Z") || detail::starts_with(name, "__Z");
    // '.' and '@' never occur in a mangled name itself: they start what the compiler or the linker
    // adds for a copy or a version of the function.
    if (mangled)
        name = name.substr(name[1] == '_' ? 1 : 0, name.find_first_of(".@"));
    else
        name = name.substr(0, name.find('@', 1));
    if (!mangled) {
        name = detail::without_clone_suffix(detail::without_clone_remark(name));
        constexpr std::string_view glibc_internal = "__GI_"; // an alias of the exported function
        if (detail::starts_with(name, glibc_internal) && name.size() > glibc_internal.size())
            name.remove_prefix(glibc_internal.size());
        return std::string(name);
    }
    const std::string terminated(name);
    int status = 0;
    char* const text = abi::__cxa_demangle(terminated.c_str(), nullptr, nullptr, &status);
    if (text == nullptr) {
        std::string outline = detail::outline_of_mangled(name);
        return outline.empty() ? terminated : outline;
    }
    std::string result;
#if defined(__cpp_exceptions)
    try {
        result = text;
    } catch (...) {
        std::free(text);
        throw;
    }
#else
    result = text;
#endif
    std::free(text);
    detail::remove_rust_hash(result);
    return result;
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
