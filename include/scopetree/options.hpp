/// What can be chosen about a run and its reports.
#ifndef SCOPETREE_OPTIONS_HPP
#define SCOPETREE_OPTIONS_HPP

#include <scopetree/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// Which threads are sampled.
enum class thread_selection : std::uint8_t {
    registered, ///< those that met one of the macros
    all         ///< every thread of the process
};

/// The largest options::max_frames: two such samples fit into a thread's ring.
inline constexpr std::uint32_t most_frames = 4'000;

/// The smallest options::timeline_limit, in bytes.
inline constexpr std::size_t least_timeline_limit = 64 * 1024;

/// How samples are taken.
struct options {
    std::chrono::nanoseconds interval = std::chrono::milliseconds(1); ///< mean time between samples
    thread_selection threads = thread_selection::registered;
    double cpu_budget = 0.05;       ///< of one core, for the timer thread; beyond it, it thins out
    std::uint32_t max_frames = 512; ///< innermost frames kept of a stack, at most 4,000

    std::uint32_t slowest_requests = 10; ///< of each route, kept with a tree of their own

    /// Records the order in which each thread was at its places (thread_tree::timeline), 12 bytes
    /// for a change of place.
    bool timeline = false;
    /// Bytes for the timelines of all threads together, at least 64 KiB. When they are used up the
    /// shortest stretches are merged, as often as need be, and a note in the session says so.
    std::size_t timeline_limit = 64 * 1024 * 1024;
};

/// A choice that can be left to the terminal.
enum class toggle : std::uint8_t { automatic, on, off };

/// What the numbers of a tree are.
enum class time_display : std::uint8_t { seconds, percent_of_total };

/// Which clock a report shows: time that passed, time on a processor, or one beside the other.
enum class report_clock : std::uint8_t { wall, cpu, both };

/// What a flat list is sorted by and shows.
enum class flat_time_kind : std::uint8_t {
    self, ///< in the function itself; the lines add up to the root's time
    total ///< in it and in what it calls; a recursive function counts once
};

enum class thread_display : std::uint8_t { separate, merged };

/// Which tree a report shows, as text or as JSON.
///
/// Patterns (`hide`, `show`) are globs: `*` stands for any characters (`/` too), `?` for one. A
/// pattern must match the whole of a function's name, its full name, its file's path or its
/// file's path as shown.
struct tree_options {
    bool show_all = false; ///< start-up frames, frames below the threshold and library frames too
    bool timeline = false; ///< calls in the order in which they happened
    report_clock clock = report_clock::wall;
    double filter_threshold = 0.01; ///< share of the root's time below which a subtree is left out
    std::vector<std::string> hide;  ///< patterns: treated like library code
    std::vector<std::string> show;  ///< patterns: never treated like library code; wins over `hide`
    thread_display threads = thread_display::separate;
};

/// How a report is shown as text.
struct text_options : tree_options {
    toggle color = toggle::automatic;
    toggle unicode = toggle::automatic;
    bool flat = false; ///< a list of functions instead of a tree
    time_display time = time_display::seconds;
    flat_time_kind flat_time = flat_time_kind::self;
    bool short_mode = false; ///< the tree in a frame of dots, without the header's figures
};

enum class output_format : std::uint8_t {
    text,
    html,
    json,
    speedscope,
    folded,
    pprof,
    trace_events,
    session
};

/// A report to be written when the program ends.
struct output_file {
    std::string path;
    output_format format = output_format::text;
};

/// All that the environment can choose.
struct settings {
    bool enabled = true; ///< SCOPETREE=off: the macros do nothing
    options sampling;
    std::vector<output_file> outputs; ///< none: the tree on stderr
    text_options text;
    std::vector<std::string> library_paths; ///< sources under these are not application code
    /// Signals at which the report is made before they end the program, as they would without.
    std::vector<int> report_on;
    std::vector<int> snapshot_on; ///< signals at which the report so far is made
};

/// The format that a file's ending stands for; nothing if it stands for none.
inline std::optional<output_format> format_of(std::string_view path) {
    constexpr std::pair<std::string_view, output_format> endings[] = {
        {".txt", output_format::text},
        {".html", output_format::html},
        {".speedscope.json", output_format::speedscope}, // before .json, which it ends with
        {".trace.json", output_format::trace_events},
        {".json", output_format::json},
        {".folded", output_format::folded},
        {".pb.gz", output_format::pprof},
        {".scopetree", output_format::session},
    };
    for (const auto& [ending, format] : endings) {
        if (path.size() >= ending.size() && path.substr(path.size() - ending.size()) == ending)
            return format;
    }
    return std::nullopt;
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
