/// Paths of scopes that no single thread has: those of requests, wherever they were served.
#ifndef SCOPETREE_MODEL_SCOPE_PATHS_HPP
#define SCOPETREE_MODEL_SCOPE_PATHS_HPP

#include <scopetree/capture/request_context.hpp>
#include <scopetree/capture/sample.hpp>
#include <scopetree/model/hash_index.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Nodes for scope paths, equal paths sharing theirs. Its nodes are like those of threads, but no
/// scope is ever entered in them; they live as long as this. Not thread-safe; never calls malloc.
class scope_paths {
public:
    scope_paths() = default;
    scope_paths(const scope_paths&) = delete;
    scope_paths& operator=(const scope_paths&) = delete;
    ~scope_paths() {
        for (scope_node* const block : blocks_)
            ::munmap(block, block_bytes);
    }

    /// The node of `record` below `parent`. `pc` is a return address in the scope's function. O(1).
    const scope_node* child(const scope_node& parent, const scope_record& record, const void* pc) {
        const std::uint32_t what = id_of(record, pc);
        const auto above = reinterpret_cast<std::uintptr_t>(&parent);
        const std::uint32_t known = index_.find(above, what);
        if (known != hash_index::none)
            return &at(known);
        index_.set(above, what, count_);
        scope_node& made = add();
        made.parent = const_cast<scope_node*>(&parent);
        made.record = &record;
        made.pc = pc;
        return &made;
    }

    /// The path of a request's scopes, as it would be if the request were a scope below `outer`.
    /// O(scopes).
    const scope_node* below(const scope_node& outer, const request_place& place) {
        return below(*child(outer, place.context->route->record, place.pc), *place.scope);
    }

    /// The path of `inner`, which belongs to a request's own tree, below that request's node.
    const scope_node* below(const scope_node& request, const scope_node& inner) {
        way_.clear();
        for (const scope_node* node = &inner; node->parent != nullptr; node = node->parent)
            way_.push_back(node);
        const scope_node* result = &request;
        while (!way_.empty()) {
            result = child(*result, *way_.back()->record, way_.back()->pc);
            way_.pop_back();
        }
        return result;
    }

private:
    static constexpr std::size_t block_bytes = 64 * 1024;
    static constexpr std::size_t in_block = block_bytes / sizeof(scope_node);

    std::uint32_t id_of(const scope_record& record, const void* pc) {
        const auto a = reinterpret_cast<std::uintptr_t>(&record);
        const auto b = reinterpret_cast<std::uintptr_t>(pc);
        std::uint32_t id = ids_.find(a, b);
        if (id == hash_index::none) {
            id = id_count_++;
            ids_.set(a, b, id);
        }
        return id;
    }

    scope_node& at(std::uint32_t index) const noexcept {
        return blocks_[index / in_block][index % in_block];
    }

    scope_node& add() {
        if (count_ % in_block == 0)
            blocks_.push_back(static_cast<scope_node*>(
                static_cast<void*>(mapped_allocator<char>().allocate(block_bytes))));
        return at(count_++);
    }

    mapped_vector<scope_node*> blocks_;
    std::uint32_t count_ = 0;
    hash_index index_; ///< by parent and id
    hash_index ids_;   ///< by record and address
    std::uint32_t id_count_ = 0;
    mapped_vector<const scope_node*> way_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
