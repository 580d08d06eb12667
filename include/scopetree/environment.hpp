/// The environment variables that choose a run's and its reports' options.
#ifndef SCOPETREE_ENVIRONMENT_HPP
#define SCOPETREE_ENVIRONMENT_HPP

#include <scopetree/environment_values.hpp>
#include <scopetree/options.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// `values` holds defaults where a variable is unset or wrong; `errors` says, one sentence each,
/// which variable is wrong and what would be accepted.
struct environment_settings {
    settings values;
    std::vector<std::string> errors;
};

namespace detail {

struct environment_variable {
    std::string_view name;
    std::string_view accepted; ///< completes "accepted: "
    bool (*apply)(std::string_view value, std::int64_t pid, environment_settings& into);
};

inline constexpr std::string_view on_or_off = "on or off";
inline constexpr std::string_view signal_names =
    "SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1 or SIGUSR2, several separated by "
    "commas, none of them for both a report and a snapshot";
inline constexpr std::string_view pattern_list = "patterns such as *boost*, separated by commas";

inline bool apply_interval(std::string_view value, std::int64_t, environment_settings& into) {
    const std::optional<double> duration = parse_duration(value);
    if (!duration || *duration < 10e3 || *duration > 10e9)
        return false;
    into.values.sampling.interval = std::chrono::nanoseconds(std::llround(*duration));
    return true;
}

inline bool apply_share(std::string_view value, double& into) {
    const std::optional<double> share = parse_share(value);
    into = share.value_or(into);
    return share.has_value();
}

inline bool apply_max_frames(std::string_view value, std::int64_t, environment_settings& into) {
    std::uint32_t count = 0;
    for (const char c : value) {
        if (c < '0' || c > '9' || count > most_frames)
            return false;
        count = count * 10 + static_cast<std::uint32_t>(c - '0');
    }
    if (count < 1 || count > most_frames)
        return false;
    into.values.sampling.max_frames = count;
    return true;
}

/// Recorded and shown.
inline bool apply_timeline(std::string_view value, std::int64_t, environment_settings& into) {
    if (!parse_bool(value, into.values.text.timeline))
        return false;
    into.values.sampling.timeline = into.values.text.timeline;
    return true;
}

inline bool apply_timeline_limit(std::string_view value, std::int64_t, environment_settings& into) {
    constexpr double most = 1024.0 * 1024 * 1024 * 1024;
    const std::optional<double> size = parse_size(value);
    if (!size || *size < static_cast<double>(least_timeline_limit) || *size > most)
        return false;
    into.values.sampling.timeline_limit = static_cast<std::size_t>(*size);
    return true;
}

inline std::string expand_pid(std::string_view path, std::int64_t pid) {
    std::string expanded;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const char next = path[i] == '%' && i + 1 < path.size() ? path[i + 1] : '\0';
        if (next == 'p')
            expanded += std::to_string(pid);
        else
            expanded += path[i];
        i += next == 'p' || next == '%' ? 1 : 0;
    }
    return expanded;
}

inline constexpr std::string_view output_endings =
    ".txt, .html, .json, .speedscope.json, .folded, .pb.gz, .trace.json or .scopetree";

/// Each path stands for itself: a wrong one does not take the others with it.
inline bool apply_output(std::string_view value, std::int64_t pid, environment_settings& into) {
    for (const std::string_view part : split(value, ',')) {
        std::string path = expand_pid(part, pid);
        if (const std::optional<output_format> format = format_of(path)) {
            into.values.outputs.push_back({std::move(path), *format});
        } else {
            into.errors.push_back("SCOPETREE_OUTPUT: " + quoted(part) +
                                  " is ignored, its ending names no format; accepted endings: " +
                                  std::string(output_endings));
        }
    }
    return true;
}

inline bool apply_list(std::string_view value, char separator, std::vector<std::string>& into) {
    for (const std::string_view part : split(value, separator))
        into.emplace_back(part);
    return true;
}

inline bool apply_threads(std::string_view value, std::int64_t, environment_settings& into) {
    constexpr std::pair<std::string_view, thread_selection> words[] = {
        {"registered", thread_selection::registered}, {"all", thread_selection::all}};
    return parse_word(value, words, into.values.sampling.threads);
}

inline bool apply_time(std::string_view value, std::int64_t, environment_settings& into) {
    constexpr std::pair<std::string_view, time_display> words[] = {
        {"seconds", time_display::seconds},
        {"percent", time_display::percent_of_total},
        {"percent_of_total", time_display::percent_of_total}};
    return parse_word(value, words, into.values.text.time);
}

inline bool apply_clock(std::string_view value, std::int64_t, environment_settings& into) {
    constexpr std::pair<std::string_view, report_clock> words[] = {
        {"wall", report_clock::wall}, {"cpu", report_clock::cpu}, {"both", report_clock::both}};
    return parse_word(value, words, into.values.text.clock);
}

inline bool apply_flat_time(std::string_view value, std::int64_t, environment_settings& into) {
    constexpr std::pair<std::string_view, flat_time_kind> words[] = {
        {"self", flat_time_kind::self}, {"total", flat_time_kind::total}};
    return parse_word(value, words, into.values.text.flat_time);
}

inline bool apply_merge(std::string_view value, std::int64_t, environment_settings& into) {
    bool merged = false;
    if (!parse_bool(value, merged))
        return false;
    into.values.text.threads = merged ? thread_display::merged : thread_display::separate;
    return true;
}

/// A signal has one meaning: whichever variable is read first has it.
inline bool apply_signals(std::string_view value, const std::vector<int>& taken,
                          std::vector<int>& into) {
    constexpr std::pair<std::string_view, int> words[] = {
        {"SIGHUP", SIGHUP},   {"SIGINT", SIGINT},   {"SIGQUIT", SIGQUIT}, {"SIGPIPE", SIGPIPE},
        {"SIGALRM", SIGALRM}, {"SIGTERM", SIGTERM}, {"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}};
    std::vector<int> signals;
    for (const std::string_view part : split(value, ',')) {
        int signal = 0;
        if (!parse_word(part, words, signal) ||
            std::find(taken.begin(), taken.end(), signal) != taken.end())
            return false;
        signals.push_back(signal);
    }
    into = std::move(signals);
    return true;
}

using env = environment_settings;

/// Every variable there is.
inline constexpr environment_variable environment_variables[] = {
    {"SCOPETREE", on_or_off,
     [](std::string_view v, std::int64_t, env& e) { return parse_bool(v, e.values.enabled); }},
    {"SCOPETREE_INTERVAL", "a duration with its unit (ns, us, ms or s), from 10us to 10s",
     apply_interval},
    {"SCOPETREE_THREADS", "registered or all", apply_threads},
    {"SCOPETREE_CPU_BUDGET", "a share of one core such as 0.05 or 5%, above 0",
     [](std::string_view v, std::int64_t, env& e) {
         return parse_share(v).value_or(0) > 0 && apply_share(v, e.values.sampling.cpu_budget);
     }},
    {"SCOPETREE_MAX_FRAMES", "a number from 1 to 4000", apply_max_frames},
    {"SCOPETREE_OUTPUT", output_endings, apply_output},
    {"SCOPETREE_REPORT_ON", signal_names,
     [](std::string_view v, std::int64_t, env& e) {
         return apply_signals(v, {}, e.values.report_on);
     }},
    {"SCOPETREE_SNAPSHOT_ON", signal_names,
     [](std::string_view v, std::int64_t, env& e) {
         return apply_signals(v, e.values.report_on, e.values.snapshot_on);
     }},
    {"SCOPETREE_LIBRARY_PATHS", "folders, separated by colons",
     [](std::string_view v, std::int64_t, env& e) {
         return apply_list(v, ':', e.values.library_paths);
     }},
    {"SCOPETREE_COLOR", "auto, on or off",
     [](std::string_view v, std::int64_t, env& e) { return parse_toggle(v, e.values.text.color); }},
    {"SCOPETREE_UNICODE", "auto, on or off",
     [](std::string_view v, std::int64_t, env& e) {
         return parse_toggle(v, e.values.text.unicode);
     }},
    {"SCOPETREE_SHOW_ALL", on_or_off,
     [](std::string_view v, std::int64_t, env& e) {
         return parse_bool(v, e.values.text.show_all);
     }},
    {"SCOPETREE_TIMELINE", on_or_off, apply_timeline},
    {"SCOPETREE_TIMELINE_LIMIT", "a size with its unit (KiB, MiB or GiB), from 64KiB to 1024GiB",
     apply_timeline_limit},
    {"SCOPETREE_FLAT", on_or_off,
     [](std::string_view v, std::int64_t, env& e) { return parse_bool(v, e.values.text.flat); }},
    {"SCOPETREE_TIME", "seconds or percent_of_total", apply_time},
    {"SCOPETREE_CLOCK", "wall, cpu or both", apply_clock},
    {"SCOPETREE_FLAT_TIME", "self or total", apply_flat_time},
    {"SCOPETREE_SHORT", on_or_off,
     [](std::string_view v, std::int64_t, env& e) {
         return parse_bool(v, e.values.text.short_mode);
     }},
    {"SCOPETREE_THRESHOLD", "a share of the root's time such as 0.01 or 1%",
     [](std::string_view v, std::int64_t, env& e) {
         return apply_share(v, e.values.text.filter_threshold);
     }},
    {"SCOPETREE_HIDE", pattern_list,
     [](std::string_view v, std::int64_t, env& e) {
         return apply_list(v, ',', e.values.text.hide);
     }},
    {"SCOPETREE_SHOW", pattern_list,
     [](std::string_view v, std::int64_t, env& e) {
         return apply_list(v, ',', e.values.text.show);
     }},
    {"SCOPETREE_MERGE_THREADS", on_or_off, apply_merge},
};

/// How many characters must be changed, added or removed to make one out of the other.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({change, row[j] + 1, row[j - 1] + 1}));
        }
    }
    return row.back();
}

/// Adds an error if `name` looks like a variable of ours and is none.
inline void check_variable_name(std::string_view name, std::vector<std::string>& errors) {
    constexpr std::size_t longest = 100; // keeps the comparison of absurd names cheap
    if (name.substr(0, 10) != "SCOPETREE_" || name.size() > longest)
        return;
    std::string_view nearest;
    std::size_t distance = longest;
    for (const environment_variable& known : environment_variables) {
        const std::size_t d = edit_distance(name.substr(9), known.name.substr(9)); // SCOPETREE
        if (d < distance) {
            distance = d;
            nearest = known.name;
        }
    }
    constexpr std::size_t likely_slip = 3;
    if (distance == 0)
        return;
    errors.push_back(printable(name) + " is ignored, there is no such variable; " +
                     (distance <= likely_slip ? "did you mean " : "the nearest is ") +
                     std::string(nearest) + (distance <= likely_slip ? "?" : ""));
}

} // namespace detail

/// Reads every SCOPETREE variable.
///
/// `lookup(const char* name)` returns something that is false where the variable is unset and that
/// `*` turns into its value: a `const char*` will not do, a `std::optional<std::string>` will.
/// `pid` replaces `%p` in SCOPETREE_OUTPUT. `names`, those of all variables that are set, lets
/// misspelt ones be found. An empty value counts as unset. Never throws but for memory; pure.
template <class Lookup>
environment_settings read_environment(Lookup&& lookup, std::int64_t pid,
                                      const std::vector<std::string>& names = {}) {
    environment_settings result;
    for (const detail::environment_variable& variable : detail::environment_variables) {
        const auto found = lookup(variable.name.data());
        if (!found)
            continue;
        const std::string_view value = *found;
        if (!value.empty() && !variable.apply(value, pid, result)) {
            result.errors.push_back(std::string(variable.name) + "=" + detail::quoted(value) +
                                    " is ignored; accepted: " + std::string(variable.accepted));
        }
    }
    if (result.values.text.flat && result.values.text.timeline) {
        result.values.text.timeline = result.values.sampling.timeline = false;
        result.errors.push_back("SCOPETREE_TIMELINE is ignored: SCOPETREE_FLAT is on, and a flat "
                                "list has no order in time; accepted: one of the two");
    }
    if (result.values.text.timeline && result.values.text.threads == thread_display::merged) {
        result.values.text.threads = thread_display::separate;
        result.errors.push_back("SCOPETREE_MERGE_THREADS is ignored: SCOPETREE_TIMELINE is on, and "
                                "what threads do at the same time has no order; accepted: one of "
                                "the two");
    }
    for (const std::string& name : names)
        detail::check_variable_name(name, result.errors);
    return result;
}

/// The names in an array such as `environ`.
inline std::vector<std::string> environment_names(const char* const* entries) {
    std::vector<std::string> names;
    for (; entries != nullptr && *entries != nullptr; ++entries) {
        const std::string_view entry(*entries);
        names.emplace_back(entry.substr(0, entry.find('=')));
    }
    return names;
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
