/// What happened between two snapshots of one run.
#ifndef SCOPETREE_PROCESS_SESSION_BETWEEN_HPP
#define SCOPETREE_PROCESS_SESSION_BETWEEN_HPP

#include <scopetree/model/keep_used_frames.hpp>
#include <scopetree/model/session_check.hpp>
#include <scopetree/process/frame_identity.hpp>
#include <scopetree/process/session_between_thread.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// For every frame of `earlier` its index in `later`, or no_index. A line may have been learnt, or
/// have become doubtful, in between.
inline std::vector<std::uint32_t> matching_frames(const session& earlier, const session& later) {
    struct known_frame {
        frame_key key;
        bool inlined;
        std::uint32_t line;

        bool operator==(const known_frame& other) const {
            return line == other.line && inlined == other.inlined && key == other.key;
        }
    };
    struct hash {
        std::size_t operator()(const known_frame& f) const {
            return frame_key_hash()(f.key) * 31 + f.line * 2 + f.inlined;
        }
    };
    constexpr std::uint32_t any_line = no_index;
    const auto known = [](const frame& f, std::uint32_t line) {
        return known_frame{
            {f.full_name.empty() ? f.name : f.full_name, f.file, f.kind}, f.inlined, line};
    };
    std::unordered_map<known_frame, std::uint32_t, hash> indices;
    for (std::uint32_t i = 0; i < later.frames.size(); ++i) {
        const frame& f = later.frames[i];
        indices.emplace(known(f, f.line), i);
        if (f.kind == frame_kind::function)
            indices.emplace(known(f, any_line), i);
    }
    std::vector<std::uint32_t> result;
    for (const frame& f : earlier.frames) {
        auto found = indices.find(known(f, f.line));
        if (found == indices.end())
            found = indices.find(known(f, any_line));
        result.push_back(found == indices.end() ? no_index : found->second);
    }
    return result;
}

class session_window {
public:
    session_window(const session& earlier, const session& later)
        : earlier_(earlier), later_(later) {
        for (const thread_tree& thread : later.threads)
            threads_.emplace_back(thread);
    }

    session take() {
        match_threads();
        session result = about();
        result.frames = later_.frames;
        bool has_bounds = false;
        for (std::size_t i = 0; i < threads_.size(); ++i) {
            threads_[i].settle();
            has_bounds = has_bounds || threads_[i].has_bounds();
            thread_tree tree = threads_[i].take(earlier_.duration_ns);
            if (tree.nodes.empty() && !later_.threads[i].nodes.empty())
                continue;
            result.cpu_ns += tree.cpu_ns;
            result.threads.push_back(std::move(tree));
        }
        keep_used_frames(result);
        if (has_bounds)
            result.notes.emplace_back("The shortest and longest times and the percentiles of timed "
                                      "scopes are those of the whole run until the window's end.");
        return result;
    }

private:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    template <class Integer>
    static Integer difference(Integer later, Integer earlier) {
        return later > earlier ? later - earlier : 0;
    }

    session about() const {
        session result = run_of(later_);
        result.recorded_unix_ns = earlier_.recorded_unix_ns + earlier_.duration_ns;
        result.duration_ns = later_.duration_ns - earlier_.duration_ns;
        result.cpu_ns = 0; // until the threads are added
        result.modules = later_.modules;
        for_each_figure([&](const char*, auto figure) {
            result.figures.*figure = difference(later_.figures.*figure, earlier_.figures.*figure);
        });
        return result;
    }

    /// A number of a thread may be given again, but a thread's time does not become less. Who may
    /// have been named meanwhile is known by the number alone; who is gone was added up.
    void match_threads() {
        const std::vector<std::uint32_t> frames = matching_frames(earlier_, later_);
        std::vector<std::size_t> partners(earlier_.threads.size(), none);
        std::vector<bool> taken(later_.threads.size());
        for (const bool by_name : {true, false}) {
            std::map<std::pair<std::int64_t, std::string_view>, std::deque<std::size_t>> waiting;
            const auto key = [&](const thread_tree& thread) {
                return std::make_pair(thread.tid,
                                      by_name ? std::string_view(thread.name) : std::string_view());
            };
            for (std::size_t i = 0; i < later_.threads.size(); ++i)
                if (!taken[i] && (by_name || later_.threads[i].tid != 0))
                    waiting[key(later_.threads[i])].push_back(i);
            for (std::size_t i = 0; i < earlier_.threads.size(); ++i) {
                if (partners[i] != none)
                    continue;
                auto& candidates = waiting[key(earlier_.threads[i])];
                const auto found =
                    std::find_if(candidates.begin(), candidates.end(), [&](std::size_t candidate) {
                        return later_.threads[candidate].wall_ns >= earlier_.threads[i].wall_ns;
                    });
                if (found == candidates.end())
                    continue;
                partners[i] = *found;
                taken[*found] = true;
                candidates.erase(found);
            }
        }
        const std::size_t ended = ended_threads();
        for (std::size_t i = 0; i < earlier_.threads.size(); ++i)
            if (const std::size_t partner = partners[i] == none ? ended : partners[i];
                partner != none)
                threads_[partner].take_away(earlier_.threads[i], frames);
    }

    std::size_t ended_threads() const {
        for (std::size_t i = 0; i < later_.threads.size(); ++i)
            if (later_.threads[i].tid == 0 && later_.threads[i].name == ended_threads_name)
                return i;
        return none;
    }

    const session& earlier_;
    const session& later_;
    std::deque<thread_window> threads_; ///< as in `later_`
};

} // namespace detail

/// The session of the time from one snapshot of a run to a later one: figures, counts and times are
/// differences, what nothing happened to is left out, and timelines are cut at the edges.
///
/// Threads are the same by number and name, places in them by the frames that lead there. Threads
/// that ended and were added up meanwhile are taken away from where they were added. A snapshot
/// gives each thread's last instant (an interval of sampling) to where it was seen before, the run
/// goes on to give it to where it is seen next, and a scope may have moved to a place found since:
/// where a place has less than it had, the difference is taken from the other places in the same
/// scope, or else from all of the thread. So the sum over a thread is its time in the window, and
/// nothing is negative.
///
/// Shortest, longest and percentiles of a timed scope's passes cannot be had by subtraction. Of a
/// scope that was first entered in the window they are exact; else they are those of the run until
/// `later`, within which the window's shortest and longest lie, and a note says so.
///
/// Throws session_error if a session is inconsistent or the two are no snapshots of one run in that
/// order. Linear, but for n log n in the number of threads.
inline session session_between(const session& earlier, const session& later) {
    detail::check_session(earlier, "the earlier session");
    detail::check_session(later, "the later session");
    if (earlier.pid != later.pid || earlier.recorded_unix_ns != later.recorded_unix_ns)
        throw session_error("scopetree: session_between: the sessions must be snapshots of one run "
                            "of one process; they differ in when profiling began, or in the pid");
    if (earlier.duration_ns > later.duration_ns)
        throw session_error("scopetree: session_between: the first session is the later one");
    return detail::session_window(earlier, later).take();
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
