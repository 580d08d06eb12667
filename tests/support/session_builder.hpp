/// Builds sessions for tests from a drawing of their trees.
#ifndef SCOPETREE_TESTS_SUPPORT_SESSION_BUILDER_HPP
#define SCOPETREE_TESTS_SUPPORT_SESSION_BUILDER_HPP

#include <scopetree/model/session.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// A line of the drawing is `name|file:line|self ms` or `name|file:line|wall ms/cpu ms`, indented
/// by two blanks a level. A name begins with `~` for a library's function, `>` for a scope (a
/// fourth part is its entry), `>>` for a timed scope, `@` for a marker; else it is the program's
/// own.
class session_builder {
public:
    session_builder() {
        built_.program = "./program";
        built_.version = "0.1.0";
        built_.interval_ns = 1'000'000;
        built_.pid = 100;
    }

    session_builder& thread(const std::string& name, const std::string& drawing,
                            std::vector<scopetree::scope_figures> scopes = {}) {
        scopetree::thread_tree tree;
        tree.name = name;
        tree.tid = 100 + static_cast<std::int64_t>(built_.threads.size());
        tree.scopes = std::move(scopes);
        tree.nodes.push_back(node_of(scopetree::no_index, "@" + name + "||0"));
        std::vector<std::uint32_t> path{0};
        std::istringstream lines(drawing);
        for (std::string line; std::getline(lines, line);) {
            const std::size_t indent = line.find_first_not_of(' ');
            if (indent == std::string::npos)
                continue;
            path.resize(indent / 2 + 1);
            path.push_back(static_cast<std::uint32_t>(tree.nodes.size()));
            tree.nodes.push_back(node_of(path[path.size() - 2], line.substr(indent)));
        }
        for (const scopetree::call_node& node : tree.nodes) {
            tree.wall_ns += node.wall_ns;
            tree.cpu_ns += node.cpu_ns;
            built_.figures.samples += node.samples;
        }
        built_.duration_ns = std::max(built_.duration_ns, tree.wall_ns);
        built_.cpu_ns += tree.cpu_ns;
        built_.threads.push_back(std::move(tree));
        return *this;
    }

    /// What the last thread did, one after the other: `name ms, name ms`. A name is that of the
    /// first node that has it, the root left out.
    session_builder& timeline(const std::string& runs) {
        scopetree::thread_tree& tree = built_.threads.back();
        std::istringstream parts(runs);
        std::int64_t now = 0;
        for (std::string part; std::getline(parts >> std::ws, part, ',');) {
            const std::size_t space = part.rfind(' ');
            const std::int64_t duration = std::stoll(part.substr(space)) * 1'000'000;
            tree.timeline.push_back({node_named(tree, part.substr(0, space)), now, duration});
            now += duration;
        }
        return *this;
    }

    scopetree::session& operator*() { return built_; }
    scopetree::session* operator->() { return &built_; }

private:
    std::uint32_t node_named(const scopetree::thread_tree& tree, const std::string& name) const {
        for (std::size_t i = 1; i < tree.nodes.size(); ++i)
            if (built_.frames[tree.nodes[i].frame].name == name)
                return static_cast<std::uint32_t>(i);
        throw std::invalid_argument("no node of the drawing has the name " + name);
    }

    static std::vector<std::string> parts_of(const std::string& line) {
        std::vector<std::string> parts;
        std::istringstream stream(line);
        for (std::string part; std::getline(stream, part, '|');)
            parts.push_back(part);
        if (parts.size() < 3)
            throw std::invalid_argument("a line of the drawing lacks a part: " + line);
        return parts;
    }

    scopetree::call_node node_of(std::uint32_t parent, const std::string& line) {
        const std::vector<std::string> parts = parts_of(line);
        scopetree::call_node node;
        node.parent = parent;
        node.frame = frame_of(parts[0], parts[1]);
        const std::size_t slash = parts[2].find('/');
        node.wall_ns = std::stoll(parts[2]) * 1'000'000;
        node.cpu_ns = slash == std::string::npos
                          ? node.wall_ns
                          : std::stoll(parts[2].substr(slash + 1)) * 1'000'000;
        node.samples = static_cast<std::uint64_t>(node.wall_ns / 1'000'000);
        if (parts.size() > 3)
            node.scope = static_cast<std::uint32_t>(std::stoul(parts[3]));
        return node;
    }

    std::uint32_t frame_of(std::string name, const std::string& location) {
        scopetree::frame f;
        const auto take = [&](const char* mark) {
            const std::string text(mark);
            const bool there = name.compare(0, text.size(), text) == 0;
            name.erase(0, there ? text.size() : 0);
            return there;
        };
        f.application = true;
        if (take(">>"))
            f.kind = scopetree::frame_kind::timed_scope;
        else if (take(">"))
            f.kind = scopetree::frame_kind::scope;
        else if (take("@"))
            f.kind = scopetree::frame_kind::synthetic;
        if (take("~") || f.kind == scopetree::frame_kind::synthetic)
            f.application = false;
        f.name = f.full_name = name;
        const std::size_t colon = location.rfind(':');
        f.file = location.substr(0, colon);
        if (colon != std::string::npos)
            f.line = static_cast<std::uint32_t>(std::stoul(location.substr(colon + 1)));
        for (std::size_t i = 0; i < built_.frames.size(); ++i) {
            const scopetree::frame& known = built_.frames[i];
            if (known.name == f.name && known.file == f.file && known.kind == f.kind &&
                known.line == f.line && known.application == f.application)
                return static_cast<std::uint32_t>(i);
        }
        built_.frames.push_back(std::move(f));
        return static_cast<std::uint32_t>(built_.frames.size() - 1);
    }

    scopetree::session built_;
};

} // namespace test

#endif
