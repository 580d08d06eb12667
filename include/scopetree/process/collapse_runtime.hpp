/// Takes out the frames of a program's start-up and of the profiler itself.
#ifndef SCOPETREE_PROCESS_COLLAPSE_RUNTIME_HPP
#define SCOPETREE_PROCESS_COLLAPSE_RUNTIME_HPP

#include <scopetree/process/view_tree.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Whether the function's own name, which a return type may stand before, begins with `prefix`.
inline bool function_begins_with(std::string_view name, std::string_view prefix) {
    const std::size_t arguments = name.find_first_of("<(");
    const std::size_t space = name.substr(0, arguments).rfind(' ');
    if (space != std::string_view::npos)
        name.remove_prefix(space + 1);
    return name.substr(0, prefix.size()) == prefix;
}

inline bool is_runtime(const frame& f) {
    if (f.kind != frame_kind::function)
        return false;
    constexpr std::string_view prefixes[] = {
        "__libc_start_",         "scopetree::", "std::__invoke", "std::thread::_State_impl",
        "std::thread::_Invoker",
        "std::__thread_proxy", // libc++'s thread trampolines
        "std::__thread_execute",
    };
    for (const std::string_view prefix : prefixes) {
        if (function_begins_with(f.name, prefix))
            return true;
    }
    if (f.name == "_start")
        return true;
    constexpr std::string_view names[] = {"clone",
                                          "clone3",
                                          "__clone",
                                          "__clone3",
                                          "start_thread",
                                          "__GI___clone",
                                          "execute_native_thread_routine"};
    for (const std::string_view name : names) {
        if (f.name == name)
            return !f.application; // a program may well have a function of that name
    }
    return false;
}

/// Replaces such frames by their children, in place. The root stays. Linear.
inline void collapse_runtime(view_tree& tree) {
    std::vector<bool> runtime;
    for (const frame& f : tree.source->frames)
        runtime.push_back(is_runtime(f));
    std::vector<std::uint32_t> pending;
    std::vector<std::uint32_t> kept;
    visit_preorder(tree, [&](std::uint32_t node) {
        pending = tree.children_of(node);
        std::reverse(pending.begin(), pending.end());
        kept.clear();
        while (!pending.empty()) {
            const std::uint32_t child = pending.back();
            pending.pop_back();
            view_node& c = tree.nodes[child];
            if (c.kind == view_kind::self || !runtime[c.frame]) {
                if (c.kind == view_kind::self)
                    c.frame = tree.nodes[node].frame; // it is the new parent's time now
                kept.push_back(child);
                continue;
            }
            tree.nodes[node].absorbed += c.absorbed;
            tree.nodes[node].second_absorbed += c.second_absorbed;
            const std::size_t first = pending.size();
            tree.append_children_of(child, pending);
            std::reverse(pending.begin() + static_cast<std::ptrdiff_t>(first), pending.end());
        }
        tree.set_children(node, kept);
    });
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
