/// Sampled addresses, numbered, each with the module it was in when it was sampled.
#ifndef SCOPETREE_MODEL_LOCATION_TABLE_HPP
#define SCOPETREE_MODEL_LOCATION_TABLE_HPP

#include <scopetree/capture/module_map.hpp>
#include <scopetree/model/hash_index.hpp>

#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Shared by the call trees of all threads. An address that is used again after dlclose gets a new
/// number: nothing of one library is ever counted for another. Not thread-safe; never calls malloc.
class location_table {
public:
    struct location {
        std::uintptr_t pc;
        std::uint32_t module; ///< id in the module_map, or -1
        bool exact;           ///< the interrupted instruction, not a return address
    };

    /// The number of an address. O(1), but for an address not seen before: O(modules).
    std::uint32_t id_of(std::uintptr_t pc, bool exact) {
        const std::uint32_t known = index_.find(pc, exact);
        if (known != hash_index::none)
            return known;
        const auto id = static_cast<std::uint32_t>(all_.size());
        all_.push_back({pc, modules_.find(pc), exact});
        index_.set(pc, exact, id);
        return id;
    }

    /// Takes over a changed set of modules.
    void update(const module_map& modules) {
        modules_ = modules;
        ++generation_;
        for (location& entry : all_)
            if (entry.module == none)
                entry.module = modules_.find(entry.pc);
        index_.erase_if([this](std::uint32_t id) {
            const std::uint32_t module = all_[id].module;
            return module != none && !modules_.is_loaded(module);
        });
    }

    /// Changes whenever a number may stand for another address than before.
    std::uint32_t generation() const noexcept { return generation_; }

    const mapped_vector<location>& all() const noexcept { return all_; }
    const module_map& modules() const noexcept { return modules_; }

private:
    static constexpr auto none = static_cast<std::uint32_t>(-1);
    hash_index index_;
    mapped_vector<location> all_;
    module_map modules_;
    std::uint32_t generation_ = 0;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
