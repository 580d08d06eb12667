/// What the command tells the library that it loads into a program.
#ifndef SCOPETREE_EXAMPLES_CLI_ORDER_HPP
#define SCOPETREE_EXAMPLES_CLI_ORDER_HPP

#include <scopetree/environment.hpp>
#include <scopetree/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// The variable that holds it, in the program's environment until the library has read it.
inline constexpr const char* order_variable = "SCOPETREE_RUN";

/// How to take samples, whose code is not the program's own, and the folder for what comes of it.
struct order {
    scopetree::options sampling;
    std::int64_t pid = 0; ///< the only process that is meant; 0: whichever reads it first
    std::vector<std::string> library_paths;
    std::string folder;
};

// In the folder; the session's file begins with the process id.
inline constexpr const char* session_file = ".scopetree";
inline constexpr const char* naming_file = "/naming";       ///< is there while names are looked up
inline constexpr const char* complaint_file = "/complaint"; ///< why there is no session

/// `INTERVAL,BUDGET,FRAMES,LIMIT,PID,FOLDER`: nanoseconds, billionths of a core, a number, the
/// bytes for timelines (0: none), a process, a path.
inline std::string text_of(const order& given) {
    std::string paths = given.folder;
    for (const std::string& path : given.library_paths)
        paths += ":" + path;
    return std::to_string(given.sampling.interval.count()) + "," +
           std::to_string(static_cast<std::int64_t>(given.sampling.cpu_budget * 1e9)) + "," +
           std::to_string(given.sampling.max_frames) + "," +
           std::to_string(given.sampling.timeline ? given.sampling.timeline_limit : 0) + "," +
           std::to_string(given.pid) + "," + paths;
}

/// Nothing if it is no such text.
inline std::optional<order> read_order(const char* text) {
    std::int64_t numbers[5];
    for (std::int64_t& number : numbers) {
        char* end = nullptr;
        number = std::strtoll(text, &end, 10);
        if (end == text || *end != ',')
            return std::nullopt;
        text = end + 1;
    }
    order result;
    result.sampling.interval = std::chrono::nanoseconds(numbers[0]);
    result.sampling.cpu_budget = static_cast<double>(numbers[1]) / 1e9;
    result.sampling.max_frames = static_cast<std::uint32_t>(numbers[2]);
    result.sampling.timeline = numbers[3] != 0;
    if (result.sampling.timeline)
        result.sampling.timeline_limit = static_cast<std::size_t>(numbers[3]);
    result.pid = numbers[4];
    result.sampling.threads = scopetree::thread_selection::all;
    for (const std::string_view path : scopetree::detail::split(text, ':'))
        result.library_paths.emplace_back(path);
    if (result.library_paths.empty())
        return std::nullopt;
    result.folder = result.library_paths.front();
    result.library_paths.erase(result.library_paths.begin());
    return result;
}

} // namespace cli

#endif
