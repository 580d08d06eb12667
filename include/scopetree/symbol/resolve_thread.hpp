/// One thread's samples, resolved and merged into its tree.
#ifndef SCOPETREE_SYMBOL_RESOLVE_THREAD_HPP
#define SCOPETREE_SYMBOL_RESOLVE_THREAD_HPP

#include <scopetree/model/recording.hpp>
#include <scopetree/symbol/resolve_frames.hpp>
#include <scopetree/symbol/scope_placement.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A tree that grows by "the child of this node with that frame". Children are found in one hash
/// table with open addressing: this is the innermost loop of resolving.
class tree_builder {
public:
    explicit tree_builder(std::uint32_t root_frame) : slots_(1024) {
        nodes_.emplace_back();
        nodes_[0].frame = root_frame;
    }

    /// `scope`: index into thread_tree::scopes, or no_index. One scope has one frame.
    std::uint32_t child(std::uint32_t parent, std::uint32_t frame, std::uint32_t scope = no_index) {
        const std::uint32_t what = scope == no_index ? frame : scope | 0x8000'0000u;
        const std::uint64_t key = std::uint64_t{parent} << 32 | what;
        std::size_t at = slot_of(key);
        if (slots_[at].node != 0)
            return slots_[at].node;
        if (2 * nodes_.size() >= slots_.size()) {
            grow();
            at = slot_of(key);
        }
        const auto node = static_cast<std::uint32_t>(nodes_.size());
        slots_[at] = {key, node};
        call_node added;
        added.parent = parent;
        added.frame = frame;
        added.scope = scope;
        nodes_.push_back(added);
        return node;
    }

    std::vector<call_node>& nodes() { return nodes_; }

private:
    struct slot {
        std::uint64_t key = 0;
        std::uint32_t node = 0; // 0: free; the root is nobody's child
    };

    std::size_t slot_of(std::uint64_t key) const {
        const std::size_t mask = slots_.size() - 1;
        auto at = static_cast<std::size_t>((key * 0x9e37'79b9'7f4a'7c15u) >> 20) & mask;
        while (slots_[at].node != 0 && slots_[at].key != key)
            at = (at + 1) & mask;
        return at;
    }

    void grow() {
        std::vector<slot> old(2 * slots_.size());
        old.swap(slots_);
        for (const slot& value : old)
            if (value.node != 0)
                slots_[slot_of(value.key)] = value;
    }

    std::vector<call_node> nodes_;
    std::vector<slot> slots_;
};

/// Builds one thread's tree. Whole stacks come first: where they put a scope, the scope's
/// incomplete samples and its passes without any sample go as well.
class thread_resolver {
public:
    thread_resolver(const raw_thread& thread, frame_table& frames);

    thread_tree resolve();

private:
    void add_complete(const raw_leaf& leaf);
    void add_incomplete(const raw_leaf& leaf);
    bool continue_known_path(const raw_leaf& leaf);
    void remember_paths(const raw_leaf& leaf);
    std::uint32_t add_stack(std::uint32_t node, std::size_t first_frame, std::size_t first_scope);
    void load_stack(const raw_leaf& leaf);
    void load_scopes(std::uint32_t scope);
    void find_places();
    void add_unsampled_scopes();
    std::uint32_t place_of(std::uint32_t scope);
    std::uint32_t scope_child(std::uint32_t node, std::uint32_t scope) {
        return tree_.child(node, scope_frames_[scope], scope - 1);
    }
    void credit(std::uint32_t node, const raw_leaf& leaf);
    std::vector<timeline_run> resolve_timeline() const;

    const raw_thread& thread_;
    frame_table& frames_;
    tree_builder tree_;
    std::vector<std::uint32_t> scope_frames_; // by raw scope
    std::vector<open_scope> open_scopes_;     // by raw scope
    std::vector<std::uint32_t> places_;       // by raw scope: the node of incomplete samples
    std::vector<std::uint32_t> leaf_nodes_;   // by raw leaf: the node that has its time
    scope_placement placement_{0, 0};

    /// By path: the node it leads to with the scope of the samples at hand. Most samples share most
    /// of their way with others.
    struct known_path {
        std::uint32_t scope = no_index;
        std::uint32_t node = 0;
    };
    std::vector<known_path> known_paths_;
    std::vector<std::uint32_t> unknown_; // the paths of the sample that are not, innermost first

    // The sample at hand, outermost first.
    std::vector<const stack_frame*> stack_;
    std::vector<const function_keys*> keys_;
    std::vector<std::uint32_t> nodes_; // by frame: the node behind it and its scopes
    std::vector<std::uint32_t> scopes_;
    std::vector<const open_scope*> open_;
    std::vector<std::size_t> under_; // by scope: the frame it goes under
};

inline thread_resolver::thread_resolver(const raw_thread& thread, frame_table& frames)
    : thread_(thread), frames_(frames), tree_(frames.add_synthetic(thread.name)) {
    scope_frames_.assign(thread.scopes.size(), no_index);
    open_scopes_.resize(thread.scopes.size());
    places_.assign(std::max<std::size_t>(thread.scopes.size(), 1), no_index);
    places_[0] = 0;
    leaf_nodes_.resize(thread.leaves.size());
    known_paths_.resize(thread.paths.size());
    for (std::size_t scope = 1; scope < thread.scopes.size(); ++scope) {
        scope_frames_[scope] = frames.add_scope(thread.scopes[scope]);
        open_scopes_[scope] = frames.describe(thread.scopes[scope]);
    }
    placement_ = scope_placement(frames.key_count(), frames.site_count());
}

inline thread_tree thread_resolver::resolve() {
    std::vector<const raw_leaf*> complete;
    for (const raw_leaf& leaf : thread_.leaves)
        if (leaf.extent == stack_extent::complete)
            complete.push_back(&leaf);
    std::stable_sort(
        complete.begin(), complete.end(),
        [](const raw_leaf* left, const raw_leaf* right) { return left->scope < right->scope; });
    for (const raw_leaf* leaf : complete)
        add_complete(*leaf);
    find_places();
    for (const raw_leaf& leaf : thread_.leaves)
        if (leaf.extent != stack_extent::complete)
            add_incomplete(leaf);
    find_places(); // of scopes that only incomplete samples had
    add_unsampled_scopes();
    thread_tree result;
    result.name = thread_.name;
    result.tid = thread_.tid;
    result.wall_ns = thread_.wall_ns;
    result.cpu_ns = thread_.cpu_ns;
    result.nodes = std::move(tree_.nodes());
    for (std::size_t scope = 1; scope < thread_.scopes.size(); ++scope)
        result.scopes.push_back(thread_.scopes[scope].figures);
    result.timeline = resolve_timeline();
    return result;
}

/// Different leaves may share a node: another instruction of the same function.
inline std::vector<timeline_run> thread_resolver::resolve_timeline() const {
    std::vector<timeline_run> runs;
    std::int64_t now = thread_.begun_ns;
    for (const raw_run& run : thread_.timeline) {
        const std::uint32_t node = leaf_nodes_[run.leaf];
        if (runs.empty() || runs.back().node != node)
            runs.push_back({node, now, 0});
        runs.back().duration_ns += run.duration_ns;
        now += run.duration_ns;
    }
    return runs;
}

inline void thread_resolver::credit(std::uint32_t node, const raw_leaf& leaf) {
    call_node& credited = tree_.nodes()[node];
    credited.wall_ns += leaf.wall_ns;
    credited.cpu_ns += leaf.cpu_ns;
    credited.samples += leaf.samples;
    leaf_nodes_[static_cast<std::size_t>(&leaf - thread_.leaves.data())] = node;
}

inline void thread_resolver::load_stack(const raw_leaf& leaf) {
    stack_.clear();
    keys_.clear();
    for (std::uint32_t path = leaf.path; path != no_index && path < thread_.paths.size();
         path = thread_.paths[path].parent) {
        const std::uint32_t location = thread_.paths[path].location;
        if (location == no_index)
            continue;
        const std::vector<stack_frame>& frames = frames_.stack_of(location);
        for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame)
            stack_.push_back(&*frame);
    }
    std::reverse(stack_.begin(), stack_.end());
    for (const stack_frame* frame : stack_)
        keys_.push_back(&frame->keys);
}

inline void thread_resolver::load_scopes(std::uint32_t scope) {
    scopes_.clear();
    open_.clear();
    for (; scope != 0 && scope < thread_.scopes.size(); scope = thread_.scopes[scope].parent)
        scopes_.push_back(scope);
    std::reverse(scopes_.begin(), scopes_.end());
    for (std::uint32_t each : scopes_)
        open_.push_back(&open_scopes_[each]);
}

/// Appends the sample's frames and scopes from the given ones on below `node`.
inline std::uint32_t thread_resolver::add_stack(std::uint32_t node, std::size_t first_frame,
                                                std::size_t first_scope) {
    std::size_t scope = first_scope;
    nodes_.clear();
    for (; scope < scopes_.size() && under_[scope] == scope_placement::above; ++scope)
        node = scope_child(node, scopes_[scope]);
    for (std::size_t i = first_frame; i < stack_.size(); ++i) {
        node = tree_.child(node, stack_[i]->frame);
        for (; scope < scopes_.size() && under_[scope] == i; ++scope)
            node = scope_child(node, scopes_[scope]);
        nodes_.push_back(node);
    }
    for (; scope < scopes_.size(); ++scope) // without any frame
        node = scope_child(node, scopes_[scope]);
    return node;
}

inline void thread_resolver::add_complete(const raw_leaf& leaf) {
    if (continue_known_path(leaf))
        return;
    load_stack(leaf);
    load_scopes(leaf.scope);
    under_ = placement_.place(keys_, open_);
    credit(add_stack(0, 0, 0), leaf);
    if (placement_.settled())
        remember_paths(leaf);
}

/// Only frames are left to add where an outer part of the path is known: it has all the scopes.
inline bool thread_resolver::continue_known_path(const raw_leaf& leaf) {
    unknown_.clear();
    std::uint32_t path = leaf.path;
    while (path < known_paths_.size() && known_paths_[path].scope != leaf.scope) {
        unknown_.push_back(path);
        path = thread_.paths[path].parent;
    }
    if (path >= known_paths_.size())
        return false;
    std::uint32_t node = known_paths_[path].node;
    for (; !unknown_.empty(); unknown_.pop_back()) {
        const std::uint32_t location = thread_.paths[unknown_.back()].location;
        if (location != no_index)
            for (const stack_frame& frame : frames_.stack_of(location))
                node = tree_.child(node, frame.frame);
        known_paths_[unknown_.back()] = {leaf.scope, node};
    }
    credit(node, leaf);
    return true;
}

/// From the frame of the innermost scope inwards.
inline void thread_resolver::remember_paths(const raw_leaf& leaf) {
    const std::size_t first = under_.empty() ? 0 : under_.back() + 1;
    std::size_t frames = 0;
    for (std::size_t i = unknown_.size(); i-- > 0;) { // all of the sample's, it had no known one
        const std::uint32_t location = thread_.paths[unknown_[i]].location;
        frames += location == no_index ? 0 : frames_.stack_of(location).size();
        if (frames >= first)
            known_paths_[unknown_[i]] = {leaf.scope, frames == 0 ? 0 : nodes_[frames - 1]};
    }
}

/// A scope's place is the one of its nodes under which most time was spent. Known ones stay.
inline void thread_resolver::find_places() {
    const std::vector<call_node>& nodes = tree_.nodes();
    std::vector<std::int64_t> totals(nodes.size());
    std::vector<std::int64_t> most(thread_.scopes.size(), -1);
    const std::vector<std::uint32_t> known = places_;
    for (std::size_t node = nodes.size(); node-- > 0;) {
        totals[node] += nodes[node].wall_ns;
        if (node != 0)
            totals[nodes[node].parent] += totals[node];
    }
    for (std::size_t node = 0; node < nodes.size(); ++node) {
        if (nodes[node].scope == no_index)
            continue;
        const std::size_t scope = nodes[node].scope + 1;
        if (known[scope] == no_index && totals[node] > most[scope]) {
            most[scope] = totals[node];
            places_[scope] = static_cast<std::uint32_t>(node);
        }
    }
}

/// The place of a scope; made below the place of the scopes around it if there is none yet.
inline std::uint32_t thread_resolver::place_of(std::uint32_t scope) {
    std::vector<std::uint32_t> missing;
    for (; places_[scope] == no_index; scope = thread_.scopes[scope].parent)
        missing.push_back(scope);
    std::uint32_t node = places_[scope];
    for (; !missing.empty(); missing.pop_back())
        node = places_[missing.back()] = scope_child(node, missing.back());
    return node;
}

/// A stack without its outer frames continues the place of the outermost scope whose frame it still
/// has. If it has none, it hangs below the innermost scope with a marker for what is missing.
inline void thread_resolver::add_incomplete(const raw_leaf& leaf) {
    load_stack(leaf);
    load_scopes(leaf.scope);
    const std::uint32_t innermost = scopes_.empty() ? 0 : scopes_.back();
    std::size_t first = scopes_.size();
    under_.assign(scopes_.size(), scope_placement::outside);
    if (leaf.extent == stack_extent::truncated && !stack_.empty()) {
        under_ = placement_.place_inner(keys_, open_);
        for (; first > 0 && under_[first - 1] != scope_placement::outside; --first)
            ;
    }
    std::uint32_t node = 0;
    if (first < scopes_.size() && places_[scopes_[first]] != no_index) {
        // The frames up to this scope are known from its place.
        std::size_t frame = under_[first];
        node = places_[scopes_[first]];
        for (++first; first < scopes_.size() && under_[first] == frame; ++first)
            node = scope_child(node, scopes_[first]);
        node = add_stack(node, frame + 1, first);
    } else {
        const bool whole = first == scopes_.size();
        node = place_of(whole ? innermost : thread_.scopes[scopes_[first]].parent);
        if (leaf.extent == stack_extent::truncated)
            node = tree_.child(node, frames_.add_synthetic("[truncated]"));
        if (leaf.extent == stack_extent::unwinding)
            node = tree_.child(node, frames_.add_synthetic("[unwinding]"));
        node = add_stack(node, 0, first);
    }
    credit(node, leaf);
}

/// Scopes that were entered between two samples: no time, but exact counts.
inline void thread_resolver::add_unsampled_scopes() {
    for (std::size_t scope = 1; scope < thread_.scopes.size(); ++scope)
        if (thread_.scopes[scope].figures.calls > 0)
            place_of(static_cast<std::uint32_t>(scope));
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
