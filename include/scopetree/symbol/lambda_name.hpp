/// Names for inlined lambdas: the debug information of g++ calls them all `operator()`.
#ifndef SCOPETREE_SYMBOL_LAMBDA_NAME_HPP
#define SCOPETREE_SYMBOL_LAMBDA_NAME_HPP

#include <scopetree/symbol/native_frame.hpp>
#include <scopetree/symbol/paths.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The first lambda type among the template arguments of a demangled name, e.g.
/// `main()::{lambda(int)#1}` or `main()::<lambda(int)>`; empty if there is none. Linear.
inline std::string_view lambda_argument(std::string_view name) {
    const std::size_t mark = std::min(name.find("{lambda("), name.find("<lambda("));
    if (mark == std::string_view::npos)
        return {};
    const auto opens = [](char c) { return c == '<' || c == '(' || c == '{'; };
    const auto closes = [](char c) { return c == '>' || c == ')' || c == '}'; };
    std::size_t begin = mark;
    for (int depth = 0; begin > 0; --begin) {
        const char before = name[begin - 1];
        depth += closes(before) ? 1 : 0;
        depth -= opens(before) ? 1 : 0;
        if (depth < 0 || (depth == 0 && (before == ',' || before == ' ')))
            break;
    }
    std::size_t end = mark;
    int depth = 0;
    do {
        depth += opens(name[end]) ? 1 : 0;
        depth -= closes(name[end]) ? 1 : 0;
    } while (++end < name.size() && depth > 0);
    return depth == 0 ? name.substr(begin, end - begin) : std::string_view{};
}

/// Renames an inlined `operator()` of the program's own source after the lambda that a caller was
/// instantiated for, or plainly `{lambda}` where none names it. `frames` are innermost first.
inline void name_lambdas(std::vector<native_frame>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
        native_frame& frame = frames[i];
        if (frame.qualified || frame.name != "operator()" || is_system_source(frame.file))
            continue;
        std::string_view found;
        for (std::size_t caller = i + 1; caller < frames.size() && found.empty(); ++caller)
            found = lambda_argument(frames[caller].name);
        // With the operator's name at its end, as a demangled one has: it tells what function it
        // is.
        frame.name = (found.empty() ? "{lambda()}" : std::string(found)) + "::operator()";
    }
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
