/// What can be chosen about the profiling of a service's requests; what makes no sense is refused.
#ifndef SCOPETREE_SERVICE_MIDDLEWARE_OPTIONS_HPP
#define SCOPETREE_SERVICE_MIDDLEWARE_OPTIONS_HPP

#include <scopetree/environment.hpp>
#include <scopetree/options.hpp>
#include <scopetree/render/sanitize.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// How requests are profiled, and what is put out of them.
///
/// All requests count in the routes' figures. A request that is (sampled and slow) or an error is
/// also put out by itself, if `print_each_request` says so.
struct middleware_options {
    bool enabled = true; ///< false: nothing is profiled until profiler_middleware::enable

    /// Any of text, json, html, speedscope, pprof: of single requests and of the whole run.
    std::vector<std::string> output_type = {"text"};

    /// Puts out each request by itself when it has ended; false: only the whole run, at the end.
    bool print_each_request = true;

    /// Where reports go: `{method}`, `{route}`, `{time}` and `{id}` are filled in, an ending is
    /// added. Folders are made. Empty: text goes to standard error, other reports to
    /// `scopetree-{time}-{method}-{route}-{id}` in the current folder.
    std::string file_name;

    std::chrono::nanoseconds slow_threshold{0}; ///< what took less is not put out
    double sample_rate = 1;            ///< share of the requests that may be put out, 0 to 1
    bool always_profile_errors = true; ///< status 500 and above: put out in any case

    /// Patterns of routes that are not profiled: `/health`, `GET /internal/*`. `*` stands for any
    /// characters, `?` for one.
    std::vector<std::string> filter_routes;

    /// So many of a route have a profile of their own: the newest as files (older ones are
    /// removed), the slowest in the report of the whole run.
    std::size_t max_profiles_per_route = 10;
};

namespace detail {

/// Something that a middleware can put out.
struct middleware_output {
    std::string_view name;
    output_format format;
    std::string_view ending;
};

inline constexpr middleware_output middleware_outputs[] = {
    {"text", output_format::text, ".txt"},
    {"json", output_format::json, ".json"},
    {"html", output_format::html, ".html"},
    {"speedscope", output_format::speedscope, ".speedscope.json"},
    {"pprof", output_format::pprof, ".pb.gz"},
};

inline constexpr std::string_view file_name_fields[] = {"method", "route", "time", "id"};

[[noreturn]] inline void refuse_option(const std::string& option, const std::string& value,
                                       const std::string& accepted) {
    throw std::invalid_argument("scopetree: profiler_middleware: " + option + " is " +
                                sanitize(value, true) + "; accepted: " + accepted);
}

/// The names in `output_type`, each once. Throws std::invalid_argument if one is not known.
inline std::vector<middleware_output> outputs_of(const std::vector<std::string>& names) {
    constexpr const char* accepted = "one or several of text, json, html, speedscope, pprof";
    if (names.empty())
        refuse_option("output_type", "empty", accepted);
    std::vector<middleware_output> outputs;
    for (const std::string& name : names) {
        const auto* const known =
            std::find_if(std::begin(middleware_outputs), std::end(middleware_outputs),
                         [&](const middleware_output& each) { return each.name == name; });
        if (known == std::end(middleware_outputs))
            refuse_option("output_type", quoted(name), accepted);
        const bool there =
            std::any_of(outputs.begin(), outputs.end(),
                        [&](const middleware_output& each) { return each.name == name; });
        if (!there)
            outputs.push_back(*known);
    }
    return outputs;
}

/// Throws std::invalid_argument for braces that name no field, and for a name without a file.
inline void check_file_name(const std::string& name) {
    constexpr const char* accepted =
        "a path in which {method}, {route}, {time} and {id} are filled in";
    if (!name.empty() && name.back() == '/')
        refuse_option("file_name", quoted(name) + ", a folder", accepted);
    if (name.find('\0') != std::string::npos)
        refuse_option("file_name", quoted(name), accepted);
    for (std::size_t at = 0; (at = name.find_first_of("{}", at)) != std::string::npos;) {
        const std::size_t end = name.find('}', at);
        const std::string_view field = name[at] == '}' || end == std::string::npos
                                           ? std::string_view()
                                           : std::string_view(name).substr(at + 1, end - at - 1);
        if (std::find(std::begin(file_name_fields), std::end(file_name_fields), field) ==
            std::end(file_name_fields))
            refuse_option("file_name", quoted(name), accepted);
        at = end + 1;
    }
}

/// Throws std::invalid_argument for the first option that makes no sense.
inline void check_middleware_options(const middleware_options& chosen) {
    static_cast<void>(outputs_of(chosen.output_type));
    check_file_name(chosen.file_name);
    if (chosen.slow_threshold < std::chrono::nanoseconds(0))
        refuse_option("slow_threshold", std::to_string(chosen.slow_threshold.count()) + " ns",
                      "0 and above");
    if (!(chosen.sample_rate >= 0 && chosen.sample_rate <= 1))
        refuse_option("sample_rate", std::to_string(chosen.sample_rate), "0 to 1");
    for (const std::string& pattern : chosen.filter_routes)
        if (pattern.empty())
            refuse_option("filter_routes", "an empty pattern",
                          "patterns of routes, such as /health or GET /internal/*");
    if (chosen.max_profiles_per_route == 0)
        refuse_option("max_profiles_per_route", "0", "1 and above");
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
