/// What must hold in a session before anything reckons with it.
#ifndef SCOPETREE_MODEL_SESSION_CHECK_HPP
#define SCOPETREE_MODEL_SESSION_CHECK_HPP

#include <scopetree/model/session.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// `source` is a file's name, or what else the session came from; `place` a path within it such as
/// `threads[2].nodes.parent[17]`, empty for the whole.
[[noreturn]] inline void refuse_session(std::string_view source, const std::string& place,
                                        const std::string& what) {
    std::string text("scopetree: ");
    text.append(source).append(place.empty() ? "" : ": ").append(place).append(": ").append(what);
    throw session_error(text);
}

class session_checker {
public:
    session_checker(const session& checked, std::string_view source)
        : session_(checked), source_(source) {}

    void check() {
        check_run();
        check_tables();
        for (std::size_t i = 0; i < session_.threads.size(); ++i) {
            place_ = "threads[" + std::to_string(i) + "]";
            check_thread(session_.threads[i]);
        }
    }

private:
    /// Of times and counts, and of their sums: two of those can be added or subtracted safely.
    static constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 2;

    static constexpr std::size_t no_row = static_cast<std::size_t>(-1);

    [[noreturn]] void refuse(std::string_view member, std::size_t row,
                             const std::string& what) const {
        std::string place = place_;
        place.append(place.empty() ? "" : ".").append(member);
        if (row != no_row)
            place += "[" + std::to_string(row) + "]";
        refuse_session(source_, place, what);
    }

    void check_amount(std::int64_t value, std::string_view member, std::size_t row = no_row) const {
        if (value < 0)
            refuse(member, row, "is " + std::to_string(value) + ", must not be negative");
        if (value > most)
            refuse(member, row, "is too large, must be at most " + std::to_string(most));
    }

    void check_amount(std::uint64_t value, std::string_view member,
                      std::size_t row = no_row) const {
        constexpr auto limit = static_cast<std::uint64_t>(most);
        check_amount(value > limit ? most + 1 : static_cast<std::int64_t>(value), member, row);
    }

    /// Adds to a sum over the whole session.
    template <class Integer>
    void add(std::int64_t& sum, Integer value, std::string_view member,
             std::size_t row = no_row) const {
        check_amount(value, member, row);
        if (static_cast<std::int64_t>(value) > most - sum)
            refuse(member, row, "makes the sum larger than " + std::to_string(most));
        sum += static_cast<std::int64_t>(value);
    }

    void check_index(std::uint32_t index, std::size_t size, std::string_view column,
                     std::size_t row) const {
        if (index >= size)
            refuse(column, row,
                   (index == no_index ? "is none, " : "is " + std::to_string(index) + ", ") +
                       "must be less than " + std::to_string(size));
    }

    void check_optional_index(std::uint32_t index, std::size_t size, std::string_view column,
                              std::size_t row) const {
        if (index != no_index)
            check_index(index, size, column, row);
    }

    void check_run() {
        check_amount(session_.recorded_unix_ns, "recorded_unix_ns");
        check_amount(session_.duration_ns, "duration_ns");
        check_amount(session_.cpu_ns, "cpu_ns");
        check_amount(session_.interval_ns, "interval_ns");
        check_amount(session_.pid, "pid");
        place_ = "figures";
        for_each_figure(
            [&](const char* name, auto figure) { check_amount(session_.figures.*figure, name); });
    }

    void check_tables() {
        place_ = "modules";
        for (std::size_t i = 0; i < session_.modules.size(); ++i)
            if (session_.modules[i].end < session_.modules[i].begin)
                refuse("end", i, "lies before the module's begin");
        place_ = "frames";
        for (std::size_t i = 0; i < session_.frames.size(); ++i) {
            const frame& f = session_.frames[i];
            check_optional_index(f.module, session_.modules.size(), "module", i);
            if (f.kind > frame_kind::synthetic)
                refuse("kind", i, "is no kind of frame, must be from 0 to 3");
        }
    }

    void check_thread(const thread_tree& thread) {
        check_amount(thread.tid, "tid");
        add(thread_wall_, thread.wall_ns, "wall_ns");
        add(thread_cpu_, thread.cpu_ns, "cpu_ns");
        const std::string whole = place_;
        place_ = whole + ".nodes";
        for (std::size_t i = 0; i < thread.nodes.size(); ++i)
            check_node(thread, i);
        place_ = whole + ".scopes";
        for (std::size_t i = 0; i < thread.scopes.size(); ++i)
            check_scope(thread.scopes[i], i);
        place_ = whole + ".timeline";
        std::int64_t end = 0;
        for (std::size_t i = 0; i < thread.timeline.size(); ++i)
            check_run_of_timeline(thread, i, end);
    }

    void check_node(const thread_tree& thread, std::size_t i) {
        const call_node& node = thread.nodes[i];
        if (i == 0 && node.parent != no_index)
            refuse("parent", i, "is " + std::to_string(node.parent) + ", the root has none (-1)");
        if (i != 0)
            check_index(node.parent, i, "parent", i);
        check_index(node.frame, session_.frames.size(), "frame", i);
        check_optional_index(node.scope, thread.scopes.size(), "scope", i);
        add(wall_, node.wall_ns, "wall_ns", i);
        add(cpu_, node.cpu_ns, "cpu_ns", i);
        add(samples_, node.samples, "samples", i);
    }

    void check_scope(const scope_figures& scope, std::size_t i) {
        add(calls_, scope.calls, "calls", i);
        add(total_, scope.times.total_ns, "total_ns", i);
        check_amount(scope.times.min_ns, "min_ns", i);
        check_amount(scope.times.max_ns, "max_ns", i);
        check_amount(scope.times.p50_ns, "p50_ns", i);
        check_amount(scope.times.p99_ns, "p99_ns", i);
    }

    void check_run_of_timeline(const thread_tree& thread, std::size_t i, std::int64_t& end) {
        const timeline_run& run = thread.timeline[i];
        check_index(run.node, thread.nodes.size(), "node", i);
        if (run.start_ns < end)
            refuse("start_ns", i, "lies before the end of the run before");
        check_amount(run.start_ns, "start_ns", i);
        end = run.start_ns;
        add(end, run.duration_ns, "duration_ns", i);
    }

    const session& session_;
    std::string_view source_;
    std::string place_;
    std::int64_t wall_ = 0, cpu_ = 0, samples_ = 0, calls_ = 0, total_ = 0;
    std::int64_t thread_wall_ = 0, thread_cpu_ = 0;
};

/// Throws session_error, naming `source` and the place, unless all indices exist, parents come
/// before their children, nothing is negative, and sums over the session stay far within int64.
/// Linear.
inline void check_session(const session& checked, std::string_view source) {
    session_checker(checked, source).check();
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
