/// What is found out about one address, before it becomes lines of a tree.
#ifndef SCOPETREE_SYMBOL_NATIVE_FRAME_HPP
#define SCOPETREE_SYMBOL_NATIVE_FRAME_HPP

#include <scopetree/config.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// One function that an address lies in: the physical one, or one inlined into it.
struct native_frame {
    std::string name;       ///< demangled in full, without clone suffixes; `module+0x1f` if unknown
    std::string file;       ///< normalised; empty if unknown
    std::uint32_t line = 0; ///< of the function's definition; 0 if unknown
    bool inlined = false;
    bool named = true;     ///< false: `name` is only an address
    bool qualified = true; ///< false: `name` may lack namespaces and parameters: `f`, `operator()`
};

/// All functions that an address lies in.
struct native_location {
    /// Address of the physical function's code; 0 if unknown. Another one for a part that the
    /// compiler split off (`f.cold`).
    std::uintptr_t function_start = 0;
    std::vector<native_frame>
        frames; ///< innermost first, never empty; the last is the physical one
};

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
