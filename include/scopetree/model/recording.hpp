/// A profile as captured: program counters and scope paths, not yet resolved to names.
/// call_tree produces it, symbol/resolve.hpp turns it into a session.
#ifndef SCOPETREE_MODEL_RECORDING_HPP
#define SCOPETREE_MODEL_RECORDING_HPP

#include <scopetree/capture/sample.hpp>
#include <scopetree/model/service_profile.hpp>
#include <scopetree/model/session.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// A sampled address.
struct raw_location {
    std::uintptr_t pc = 0;
    bool exact =
        false; ///< the interrupted instruction; otherwise a return address, looked up at pc - 1
    std::uint32_t module = no_index; ///< index into recording::modules
};

/// A node of a thread's tree of program counters; [0] is the root and has no location.
struct raw_path {
    std::uint32_t parent = no_index; ///< smaller than the own index
    std::uint32_t location = no_index;
};

/// A path of scopes of one thread; [0] is the root: no scope open.
struct raw_scope {
    std::uint32_t parent = no_index; ///< smaller than the own index
    std::string name;
    std::string function; ///< __PRETTY_FUNCTION__ around the macro
    std::string file;
    std::uint32_t line = 0;
    std::uintptr_t pc =
        0; ///< a return address in the function that holds the macro (physical or inlined)
    std::uint32_t module = no_index; ///< of `pc`
    bool whole_function = false; ///< PROFILE_FUNCTION: `name` is `function`, to be made readable
    bool request = false; ///< `name` is that of a route; `pc` of where the thread began to serve it
    scope_figures figures;
    std::int64_t awaited_ns = 0; ///< requests waited so long in it, and in none below, for a thread
};

/// What was credited to one pair of PC path and scope path.
struct raw_leaf {
    std::uint32_t path = 0;  ///< index into raw_thread::paths; the innermost frame
    std::uint32_t scope = 0; ///< index into raw_thread::scopes; the innermost scope
    stack_extent extent = stack_extent::complete;
    std::int64_t wall_ns = 0;
    std::int64_t cpu_ns = 0;
    std::uint64_t samples = 0;
};

/// A stretch of time at one place. The next one begins where it ends.
struct raw_run {
    std::uint32_t leaf = 0; ///< index into raw_thread::leaves
    std::int64_t duration_ns = 0;
};

struct raw_thread {
    std::string name;
    std::int64_t tid = 0;
    std::int64_t wall_ns = 0;
    std::int64_t cpu_ns = 0;
    std::vector<raw_path> paths;
    std::vector<raw_leaf> leaves;
    std::vector<raw_scope> scopes;
    std::int64_t begun_ns = 0;     ///< since the session began
    std::vector<raw_run> timeline; ///< from `begun_ns` on
};

/// All of a run. `about` is a session without frames, modules and threads: the run's own figures.
struct recording {
    session about;
    std::vector<module_info> modules;
    std::vector<raw_location> locations;
    std::vector<raw_thread> threads;
};

/// The requests of a run. `trees` has a thread for each of `routes`, then one for each of
/// `requests`, with what samples were credited with; below its root are only scopes of requests.
struct raw_requests {
    recording trees;
    std::vector<route_figures> routes;
    std::vector<request_figures> requests;
};

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
