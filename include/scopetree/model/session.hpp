/// A finished (or snapshot) profile as plain data: what is saved, processed and rendered.
#ifndef SCOPETREE_MODEL_SESSION_HPP
#define SCOPETREE_MODEL_SESSION_HPP

#include <scopetree/model/frame.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// An executable or shared object that was mapped while profiling.
struct module_info {
    std::string path;               ///< empty for the vDSO
    std::string build_id;           ///< lower-case hexadecimal; empty if it has none
    std::uint64_t load_address = 0; ///< what is added to the file's addresses
    std::uint64_t begin = 0;        ///< first mapped address
    std::uint64_t end = 0;          ///< one past the last mapped address
};

/// Durations of one timed scope: count is in scope_figures. All times in nanoseconds.
struct timed_figures {
    std::int64_t total_ns = 0;
    std::int64_t min_ns = 0;
    std::int64_t max_ns = 0;
    std::int64_t p50_ns = 0;
    std::int64_t p99_ns = 0;
};

/// The exact figures of one scope path of one thread. Several call_nodes may share one entry: the
/// same scope, reached through different native frames, is counted once.
struct scope_figures {
    std::uint64_t calls = 0; ///< entered so often; exact
    bool timed = false;      ///< `times` is meaningful
    timed_figures times;
};

/// A node of a thread's tree. The times are its own ("self"): of samples that ended exactly here.
/// A node's total is the sum over its subtree.
struct call_node {
    std::uint32_t parent = no_index; ///< in thread_tree::nodes; smaller than the own index
    std::uint32_t frame = no_index;  ///< index into session::frames
    std::uint32_t scope = no_index;  ///< index into thread_tree::scopes; scopes only
    std::int64_t wall_ns = 0;
    std::int64_t cpu_ns = 0;
    std::uint64_t samples = 0; ///< snapshots taken; blocked ticks credited again do not count
};

/// A stretch of time that a thread spent at one place, as far as samples tell.
struct timeline_run {
    std::uint32_t node = no_index; ///< index into thread_tree::nodes
    std::int64_t start_ns = 0;     ///< since the session began; runs are in order, without overlap
    std::int64_t duration_ns = 0;
};

/// One thread's tree. nodes[0] is its root, a synthetic frame with the thread's name.
struct thread_tree {
    std::string name;
    std::int64_t tid = 0;
    std::int64_t wall_ns = 0; ///< life while profiled; equals the sum over nodes
    std::int64_t cpu_ns = 0;  ///< the thread's CPU clock while profiled
    std::vector<call_node> nodes;
    std::vector<scope_figures> scopes;
    std::vector<timeline_run> timeline; ///< empty unless options::timeline asked for it
};

/// The one tree (of tid 0) of those threads that ended and are not kept apart.
inline constexpr const char* ended_threads_name = "(ended threads)";

/// What profiling did and cost in this run; the report's header shows what is not zero.
struct run_figures {
    std::uint64_t samples = 0;       ///< stack snapshots taken
    std::uint64_t dropped = 0;       ///< snapshots lost because a ring was full
    std::uint64_t truncated = 0;     ///< snapshots whose outer frames were cut
    std::uint64_t unwinding = 0;     ///< snapshots taken inside the unwinder: scopes only
    std::uint64_t ticks = 0;         ///< wake-ups of the timer thread
    std::uint64_t thinned_ticks = 0; ///< late, or for some threads, to keep the CPU budget
    std::uint64_t signals = 0;       ///< signals sent
    std::int64_t handler_ns = 0;     ///< time spent in signal handlers, all threads
    std::int64_t sampler_cpu_ns = 0; ///< CPU time of the timer thread
};

namespace detail {

/// Calls `use(name, member)` for each figure; `member` points to it.
template <class Use>
void for_each_figure(Use&& use) {
    use("samples", &run_figures::samples);
    use("dropped", &run_figures::dropped);
    use("truncated", &run_figures::truncated);
    use("unwinding", &run_figures::unwinding);
    use("ticks", &run_figures::ticks);
    use("thinned_ticks", &run_figures::thinned_ticks);
    use("signals", &run_figures::signals);
    use("handler_ns", &run_figures::handler_ns);
    use("sampler_cpu_ns", &run_figures::sampler_cpu_ns);
}

} // namespace detail

/// A session could not be saved, loaded or combined: what() names the file, the place in it and
/// what is wrong there.
class session_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What session::combine does with threads of the same name.
enum class combined_threads : std::uint8_t {
    side_by_side,  ///< every thread stays as it is
    merged_by_name ///< one tree for all of a name, in a process or in several
};

/// A profile of one process (or, combined, of several). Plain data: copyable, no thread-safety.
struct session {
    std::string program;               ///< the command line
    std::string version;               ///< of scopetree
    std::string source_root;           ///< longest common folder of application files; may be empty
    std::int64_t recorded_unix_ns = 0; ///< when profiling started, since 1970
    std::int64_t duration_ns = 0;      ///< from start to stop
    std::int64_t cpu_ns = 0;           ///< sum over the threads
    std::int64_t interval_ns = 0;      ///< mean time between samples of a thread
    std::int64_t pid = 0;
    run_figures figures;
    std::vector<std::string> notes; ///< things a reader must know, e.g. why something is missing
    std::vector<frame> frames;
    std::vector<module_info> modules;
    std::vector<thread_tree> threads;

    /// Writes the session to a file, by custom `*.scopetree`, that only its owner can read. The
    /// file is there as a whole or, after an error, as it was before; throws session_error. Needs
    /// model/session_file.hpp, as load() does.
    inline void save(const std::string& path) const;

    /// Reads what save() wrote; throws session_error unless every part of it makes sense.
    inline static session load(const std::string& path);

    /// One session of several, of one process after another or of many on many hosts. Needs
    /// model/session_combine.hpp, which says how.
    inline static session combine(const std::vector<session>& parts,
                                  combined_threads threads = combined_threads::side_by_side);
};

namespace detail {

/// What a session says of the run, without its frames, modules and threads.
inline session run_of(const session& from) {
    session run;
    run.program = from.program;
    run.version = from.version;
    run.source_root = from.source_root;
    run.recorded_unix_ns = from.recorded_unix_ns;
    run.duration_ns = from.duration_ns;
    run.cpu_ns = from.cpu_ns;
    run.interval_ns = from.interval_ns;
    run.pid = from.pid;
    run.figures = from.figures;
    run.notes = from.notes;
    return run;
}

} // namespace detail

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
