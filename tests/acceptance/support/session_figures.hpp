/// Reads figures off a session.
#ifndef SCOPETREE_TESTS_ACCEPTANCE_SESSION_FIGURES_HPP
#define SCOPETREE_TESTS_ACCEPTANCE_SESSION_FIGURES_HPP

#include <scopetree/model/session.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

/// A sum over nodes of a tree.
struct times {
    std::int64_t wall_ns = 0;
    std::int64_t cpu_ns = 0;
    std::uint64_t samples = 0;
};

inline void add(times& to, const scopetree::call_node& node) {
    to.wall_ns += node.wall_ns;
    to.cpu_ns += node.cpu_ns;
    to.samples += node.samples;
}

inline times sum(const scopetree::thread_tree& thread) {
    times result;
    for (const scopetree::call_node& node : thread.nodes)
        add(result, node);
    return result;
}

/// The session's only thread of that name.
inline const scopetree::thread_tree& thread_named(const scopetree::session& from,
                                                  const std::string& name) {
    const scopetree::thread_tree* found = nullptr;
    for (const scopetree::thread_tree& thread : from.threads) {
        if (thread.name != name)
            continue;
        if (found != nullptr)
            throw std::runtime_error("two threads named " + name);
        found = &thread;
    }
    if (found == nullptr)
        throw std::runtime_error("no thread named " + name);
    return *found;
}

/// A frame is meant by its name up to the first `(` or `<`, with or without its namespaces.
inline bool is_named(const scopetree::frame& frame, const std::string& name) {
    const std::string plain = frame.name.substr(0, frame.name.find_first_of("(<", 1));
    return frame.name == name || plain == name ||
           (plain.size() > name.size() + 2 &&
            plain.compare(plain.size() - name.size() - 2, 2, "::") == 0 &&
            plain.compare(plain.size() - name.size(), name.size(), name) == 0);
}

/// All that was credited to a frame of that name or below one; a recursive one counts once.
inline times sum_below(const scopetree::session& from, const scopetree::thread_tree& thread,
                       const std::string& name) {
    std::vector<bool> inside(thread.nodes.size());
    times result;
    for (std::size_t i = 0; i < thread.nodes.size(); ++i) {
        const scopetree::call_node& node = thread.nodes[i];
        inside[i] = is_named(from.frames[node.frame], name) ||
                    (node.parent != scopetree::no_index && inside[node.parent]);
        if (inside[i])
            add(result, node);
    }
    return result;
}

/// Over all threads.
inline times sum_below(const scopetree::session& from, const std::string& name) {
    times result;
    for (const scopetree::thread_tree& thread : from.threads) {
        const times one = sum_below(from, thread, name);
        result.wall_ns += one.wall_ns;
        result.cpu_ns += one.cpu_ns;
        result.samples += one.samples;
    }
    return result;
}

/// Calls of the scope of that name, on all its paths.
inline std::uint64_t calls_of(const scopetree::session& from, const scopetree::thread_tree& thread,
                              const std::string& scope) {
    std::set<std::uint32_t> entries;
    for (const scopetree::call_node& node : thread.nodes)
        if (node.scope != scopetree::no_index && from.frames[node.frame].name == scope)
            entries.insert(node.scope);
    std::uint64_t calls = 0;
    for (const std::uint32_t entry : entries)
        calls += thread.scopes[entry].calls;
    return calls;
}

inline std::uint64_t calls_of(const scopetree::session& from, const std::string& scope) {
    std::uint64_t calls = 0;
    for (const scopetree::thread_tree& thread : from.threads)
        calls += calls_of(from, thread, scope);
    return calls;
}

/// The names from the root to a node, the root's left out, joined by " > "; scopes in brackets.
inline std::string path_to(const scopetree::session& from, const scopetree::thread_tree& thread,
                           std::size_t index) {
    std::string path;
    for (auto at = static_cast<std::uint32_t>(index);
         thread.nodes[at].parent != scopetree::no_index; at = thread.nodes[at].parent) {
        const scopetree::frame& frame = from.frames[thread.nodes[at].frame];
        const bool scope = frame.kind == scopetree::frame_kind::scope ||
                           frame.kind == scopetree::frame_kind::timed_scope;
        path = (scope ? "[" + frame.name + "]" : frame.name) + (path.empty() ? "" : " > " + path);
    }
    return path;
}

/// The path, as above, to every node of every thread.
inline std::vector<std::string> all_paths(const scopetree::session& from) {
    std::vector<std::string> paths;
    for (const scopetree::thread_tree& thread : from.threads)
        for (std::size_t i = 0; i < thread.nodes.size(); ++i)
            paths.push_back(path_to(from, thread, i));
    return paths;
}

} // namespace test

#endif
