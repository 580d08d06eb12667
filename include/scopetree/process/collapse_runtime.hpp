/// Takes out the frames of a program's start-up and of the profiler itself.
#ifndef SCOPETREE_PROCESS_COLLAPSE_RUNTIME_HPP
#define SCOPETREE_PROCESS_COLLAPSE_RUNTIME_HPP

#include <scopetree/process/view_tree.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
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

/// The bodies of libstdc++'s thread start, which have short names where they were inlined.
inline bool is_inlined_thread_start(const frame& f) {
    constexpr std::string_view file = "/bits/std_thread.h";
    const bool there = f.file.size() > file.size() &&
                       f.file.compare(f.file.size() - file.size(), file.size(), file) == 0;
    return there &&
           (function_begins_with(f.name, "_M_run") || function_begins_with(f.name, "_M_invoke") ||
            f.name.compare(0, 10, "operator()") == 0);
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
    if (f.application)
        return false; // a program may well have functions of these names
    constexpr std::string_view names[] = {
        "clone",        "clone3",       "__clone",       "__clone3",
        "__GI___clone", "start_thread", "__GI___clone3", "execute_native_thread_routine"};
    return std::find(std::begin(names), std::end(names), f.name) != std::end(names) ||
           function_begins_with(f.name, "__invoke") || is_inlined_thread_start(f);
}

/// A function without a name in one of the libraries that start programs and threads. Stripped,
/// they do not tell what `start_thread` or `__libc_start_call_main` is.
inline bool is_nameless_runtime(const frame& f) {
    constexpr std::string_view libraries[] = {"libc.so",      "libc-2.",   "libpthread",
                                              "libstdc++.so", "libc++.so", "ld-linux"};
    return f.kind == frame_kind::function && f.name.find("+0x") != std::string::npos &&
           std::any_of(std::begin(libraries), std::end(libraries), [&](std::string_view library) {
               return f.name.compare(0, library.size(), library) == 0;
           });
}

class runtime_collapser {
public:
    explicit runtime_collapser(view_tree& tree) : tree_(tree) {
        for (const frame& f : tree.source->frames) {
            runtime_.push_back(is_runtime(f));
            nameless_.push_back(is_nameless_runtime(f));
        }
    }

    void run() {
        visit_preorder(tree_, [&](std::uint32_t node) { collapse_children(node); });
    }

private:
    struct candidate {
        std::uint32_t node;
        bool starting; ///< nothing but start-up stands above
    };

    void collapse_children(std::uint32_t node) {
        pending_.clear();
        kept_.clear();
        expand(node, node == 0);
        while (!pending_.empty()) {
            const candidate next = pending_.back();
            pending_.pop_back();
            view_node& child = tree_.nodes[next.node];
            if (!is_collapsed(next)) {
                if (child.kind == view_kind::self)
                    child.frame = tree_.nodes[node].frame; // it is the new parent's time now
                kept_.push_back(next.node);
                continue;
            }
            view_node& parent = tree_.nodes[node];
            parent.absorbed += child.absorbed;
            parent.own += child.own;
            parent.second_absorbed += child.second_absorbed;
            parent.second_own += child.second_own;
            expand(next.node, next.starting || runtime_[child.frame]);
        }
        tree_.set_children(node, kept_);
    }

    void expand(std::uint32_t node, bool starting) {
        const auto first = static_cast<std::ptrdiff_t>(pending_.size());
        for (std::uint32_t c = tree_.nodes[node].first_child; c != no_index;
             c = tree_.nodes[c].next_sibling)
            pending_.push_back({c, starting});
        std::reverse(pending_.begin() + first, pending_.end());
    }

    bool is_collapsed(const candidate& child) const {
        const view_node& n = tree_.nodes[child.node];
        if (n.kind == view_kind::self)
            return false;
        if (runtime_[n.frame])
            return true;
        const bool calls =
            n.first_child != no_index && tree_.nodes[n.first_child].kind != view_kind::self;
        return child.starting && calls && nameless_[n.frame];
    }

    view_tree& tree_;
    std::vector<bool> runtime_;  ///< per frame
    std::vector<bool> nameless_; ///< per frame
    std::vector<candidate> pending_;
    std::vector<std::uint32_t> kept_;
};

/// Replaces such frames by their children, in place. The root stays. Linear.
inline void collapse_runtime(view_tree& tree) {
    runtime_collapser(tree).run();
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
