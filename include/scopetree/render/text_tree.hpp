/// A processed tree as text.
#ifndef SCOPETREE_RENDER_TEXT_TREE_HPP
#define SCOPETREE_RENDER_TEXT_TREE_HPP

#include <scopetree/render/text_line.hpp>

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

/// The children that have a line: in the place of one that has none, those below it.
inline std::vector<std::uint32_t> shown_children(const view_tree& tree, std::uint32_t node) {
    std::vector<std::uint32_t> shown;
    std::vector<std::uint32_t> pending = tree.children_of(node);
    std::reverse(pending.begin(), pending.end());
    while (!pending.empty()) {
        const std::uint32_t child = pending.back();
        pending.pop_back();
        if (tree.nodes[child].shown) {
            shown.push_back(child);
            continue;
        }
        const auto first = static_cast<std::ptrdiff_t>(pending.size());
        tree.append_children_of(child, pending);
        std::reverse(pending.begin() + first, pending.end());
    }
    return shown;
}

/// Where the shown tree starts: a root whose only child has all its time says nothing.
inline std::uint32_t shown_root(const view_tree& tree, report_clock clock) {
    const view_node& root = tree.root();
    if (root.first_child == no_index || root.first_child != root.last_child ||
        tree.frame_of(root).kind != frame_kind::synthetic)
        return 0;
    const view_node& child = tree.nodes[root.first_child];
    const bool same = child.time == root.time &&
                      (clock != report_clock::both || child.second_time == root.second_time);
    return same ? root.first_child : 0;
}

/// The lines of a session's tree.
class frame_lines {
public:
    /// `root_name` replaces the root's; the tree must not be empty.
    frame_lines(text_writer& out, const report_context& context, const view_tree& tree,
                std::string_view root_name)
        : out_(out), context_(context), tree_(tree), lines_(out, context, tree.root()),
          root_name_(root_name) {}

    void write(std::string_view indent, std::string_view glyph, std::uint32_t index) {
        const view_node& node = tree_.nodes[index];
        const bool unicode = out_.unicode();
        text_line line = line_of_node(context_, tree_, node, unicode);
        if (node.kind != view_kind::self) {
            if (index == 0 && !root_name_.empty())
                line.name = sanitize(root_name_, unicode);
            std::vector<std::uint32_t> entries;
            append_scopes(tree_, node, entries);
            line.figures = format_scope(summarize_scopes(tree_, std::move(entries)), unicode);
        }
        line.time = node.time;
        line.second_time = node.second_time;
        lines_.write(indent, glyph, std::move(line));
    }

private:
    text_writer& out_;
    const report_context& context_;
    const view_tree& tree_;
    line_writer lines_;
    std::string_view root_name_;
};

/// Iterative, and linear in what it writes: a tree may be 100,000 levels deep, and indenting all of
/// them from the left margin would take gigabytes.
///
/// `Lines` has a function write(indent, glyph, node): both parts of the indent, and the node's
/// index.
template <class Lines>
class tree_writer {
public:
    /// The tree must not be empty.
    tree_writer(text_writer& out, const report_context& context, const view_tree& tree, Lines lines)
        : out_(out), context_(context), tree_(tree), lines_(std::move(lines)) {}

    /// `indent` stands before every line; `start` is the first node that is shown.
    void write(std::string_view indent, std::uint32_t start) {
        prefix_ = indent;
        lines_.write(prefix_, {}, start);
        descend(start);
        while (!levels_.empty()) {
            level& current = levels_.back();
            prefix_.resize(current.prefix_size);
            if (current.next == current.children.size()) {
                ascend();
                continue;
            }
            const std::uint32_t node = current.children[current.next++];
            const bool last = current.next == current.children.size();
            const tree_glyphs& glyphs = out_.glyphs();
            if (current.indented_only) {
                lines_.write(prefix_, {}, node);
            } else {
                lines_.write(prefix_, last ? glyphs.corner : glyphs.branch, node);
                prefix_ += last ? glyphs.blank : glyphs.bar;
            }
            descend(node);
        }
    }

private:
    struct level {
        std::vector<std::uint32_t> children;
        std::size_t next = 0;
        std::size_t prefix_size = 0;
        bool indented_only = false; ///< below a group's root: no glyphs
        bool margin = false;        ///< the indentation starts again here
    };

    static constexpr std::size_t levels_of_a_margin = 256;

    void descend(std::uint32_t node) {
        std::vector<std::uint32_t> children = shown_children(tree_, node);
        level next;
        if (const view_group* group = group_to_describe(node)) {
            write_group(*group);
            prefix_ += "      ";
            next.indented_only = true;
        }
        if (children.empty())
            return;
        if ((levels_.size() + 1) % levels_of_a_margin == 0) {
            next.margin = true;
            const std::string depth = std::to_string(levels_.size() + 1);
            outer_prefixes_.push_back(
                std::exchange(prefix_, depth + (out_.unicode() ? "» " : "> ")));
        }
        next.children = std::move(children);
        next.prefix_size = prefix_.size();
        levels_.push_back(std::move(next));
    }

    void ascend() {
        if (levels_.back().margin) {
            prefix_ = std::move(outer_prefixes_.back());
            outer_prefixes_.pop_back();
        }
        levels_.pop_back();
    }

    const view_group* group_to_describe(std::uint32_t node) const {
        const std::uint32_t group = tree_.nodes[node].group;
        if (group == no_index || tree_.groups[group].root != node ||
            tree_.groups[group].hidden == 0)
            return nullptr;
        return &tree_.groups[group];
    }

    void write_group(const view_group& group) {
        out_ << prefix_ << "   [" << format_count(group.hidden) << " frames hidden]";
        if (const std::string libraries = libraries_of(group); !libraries.empty()) {
            out_ << "  ";
            out_.paint(ink::faint, libraries);
        }
        out_.end_line();
    }

    /// Their distinct names in the group's order, cut to 40 characters.
    std::string libraries_of(const view_group& group) const {
        constexpr std::size_t longest = 40;
        std::vector<std::string_view> names;
        std::string text;
        for (const std::uint32_t member : group.members) {
            const std::string_view name = context_.paths[tree_.nodes[member].frame].library;
            if (name.empty() || std::find(names.begin(), names.end(), name) != names.end())
                continue;
            names.push_back(name);
            text += (text.empty() ? "" : ", ") + sanitize(name, out_.unicode());
            if (text.size() > longest * 4)
                break;
        }
        if (display_width(text) > longest)
            text = std::string(take_columns(text, longest - 3)) + "...";
        return text;
    }

    text_writer& out_;
    const report_context& context_;
    const view_tree& tree_;
    Lines lines_;
    std::string prefix_;
    std::vector<level> levels_;
    std::vector<std::string> outer_prefixes_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
