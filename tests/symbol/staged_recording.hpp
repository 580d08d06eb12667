/// Recordings written down as text, and sessions read as text: exact tests without real code.
#ifndef SCOPETREE_TESTS_SYMBOL_STAGED_RECORDING_HPP
#define SCOPETREE_TESTS_SYMBOL_STAGED_RECORDING_HPP

#include <scopetree/symbol/resolve.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace staged {

/// A piece of code is written `f`, or `f+g+h` for h inlined into g inlined into f. In a stack every
/// entry is one address. Names ending in `?` are known by their bare name only, names ending in `~`
/// by the start of their code only. Pieces of code with different texts start at different
/// addresses.
class recording_builder {
public:
    recording_builder() {
        data.threads.emplace_back();
        thread().name = "main";
        thread().paths.emplace_back();
        thread().scopes.emplace_back();
    }

    scopetree::raw_thread& thread() { return data.threads.back(); }

    std::uint32_t location(const std::string& text) {
        const auto [at, added] = locations.emplace(text, data.locations.size());
        if (added)
            data.locations.push_back({pc_of(text), false, scopetree::no_index});
        return static_cast<std::uint32_t>(at->second);
    }

    std::uint32_t path(const std::vector<std::string>& stack) {
        std::uint32_t at = 0;
        for (const std::string& text : stack) {
            const std::uint32_t where = location(text);
            std::uint32_t next = 0;
            for (std::uint32_t i = 1; i < thread().paths.size(); ++i)
                if (thread().paths[i].parent == at && thread().paths[i].location == where)
                    next = i;
            if (next == 0) {
                next = static_cast<std::uint32_t>(thread().paths.size());
                thread().paths.push_back({at, where});
            }
            at = next;
        }
        return at;
    }

    /// `name@code`: entered in the innermost function of `code`; `!name@code` is a request.
    std::uint32_t scope(const std::vector<std::string>& names, std::uint64_t calls = 1) {
        std::uint32_t at = 0;
        for (const std::string& text : names) {
            const std::size_t split = text.find('@');
            const bool request = text.front() == '!';
            const std::string name = text.substr(request ? 1 : 0, split - (request ? 1 : 0));
            const std::uintptr_t pc = pc_of(text.substr(split + 1));
            std::uint32_t next = 0;
            for (std::uint32_t i = 1; i < thread().scopes.size(); ++i)
                if (thread().scopes[i].parent == at && thread().scopes[i].name == name &&
                    thread().scopes[i].pc == pc)
                    next = i;
            if (next == 0) {
                next = static_cast<std::uint32_t>(thread().scopes.size());
                scopetree::raw_scope added;
                added.request = request;
                added.parent = at;
                added.name = name;
                added.file = "/app/main.cpp";
                added.line = 7;
                added.pc = pc;
                added.figures.calls = calls;
                thread().scopes.push_back(added);
            }
            at = next;
        }
        return at;
    }

    void sample(const std::vector<std::string>& stack, const std::vector<std::string>& scopes,
                std::int64_t wall = 1,
                scopetree::stack_extent extent = scopetree::stack_extent::complete) {
        scopetree::raw_leaf leaf;
        leaf.path = path(stack);
        leaf.scope = scope(scopes);
        leaf.extent = extent;
        leaf.wall_ns = wall;
        leaf.cpu_ns = wall / 2;
        leaf.samples = 1;
        thread().leaves.push_back(leaf);
        thread().wall_ns += wall;
    }

    /// Of the leaves made by `sample`, in their order.
    void run(std::uint32_t leaf, std::int64_t duration) {
        thread().timeline.push_back({leaf, duration});
    }

    scopetree::native_location look_up(const scopetree::raw_location& asked) {
        ++look_ups;
        return code.at(asked.pc);
    }

    scopetree::session resolve(const scopetree::resolve_options& options = {}) {
        return scopetree::resolve(
            data, options, [this](const scopetree::raw_location& asked) { return look_up(asked); });
    }

    std::uintptr_t pc_of(const std::string& text) {
        const auto [at, added] = pcs.emplace(text, 1000 + 16 * pcs.size());
        if (added)
            code[at->second] = parse(text);
        return at->second;
    }

    scopetree::recording data;
    std::map<std::string, std::size_t> locations;
    std::map<std::string, std::uintptr_t> pcs;
    std::map<std::uintptr_t, scopetree::native_location> code;
    std::map<std::string, std::uintptr_t> starts;
    int look_ups = 0;

private:
    scopetree::native_location parse(const std::string& text) {
        scopetree::native_location result;
        const std::string physical = text.substr(0, text.find('+'));
        result.function_start = starts.emplace(physical, 100 + starts.size()).first->second;
        for (std::size_t at = 0; at <= text.size();) {
            const std::size_t plus = std::min(text.find('+', at), text.size());
            scopetree::native_frame frame;
            frame.name = text.substr(at, plus - at);
            frame.file = "/app/main.cpp";
            frame.inlined = at != 0;
            if (!frame.inlined)
                frame.line = 10;
            frame.qualified = frame.name.back() != '?' && frame.name.back() != '~';
            frame.named = frame.name.back() != '~';
            if (!frame.qualified)
                frame.name.pop_back();
            frame.name = scopetree::demangle(frame.name);
            result.frames.insert(result.frames.begin(), frame);
            at = plus + 1;
        }
        return result;
    }
};

/// `main 3` for a node with 3 ns of its own, two blanks for each level; scopes in brackets.
inline std::string outline(const scopetree::session& session, std::size_t thread = 0) {
    const auto& nodes = session.threads[thread].nodes;
    std::vector<std::vector<std::size_t>> children(nodes.size());
    for (std::size_t i = 1; i < nodes.size(); ++i)
        children[nodes[i].parent].push_back(i);
    std::string text;
    std::vector<std::pair<std::size_t, std::size_t>> todo{{0, 0}};
    while (!todo.empty()) {
        const auto [node, depth] = todo.back();
        todo.pop_back();
        const auto& frame = session.frames[nodes[node].frame];
        const bool scope = frame.kind == scopetree::frame_kind::scope;
        if (depth > 0) {
            text +=
                std::string(2 * (depth - 1), ' ') + (scope ? "[" + frame.name + "]" : frame.name);
            text +=
                nodes[node].wall_ns == 0 ? "\n" : " " + std::to_string(nodes[node].wall_ns) + "\n";
        } else if (nodes[node].wall_ns != 0) {
            text += "root " + std::to_string(nodes[node].wall_ns) + "\n";
        }
        for (std::size_t i = children[node].size(); i-- > 0;)
            todo.push_back({children[node][i], depth + 1});
    }
    return text;
}

/// `main/f 3@10` for 3 ns in f, from 10 ns on; scopes in brackets.
inline std::string timeline(const scopetree::session& session) {
    const auto& thread = session.threads[0];
    std::string text;
    for (const auto& run : thread.timeline) {
        std::string path;
        for (std::uint32_t at = run.node; at != 0; at = thread.nodes[at].parent) {
            const auto& frame = session.frames[thread.nodes[at].frame];
            const bool scope = frame.kind == scopetree::frame_kind::scope;
            path.insert(0, "/" + (scope ? "[" + frame.name + "]" : frame.name));
        }
        text += (path.empty() ? "root" : path.substr(1)) + " " + std::to_string(run.duration_ns) +
                "@" + std::to_string(run.start_ns) + "\n";
    }
    return text;
}

} // namespace staged

#endif
