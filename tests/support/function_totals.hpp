/// What a session says about every function, counted in the plainest way: other programs that read
/// its reports must come to the same.
#ifndef SCOPETREE_TESTS_SUPPORT_FUNCTION_TOTALS_HPP
#define SCOPETREE_TESTS_SUPPORT_FUNCTION_TOTALS_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/options.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace test {

struct function_time {
    std::int64_t self = 0;
    std::int64_t total = 0; ///< a recursive function counts once

    friend bool operator==(const function_time& a, const function_time& b) {
        return a.self == b.self && a.total == b.total;
    }
    friend std::ostream& operator<<(std::ostream& out, const function_time& time) {
        return out << time.self << "/" << time.total;
    }
};

using function_times = std::map<std::string, function_time>;

/// Adds time to the last of the names and to all of them. No names: to nothing.
inline void add_stack(function_times& times, const std::vector<std::string>& outermost_first,
                      std::int64_t time) {
    if (outermost_first.empty())
        return;
    times[outermost_first.back()].self += time;
    for (const std::string& name :
         std::set<std::string>(outermost_first.begin(), outermost_first.end()))
        times[name].total += time;
}

/// Of one thread, by the functions' names. The thread's root counts where there is nothing else.
inline void add_thread(function_times& times, const scopetree::session& source,
                       const scopetree::thread_tree& thread, scopetree::report_clock clock) {
    for (const scopetree::call_node& node : thread.nodes) {
        const std::int64_t time =
            clock == scopetree::report_clock::cpu ? node.cpu_ns : node.wall_ns;
        if (time == 0)
            continue;
        std::vector<std::string> names{source.frames[node.frame].name};
        for (std::uint32_t at = node.parent; at != scopetree::no_index && at != 0;
             at = thread.nodes[at].parent)
            names.push_back(source.frames[thread.nodes[at].frame].name);
        std::reverse(names.begin(), names.end());
        add_stack(times, names, time);
    }
}

inline function_times times_of(const scopetree::session& source,
                               scopetree::report_clock clock = scopetree::report_clock::wall) {
    function_times times;
    for (const scopetree::thread_tree& thread : source.threads)
        add_thread(times, source, thread, clock);
    return times;
}

} // namespace test

#endif
