/// Samples written down as letters, and what was credited to them read as text.
#ifndef SCOPETREE_TESTS_MODEL_STAGED_TRACK_HPP
#define SCOPETREE_TESTS_MODEL_STAGED_TRACK_HPP

#include <scopetree/capture/scope_table.hpp>
#include <scopetree/model/thread_track.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace staged {

using namespace scopetree::detail;
using scopetree::stack_extent;

inline std::uintptr_t pc_of(char letter) {
    return 0x10000 + 16 * static_cast<std::uintptr_t>(letter);
}

/// A stack is a word, a letter for each frame, the outermost first.
struct staged_sample {
    explicit staged_sample(const std::string& stack) {
        for (std::size_t i = stack.size(); i-- > 0;)
            pcs.push_back(pc_of(stack[i]));
        taken.pcs = pcs.data();
        taken.count = static_cast<std::uint32_t>(pcs.size());
    }
    staged_sample(const staged_sample&) = delete;
    staged_sample& operator=(const staged_sample&) = delete;

    std::vector<std::uintptr_t> pcs;
    sample taken;
};

struct staged_scope {
    explicit staged_scope(const char* name) {
        record.name = name;
        node.record = &record;
    }

    scope_record record{};
    scope_node node{};
};

inline std::string stack_of(const call_tree& tree, const location_table& locations,
                            std::uint32_t path) {
    std::string stack;
    for (; path != 0; path = tree.paths()[path].parent) {
        const std::uintptr_t pc = locations.all()[tree.paths()[path].location].pc;
        stack.insert(stack.begin(), static_cast<char>((pc - 0x10000) / 16));
    }
    return stack;
}

/// A line for each leaf: stack, scope, wall time, CPU time, samples.
inline std::string credits(const call_tree& tree, const location_table& locations) {
    std::string text;
    for (const call_tree::leaf& leaf : tree.leaves()) {
        text += stack_of(tree, locations, leaf.path);
        if (leaf.extent == stack_extent::none)
            text += "(no stack)";
        if (leaf.extent == stack_extent::truncated)
            text += "(truncated)";
        if (leaf.extent == stack_extent::unwinding)
            text += "(unwinding)";
        if (leaf.scope != nullptr && leaf.scope->record != nullptr)
            text += std::string("[") + leaf.scope->record->name + "]";
        text += " wall " + std::to_string(leaf.wall_ns) + " cpu " + std::to_string(leaf.cpu_ns) +
                " samples " + std::to_string(leaf.samples) + "\n";
    }
    return text;
}

/// Stacks and durations, in order.
inline std::string runs(const thread_track& track, const location_table& locations) {
    std::string text;
    track.timeline().for_each_run([&](std::uint32_t leaf, std::int64_t duration_ns) {
        const std::string stack =
            stack_of(track.tree(), locations, track.tree().leaves()[leaf].path);
        text += (text.empty() ? "" : ", ") + (stack.empty() ? "(no stack)" : stack) + " " +
                std::to_string(duration_ns);
    });
    return text;
}

/// A track and what it needs. It records a timeline.
struct staged_track {
    staged_track() {
        budget.limit = std::size_t{1} << 30;
        track.timeline().begin(budget);
    }
    staged_track(const staged_track&) = delete;
    staged_track& operator=(const staged_track&) = delete;

    /// A sample of a thread that ran.
    void take(const std::string& stack, std::int64_t time_ns, bool thinned = false,
              const scope_node* scope = nullptr) {
        staged_sample made(stack);
        made.taken.scope = scope;
        made.taken.time_ns = time_ns;
        track.take(made.taken, locations, thinned);
    }
    /// A sample at a system call; `cpu_ns` is the thread's clock when the handler ended.
    void take_in_kernel(const std::string& stack, std::int64_t time_ns, std::int64_t cpu_ns,
                        bool thinned = false) {
        take_at_call(stack, time_ns, cpu_ns, false, thinned, nullptr);
    }
    /// The same, but the system call was waiting, or about to.
    void take_in_wait(const std::string& stack, std::int64_t time_ns, std::int64_t cpu_ns,
                      const scope_node* scope, bool thinned = false) {
        take_at_call(stack, time_ns, cpu_ns, true, thinned, scope);
    }
    /// A visit while a signal is on its way.
    void visit_pending(std::int64_t now_ns, std::int64_t cpu_ns, const scope_node* scope) {
        if (track.is_deaf(cpu_ns))
            track.take_without_stack(now_ns, cpu_ns, scope);
    }
    std::string credits() const { return staged::credits(track.tree(), locations); }
    /// `mf 10, mg 5`
    std::string runs() const { return staged::runs(track, locations); }

    timeline_budget budget;
    location_table locations;
    thread_track track;

private:
    void take_at_call(const std::string& stack, std::int64_t time_ns, std::int64_t cpu_ns,
                      bool interrupted, bool thinned, const scope_node* scope) {
        staged_sample made(stack);
        made.taken.scope = scope;
        made.taken.time_ns = time_ns;
        made.taken.cpu_ns = cpu_ns;
        made.taken.in_kernel = true;
        made.taken.interrupted = interrupted;
        track.take(made.taken, locations, thinned);
    }
};

} // namespace staged

#endif
