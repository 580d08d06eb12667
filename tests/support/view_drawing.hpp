/// View trees as text that tests can compare, and views of drawn sessions.
#ifndef SCOPETREE_TESTS_SUPPORT_VIEW_DRAWING_HPP
#define SCOPETREE_TESTS_SUPPORT_VIEW_DRAWING_HPP

#include <scopetree/process/build_view.hpp>
#include <scopetree/process/view_tree.hpp>

#include "support/session_builder.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// The view of the first thread. The session must outlive it.
inline scopetree::detail::view_tree
view_of(const scopetree::session& source,
        scopetree::report_clock clock = scopetree::report_clock::wall) {
    return scopetree::detail::build_view(source, {&source.threads.front()}, clock);
}

/// A line for every node: two blanks a level, name, milliseconds, and `-n` for what was absorbed.
inline std::string draw(const scopetree::detail::view_tree& tree) {
    using namespace scopetree;
    std::string text;
    std::vector<std::pair<std::uint32_t, std::size_t>> pending{{0, 0}};
    while (!pending.empty()) {
        const auto [index, depth] = pending.back();
        pending.pop_back();
        const detail::view_node& node = tree.nodes[index];
        text += std::string(depth * 2, ' ');
        text += node.kind == detail::view_kind::self ? "[self]" : tree.frame_of(node).name;
        text += " " + std::to_string(node.time / 1'000'000);
        if (node.absorbed != 0)
            text += " -" + std::to_string(node.absorbed / 1'000'000);
        text += "\n";
        const std::vector<std::uint32_t> children = tree.children_of(index);
        for (auto child = children.rbegin(); child != children.rend(); ++child)
            pending.emplace_back(*child, depth + 1);
    }
    return text;
}

/// A chain of functions, every one called by the one before; the last has all the time.
inline scopetree::session deep_session(std::size_t depth, std::size_t functions = 7) {
    using namespace scopetree;
    session_builder built;
    built.thread("main", "");
    session source = *built;
    const auto first = static_cast<std::uint32_t>(source.frames.size());
    for (std::size_t i = 0; i < functions; ++i) {
        frame f;
        f.name = f.full_name = "function_" + std::to_string(i);
        f.file = "deep.cpp";
        f.application = i % 2 == 0;
        source.frames.push_back(f);
    }
    thread_tree& thread = source.threads.front();
    for (std::size_t i = 0; i < depth; ++i) {
        call_node node;
        node.parent = static_cast<std::uint32_t>(i);
        node.frame = first + static_cast<std::uint32_t>(i % functions);
        thread.nodes.push_back(node);
    }
    thread.nodes.back().wall_ns = thread.nodes.back().cpu_ns = 1'000'000'000;
    thread.wall_ns = thread.cpu_ns = 1'000'000'000;
    return source;
}

} // namespace test

#endif
