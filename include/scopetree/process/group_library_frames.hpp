/// Puts library frames that hang together into groups, of which little is shown.
#ifndef SCOPETREE_PROCESS_GROUP_LIBRARY_FRAMES_HPP
#define SCOPETREE_PROCESS_GROUP_LIBRARY_FRAMES_HPP

#include <scopetree/options.hpp>
#include <scopetree/process/source_path.hpp>
#include <scopetree/process/view_tree.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Whether the pattern matches the whole text: `*` any characters, `?` one, others themselves.
inline bool glob_matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos; // where the last `*` stands, and what it took so far
    std::size_t taken = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            taken = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++taken;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

inline bool matches_any(const std::vector<std::string>& patterns, const frame& f,
                        const source_path& path) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        return glob_matches(pattern, f.name) || glob_matches(pattern, f.full_name) ||
               glob_matches(pattern, f.file) || glob_matches(pattern, path.shown);
    });
}

/// For every frame of the session whether it is hidden: not application code, or asked to be.
inline std::vector<bool> hidden_frames(const session& source, const std::vector<source_path>& paths,
                                       const tree_options& chosen) {
    std::vector<bool> hidden;
    hidden.reserve(source.frames.size());
    for (std::size_t i = 0; i < source.frames.size(); ++i) {
        const frame& f = source.frames[i];
        const bool scope = f.kind == frame_kind::scope || f.kind == frame_kind::timed_scope;
        const bool ours = scope || (f.application && f.kind != frame_kind::synthetic);
        hidden.push_back(!matches_any(chosen.show, f, paths[i]) &&
                         (!ours || matches_any(chosen.hide, f, paths[i])));
    }
    return hidden;
}

/// The node's time outside the functions it calls, `[self]` and absorbed time included.
inline std::int64_t own_time(const view_tree& tree, std::uint32_t node) {
    std::int64_t time = tree.nodes[node].time;
    for (std::uint32_t c = tree.nodes[node].first_child; c != no_index;
         c = tree.nodes[c].next_sibling) {
        if (tree.nodes[c].kind != view_kind::self)
            time -= tree.nodes[c].time;
    }
    return time;
}

/// Decides which members are shown: the root, those with more than 20 % of the root's time of their
/// own, and those with a child outside. Too little to hide: all of them.
inline void choose_shown_members(view_tree& tree, view_group& group) {
    constexpr double much = 0.2;
    const double least = much * static_cast<double>(tree.root().time);
    for (const std::uint32_t member : group.members) {
        bool shown = member == group.root || static_cast<double>(own_time(tree, member)) > least;
        for (std::uint32_t c = tree.nodes[member].first_child; c != no_index && !shown;
             c = tree.nodes[c].next_sibling)
            shown = tree.nodes[c].group != tree.nodes[member].group;
        tree.nodes[member].shown = shown;
        group.hidden += shown ? 0 : 1;
    }
    if (group.hidden >= 2)
        return;
    group.hidden = 0;
    for (const std::uint32_t member : group.members)
        tree.nodes[member].shown = true;
}

/// A hidden node with a hidden child becomes the root of a group that takes the hidden descendants
/// connected to it. `hidden` says it for every frame of the session; `[self]` always is. Linear.
inline void group_library_frames(view_tree& tree, const std::vector<bool>& hidden) {
    const auto is_hidden = [&](std::uint32_t node) {
        const view_node& n = tree.nodes[node];
        return n.kind == view_kind::self || hidden[n.frame];
    };
    const auto has_hidden_child = [&](std::uint32_t node) {
        std::uint32_t c = tree.nodes[node].first_child;
        while (c != no_index && !is_hidden(c))
            c = tree.nodes[c].next_sibling;
        return c != no_index;
    };
    std::vector<std::uint32_t> connected;
    std::vector<std::uint32_t> children;
    visit_preorder(tree, [&](std::uint32_t node) {
        if (node == 0 || tree.nodes[node].group != no_index || !is_hidden(node) ||
            !has_hidden_child(node))
            return;
        const auto number = static_cast<std::uint32_t>(tree.groups.size());
        view_group group;
        group.root = node;
        connected.assign(1, node);
        while (!connected.empty()) {
            const std::uint32_t member = connected.back();
            connected.pop_back();
            tree.nodes[member].group = number;
            group.members.push_back(member);
            children.clear();
            tree.append_children_of(member, children);
            for (auto c = children.rbegin(); c != children.rend(); ++c) {
                if (is_hidden(*c))
                    connected.push_back(*c);
            }
        }
        tree.groups.push_back(std::move(group));
    });
    for (view_group& group : tree.groups)
        choose_shown_members(tree, group);
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
