/// One thread's samples, merged as they come in: memory grows with distinct paths, not with time.
#ifndef SCOPETREE_MODEL_CALL_TREE_HPP
#define SCOPETREE_MODEL_CALL_TREE_HPP

#include <scopetree/capture/sample.hpp>
#include <scopetree/model/hash_index.hpp>
#include <scopetree/model/location_table.hpp>

#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A tree of program counters, and what was credited to each pair of a path in it and a path of
/// scopes. Plain data that can be copied. Not thread-safe; never calls malloc.
class call_tree {
public:
    struct path {
        std::uint32_t parent;
        std::uint32_t location;
    };
    struct leaf {
        std::uint32_t path;
        stack_extent extent;
        const scope_node* scope;
        std::int64_t wall_ns;
        std::int64_t cpu_ns;
        std::uint64_t samples;
    };

    call_tree() { paths_.push_back({hash_index::none, hash_index::none}); }

    /// The leaf for a sample. O(frames), less for frames shared with the previous sample; on known
    /// paths no memory is taken.
    std::uint32_t leaf_of(const sample& taken, location_table& locations) {
        return leaf_of(path_of(taken, locations), taken.extent, taken.scope);
    }

    /// The leaf for a moment without a stack: the scopes alone.
    std::uint32_t leaf_of(const scope_node* scope) { return leaf_of(0, stack_extent::none, scope); }

    /// Of the leaves in this scope the one with the most CPU time; scopes alone if there is none.
    /// O(leaves).
    std::uint32_t busiest_leaf_of(const scope_node* scope) {
        std::uint32_t busiest = hash_index::none;
        for (std::uint32_t i = 0; i < leaves_.size(); ++i)
            if (leaves_[i].scope == scope && leaves_[i].cpu_ns > 0 &&
                (busiest == hash_index::none || leaves_[i].cpu_ns > leaves_[busiest].cpu_ns))
                busiest = i;
        return busiest != hash_index::none ? busiest : leaf_of(scope);
    }

    /// Adds to a leaf. Nanoseconds.
    void credit(std::uint32_t to, std::int64_t wall_ns, std::int64_t cpu_ns,
                std::uint64_t samples) noexcept {
        leaf& at = leaves_[to];
        at.wall_ns += wall_ns;
        at.cpu_ns += cpu_ns;
        at.samples += samples;
    }

    /// Adds all of `other`, which shares this tree's location table.
    void merge(const call_tree& other) {
        mapped_vector<std::uint32_t> mapped(other.paths_.size());
        for (std::size_t i = 1; i < other.paths_.size(); ++i)
            mapped[i] = child_of(mapped[other.paths_[i].parent], other.paths_[i].location);
        for (const leaf& from : other.leaves_)
            credit(leaf_of(mapped[from.path], from.extent, from.scope), from.wall_ns, from.cpu_ns,
                   from.samples);
    }

    /// [0] is the root; parents come before children.
    const mapped_vector<path>& paths() const noexcept { return paths_; }
    const mapped_vector<leaf>& leaves() const noexcept { return leaves_; }

private:
    /// From the outermost frame inwards; as long as the frames are those of the previous sample
    /// the nodes are known.
    std::uint32_t path_of(const sample& taken, location_table& locations) {
        std::uint32_t node = 0;
        if (previous_.size() < taken.count)
            previous_.resize(taken.count);
        bool same = true;
        for (std::uint32_t depth = 0; depth < taken.count; ++depth) {
            const std::uint32_t from_inside = taken.count - 1 - depth;
            const std::uintptr_t pc = taken.pcs[from_inside];
            const bool exact = from_inside == 0;
            step& before = previous_[depth];
            same = same && depth < previous_count_ && before.pc == pc && before.exact == exact &&
                   before.generation == locations.generation();
            if (!same)
                before = {pc, child_of(node, locations.id_of(pc, exact)), exact,
                          locations.generation()};
            node = before.node;
        }
        previous_count_ = taken.count;
        return node;
    }

    std::uint32_t child_of(std::uint32_t parent, std::uint32_t location) {
        const std::uint32_t known = children_.find(parent, location);
        if (known != hash_index::none)
            return known;
        const auto made = static_cast<std::uint32_t>(paths_.size());
        paths_.push_back({parent, location});
        children_.set(parent, location, made);
        return made;
    }

    std::uint32_t leaf_of(std::uint32_t at, stack_extent extent, const scope_node* scope) {
        const auto a = static_cast<std::uint64_t>(at) << 8 | static_cast<std::uint64_t>(extent);
        const auto b = reinterpret_cast<std::uintptr_t>(scope);
        const std::uint32_t known = leaf_index_.find(a, b);
        if (known != hash_index::none)
            return known;
        const auto made = static_cast<std::uint32_t>(leaves_.size());
        leaves_.push_back({at, extent, scope, 0, 0, 0});
        leaf_index_.set(a, b, made);
        return made;
    }

    struct step {
        std::uintptr_t pc = 0;
        std::uint32_t node = 0;
        bool exact = false;
        std::uint32_t generation = 0;
    };

    mapped_vector<path> paths_;
    mapped_vector<leaf> leaves_;
    hash_index children_;
    hash_index leaf_index_;
    mapped_vector<step> previous_; ///< by depth, outermost first
    std::uint32_t previous_count_ = 0;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
