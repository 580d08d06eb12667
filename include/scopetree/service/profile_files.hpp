/// Names of the files that profiles of requests are written to: safe, and never used twice.
#ifndef SCOPETREE_SERVICE_PROFILE_FILES_HPP
#define SCOPETREE_SERVICE_PROFILE_FILES_HPP

#include <scopetree/model/service_profile.hpp>
#include <scopetree/model/whole_file.hpp>
#include <scopetree/service/middleware_options.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// What stands for a route, or a method, in the name of a file: letters, digits, `.`, `_` and `-`,
/// at most 80 of them, and never a hidden file. Different texts may become the same.
inline std::string safe_file_part(std::string_view text) {
    constexpr std::size_t longest = 80;
    std::string safe;
    for (const char c : text) {
        const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        const char next = kept ? c : '_';
        if (safe.empty() && (next == '_' || next == '.'))
            continue;
        if (next != '_' || safe.back() != '_')
            safe += next;
        if (safe.size() == longest)
            break;
    }
    while (!safe.empty() && safe.back() == '_')
        safe.pop_back();
    return safe.empty() ? "root" : safe;
}

/// 20250601T140322.123Z: sorts by time.
inline std::string time_for_file(std::int64_t unix_ns) {
    const auto seconds = static_cast<std::time_t>(unix_ns / 1'000'000'000);
    std::tm utc{};
    char text[32];
    if (::gmtime_r(&seconds, &utc) == nullptr)
        return "unknown";
    std::string result(text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%S", &utc));
    const std::string milliseconds = std::to_string(unix_ns / 1'000'000 % 1'000);
    return result.append(".").append(3 - milliseconds.size(), '0').append(milliseconds) + "Z";
}

/// What is filled into a template.
struct file_fields {
    std::string method, route, time, id;
};

inline file_fields fields_of(const route_figures& route, const request_figures& request) {
    return {safe_file_part(route.method), safe_file_part(route.route),
            time_for_file(request.started_unix_ns), std::to_string(request.id)};
}

inline file_fields fields_of_run(std::int64_t unix_ns) {
    return {"all", "all-routes", time_for_file(unix_ns), "total"};
}

/// The template must be a checked one.
inline std::string fill_in(std::string_view pattern, const file_fields& fields) {
    const std::string* const values[] = {&fields.method, &fields.route, &fields.time, &fields.id};
    std::string name;
    for (std::size_t at = 0; at < pattern.size();) {
        const std::size_t open = std::min(pattern.find('{', at), pattern.size());
        name += pattern.substr(at, open - at);
        if (open == pattern.size())
            break;
        const std::size_t close = pattern.find('}', open);
        for (std::size_t i = 0; i < std::size(file_name_fields); ++i)
            if (file_name_fields[i] == pattern.substr(open + 1, close - open - 1))
                name += *values[i];
        at = close + 1;
    }
    return name;
}

/// Names the files of one middleware, and keeps those of each route few.
class profile_files {
public:
    static constexpr std::string_view default_name = "scopetree-{time}-{method}-{route}-{id}";

    /// An ending of `file_name` that belongs to one of the outputs is left out: each adds its own.
    profile_files(const std::string& file_name, const std::vector<middleware_output>& outputs,
                  std::size_t most_of_route)
        : pattern_(file_name.empty() ? default_name : file_name), most_of_route_(most_of_route) {
        std::size_t longest = 0; // .speedscope.json ends with .json
        for (const middleware_output& output : outputs) {
            const std::size_t size = output.ending.size();
            if (size > longest && pattern_.size() > size &&
                std::string_view(pattern_).substr(pattern_.size() - size) == output.ending)
                longest = size;
        }
        pattern_.resize(pattern_.size() - longest);
    }

    /// Writes a file of a request's own under a name that no other file has, then removes the
    /// oldest ones of the route that are too many. `write(std::ostream&)` may throw.
    template <class Write>
    std::error_code write(const route_figures& route, const request_figures& request,
                          std::string_view ending, Write&& write) {
        std::string base = fill_in(pattern_, fields_of(route, request));
        if (pattern_.find("{id}") == std::string::npos)
            base.append("-").append(std::to_string(request.id));
        std::string path;
        const std::error_code failed = write_new(base, ending, path, write);
        if (!failed)
            keep(route, request.id, std::move(path));
        return failed;
    }

    /// Writes the file of the whole run. One that is there already goes; asking for it anew must
    /// not need another name.
    template <class Write>
    std::error_code write_run(std::int64_t unix_ns, std::string_view ending, Write&& write) const {
        const std::string path = fill_in(pattern_, fields_of_run(unix_ns)).append(ending);
        make_folder(path);
        return write_whole_file(path, 0666, write);
    }

private:
    struct files_of_request {
        std::uint64_t id;
        std::vector<std::string> paths;
    };

    /// If there cannot be one, what needs it will fail, and say why.
    static void make_folder(const std::string& path) {
        std::error_code ignored;
        if (const std::string folder = folder_of(path); !folder.empty())
            std::filesystem::create_directories(folder, ignored);
    }

    template <class Write>
    static std::error_code write_new(const std::string& base, std::string_view ending,
                                     std::string& path, Write&& write) {
        constexpr int attempts = 1'000; // ids begin anew in every run
        make_folder(base);
        temporary_file file(folder_of(base), 0666);
        write(file.stream());
        std::error_code failed = file.finish();
        for (int i = 1; i <= attempts && !failed; ++i) {
            path = base;
            if (i > 1)
                path.append("-").append(std::to_string(i));
            path += ending;
            failed = file.publish(path);
            if (!failed)
                return {};
            if (failed == std::errc::file_exists && i < attempts)
                failed.clear();
        }
        return failed;
    }

    void keep(const route_figures& route, std::uint64_t id, std::string path) {
        std::deque<files_of_request>& written = written_[{route.method, route.route}];
        if (written.empty() || written.back().id != id)
            written.push_back({id, {}});
        written.back().paths.push_back(std::move(path));
        if (written.size() <= most_of_route_)
            return;
        for (const std::string& old : written.front().paths)
            ::unlink(old.c_str());
        written.pop_front();
    }

    std::string pattern_;
    std::size_t most_of_route_;
    std::map<std::pair<std::string, std::string>, std::deque<files_of_request>> written_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
