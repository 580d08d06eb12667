/// The runtime's side of scopes: interned sites and the nodes of scope paths.
#ifndef SCOPETREE_CAPTURE_SCOPE_TABLE_HPP
#define SCOPETREE_CAPTURE_SCOPE_TABLE_HPP

#include <scopetree/capture/mapped_memory.hpp>
#include <scopetree/scope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace scopetree {
inline namespace scope_v1 {
namespace scopes {

/// The runtime's copy of a scope_site: outlives the library that the site was in. Equal sites (of
/// two modules that compiled the same header, or of a library loaded again) share one record.
struct scope_record {
    const char* name;
    const char* function;
    const char* file;
    std::uint32_t line;
    bool timed;
    bool whole_function;
    bool request; ///< stands for the requests of a route; no site
    std::uint64_t hash;
    scope_record* next; ///< in its bucket
};

} // namespace scopes
} // namespace scope_v1

inline namespace SCOPETREE_ABI {
namespace detail {

using namespace scopes;

/// All scope sites met in this process, and the maker of nodes. Not thread-safe: the registry's
/// lock guards it. Allocates from its arena only; nothing is ever freed.
class scope_table {
public:
    /// Paths deeper than this, or a thread with more paths than this, are not followed further:
    /// runaway recursion must stay bounded.
    static constexpr std::uint32_t max_depth = 1000;
    static constexpr std::uint32_t max_children = 10'000;

    /// The record of `site`; null without memory.
    scope_record* intern(const scope_site& site) noexcept {
        const std::uint64_t hash = hash_of(site);
        scope_record*& bucket = buckets_[hash % bucket_count];
        for (scope_record* record = bucket; record != nullptr; record = record->next)
            if (record->hash == hash && same(*record, site))
                return record;
        auto* const record = memory_.make<scope_record>();
        if (record == nullptr)
            return nullptr;
        *record = {copy(site.name), copy(site.function),      copy(site.file), site.line,
                   site.timed != 0, site.whole_function != 0, false,           hash,
                   bucket};
        bucket = record;
        return record;
    }

    /// Makes `node` the root of a thread's tree.
    static void init_root(scope_node& node) noexcept {
        node = scope_node{};
        node.recent = no_child();
    }

    /// The child of `parent` for `record`, or null. Needs no lock on the thread that the tree
    /// belongs to. O(1).
    static scope_node* find(const scope_node& parent, const scope_record& record) noexcept {
        return find_child(parent, &record);
    }

    /// A new child of `parent`; null when limits or memory forbid. Readers of the tree may be on
    /// other threads: the node is complete before it can be reached.
    scope_node* add(scope_node& parent, const scope_record& record, const void* pc) noexcept {
        if (parent.depth >= max_depth || parent.child_count >= max_children)
            return nullptr;
        auto* const node = memory_.make<scope_node>();
        if (node == nullptr)
            return nullptr;
        node->record = &record;
        node->recent = no_child();
        node->parent = &parent;
        node->pc = pc;
        node->depth = parent.depth + 1;
        node->next_sibling = parent.first_child;
        if (record.timed)
            node->timing = memory_.make<scope_timing>();
        __atomic_store_n(&parent.first_child, node, __ATOMIC_RELEASE);
        const std::uint32_t capacity = index_capacity(++parent.child_count);
        if (parent.index != nullptr && parent.index->capacity == capacity)
            insert(*parent.index, node);
        else if (capacity != 0)
            rebuild_index(parent, capacity);
        return node;
    }

private:
    static constexpr std::size_t bucket_count = 1024;

    /// A node that no site is equal to: what a node without children points at.
    static scope_node* no_child() noexcept {
        static scope_record nothing = {};
        static scope_node sentinel = {&nothing, nullptr, 0, nullptr, nullptr, nullptr, nullptr,
                                      nullptr,  nullptr, 0, 0,       0,       0,       0};
        return &sentinel;
    }

    static std::uint64_t hash_of(const scope_site& site) noexcept {
        std::uint64_t hash = 14695981039346656037u ^ site.line; // FNV-1a
        for (const char* text : {site.name, site.function, site.file})
            for (; *text != '\0'; ++text)
                hash = (hash ^ static_cast<unsigned char>(*text)) * 1099511628211u;
        return hash;
    }

    static bool same(const scope_record& record, const scope_site& site) noexcept {
        return record.line == site.line && record.timed == (site.timed != 0) &&
               std::strcmp(record.name, site.name) == 0 &&
               std::strcmp(record.function, site.function) == 0 &&
               std::strcmp(record.file, site.file) == 0;
    }

    const char* copy(const char* text) noexcept {
        const std::size_t size = std::strlen(text) + 1;
        auto* const result = static_cast<char*>(memory_.allocate(size));
        return result == nullptr ? "?" : static_cast<char*>(std::memcpy(result, text, size));
    }

    static void insert(scope_index& index, scope_node* node) noexcept {
        std::uint32_t slot = index_slot(node->record, index.capacity);
        while (index.slots()[slot] != nullptr)
            slot = (slot + 1) & (index.capacity - 1);
        __atomic_store_n(&index.slots()[slot], node, __ATOMIC_RELEASE);
    }

    /// Readers may still be in the index before, which stays as it is.
    void rebuild_index(scope_node& parent, std::uint32_t capacity) noexcept {
        auto* const index = static_cast<scope_index*>(
            memory_.allocate(sizeof(scope_index) + capacity * sizeof(scope_node*)));
        if (index != nullptr) {
            index->capacity = capacity;
            for (scope_node* node = parent.first_child; node != nullptr; node = node->next_sibling)
                insert(*index, node);
        }
        __atomic_store_n(&parent.index, index, __ATOMIC_RELEASE); // without memory the list serves
    }

    arena memory_;
    scope_record* buckets_[bucket_count] = {};
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
