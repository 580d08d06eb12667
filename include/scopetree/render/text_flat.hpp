/// A list of functions and scopes instead of a tree.
#ifndef SCOPETREE_RENDER_TEXT_FLAT_HPP
#define SCOPETREE_RENDER_TEXT_FLAT_HPP

#include <scopetree/process/frame_identity.hpp>
#include <scopetree/render/text_line.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A function or scope over all its places in a tree.
struct flat_entry {
    std::uint32_t frame = no_index; ///< the first of its frames that was met
    std::int64_t time = 0;
    std::int64_t second_time = 0;
    std::uint32_t open = 0; ///< while summing: places on the path to the current node
    std::vector<std::uint32_t> scopes;
};

/// Adds every node of the tree to the entry of its function. `collapse_runtime` may have run
/// before, nothing that takes time away. Self times add up to the root's; a total counts the
/// outermost of nested places only. Entries are sorted by time. n log n.
inline std::vector<flat_entry> flatten(const view_tree& tree, flat_time_kind kind) {
    const std::vector<std::uint32_t> identities = frame_identities(*tree.source);
    std::vector<flat_entry> entries(identities.size());
    struct step {
        std::uint32_t node;
        bool leaving;
    };
    std::vector<step> pending{{0, false}};
    std::vector<std::uint32_t> children;
    while (!pending.empty()) {
        const auto [index, leaving] = pending.back();
        pending.pop_back();
        const view_node& node = tree.nodes[index];
        flat_entry& entry = entries[identities[node.frame]];
        if (leaving) {
            --entry.open;
            continue;
        }
        const bool is_self = node.kind == view_kind::self;
        const bool counts = kind == flat_time_kind::self ? is_self : !is_self && entry.open == 0;
        if (counts) {
            entry.time += node.time;
            entry.second_time += node.second_time;
        }
        if (is_self)
            continue;
        if (entry.frame == no_index)
            entry.frame = node.frame;
        append_scopes(tree, node, entry.scopes);
        ++entry.open;
        pending.push_back({index, true});
        children.clear();
        tree.append_children_of(index, children);
        for (auto c = children.rbegin(); c != children.rend(); ++c)
            pending.push_back({*c, false});
    }
    const auto unused = [](const flat_entry& e) { return e.frame == no_index; };
    entries.erase(std::remove_if(entries.begin(), entries.end(), unused), entries.end());
    std::stable_sort(entries.begin(), entries.end(),
                     [](const flat_entry& a, const flat_entry& b) { return a.time > b.time; });
    return entries;
}

/// The least time of a line. Where time is spread so thin that no function reaches the threshold,
/// the first few are shown nevertheless.
inline std::int64_t least_flat_time(const std::vector<flat_entry>& entries, const view_node& root,
                                    const text_options& chosen) {
    constexpr std::size_t few = 10;
    if (chosen.show_all || entries.empty())
        return 0;
    const double least = static_cast<double>(root.time) * chosen.filter_threshold * (1 - 1e-12);
    return static_cast<double>(entries.front().time) >= least
               ? static_cast<std::int64_t>(std::ceil(least))
               : entries[std::min(entries.size(), few) - 1].time;
}

/// Writes the list. Of self times none is lost: those below the threshold share the last line.
inline void write_flat(text_writer& out, const report_context& context, const view_tree& tree,
                       std::string_view indent, std::string_view root_name) {
    const bool self_times = context.chosen.flat_time == flat_time_kind::self;
    const view_node& root = tree.root();
    std::vector<flat_entry> entries = flatten(tree, context.chosen.flat_time);
    const std::int64_t least = least_flat_time(entries, root, context.chosen);
    line_writer lines(out, context, root);
    text_line rest;
    std::uint64_t left_out = 0;
    for (flat_entry& entry : entries) {
        const bool is_root = entry.frame == root.frame &&
                             context.source.frames[entry.frame].kind == frame_kind::synthetic;
        if (is_root && (!self_times || entry.time == 0))
            continue; // no function
        if (entry.time < least || (entry.time == 0 && entry.scopes.empty())) {
            ++left_out;
            rest.time += entry.time;
            rest.second_time += entry.second_time;
            continue;
        }
        text_line line = line_of_frame(context, entry.frame, out.unicode());
        if (is_root)
            line.name = sanitize(root_name, out.unicode());
        line.time = entry.time;
        line.second_time = entry.second_time;
        line.figures = format_scope(summarize_scopes(tree, std::move(entry.scopes)), out.unicode());
        lines.write(indent, {}, std::move(line));
    }
    if (!self_times || (rest.time == 0 && rest.second_time == 0))
        return;
    rest.name = "[" + format_count(left_out) + " more]";
    rest.name_ink = ink::faint;
    lines.write(indent, {}, std::move(rest));
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
