/// What a line of the tree stands for: a function, a scope, or a marker of the profiler's own.
#ifndef SCOPETREE_MODEL_FRAME_HPP
#define SCOPETREE_MODEL_FRAME_HPP

#include <scopetree/config.hpp>

#include <cstdint>
#include <string>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// "There is none", for every index of a session.
inline constexpr std::uint32_t no_index = 0xffff'ffffu;

enum class frame_kind : std::uint8_t {
    function,    ///< a native function, inlined or not
    scope,       ///< a PROFILE_SCOPE or PROFILE_FUNCTION region
    timed_scope, ///< a PROFILE_TIMED_SCOPE region
    synthetic    ///< ours: a thread's root, `[unwinding]`, `[truncated]`
};

/// One function, scope or marker, resolved to names. Plain data; thread-safe to read.
struct frame {
    std::string name;       ///< readable: `app::parse`; the literal of a scope
    std::string full_name;  ///< demangled in full; equal to `name` for scopes and markers
    std::string file;       ///< path of the source file as the compiler wrote it; empty if unknown
    std::uint32_t line = 0; ///< of the function's definition or the scope's macro; 0 if unknown
    std::uint32_t module = no_index; ///< index into session::modules
    frame_kind kind = frame_kind::function;
    bool inlined = false;     ///< the compiler expanded the function into its caller
    bool application = false; ///< compiled from the program's own source tree; true for scopes
};

namespace detail {

/// Whether a scope stands for requests; its name is that of the route. Macros have a file.
inline bool is_request(const frame& scope) {
    return scope.kind == frame_kind::scope && scope.file.empty() && scope.line == 0;
}

} // namespace detail

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
