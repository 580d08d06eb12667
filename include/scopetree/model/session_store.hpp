/// The last sessions, kept so that their reports can be looked at again.
#ifndef SCOPETREE_MODEL_SESSION_STORE_HPP
#define SCOPETREE_MODEL_SESSION_STORE_HPP

#include <scopetree/model/session_file.hpp>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// A session in a store.
struct kept_session {
    std::string id;
    std::string path;
    std::int64_t kept_unix_ns = 0; ///< when it was written, since 1970
};

namespace detail {

inline constexpr std::string_view session_ending = ".scopetree";

/// `YYYY-MM-DD-HHMMSS-PID`, in UTC: no id comes twice when the clocks go back for winter. Of
/// several runs with one process id in one second the `number`-th, from 1 on, is told apart at the
/// end.
inline std::string session_id(const session& named, unsigned number) {
    const auto seconds = static_cast<std::time_t>(named.recorded_unix_ns / 1'000'000'000);
    std::tm utc{};
    char text[32] = "0000-00-00-000000";
    if (::gmtime_r(&seconds, &utc) != nullptr)
        std::strftime(text, sizeof text, "%Y-%m-%d-%H%M%S", &utc);
    std::string id = text + ("-" + std::to_string(named.pid));
    return number == 1 ? id : id + "-" + std::to_string(number);
}

/// Whether a store gave a session that id: other files in its folder are none of its business.
inline bool is_session_id(std::string_view id) {
    constexpr std::string_view shape = "dddd-dd-dd-dddddd-d";
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    for (std::size_t i = 0; i < id.size(); ++i) {
        const bool fits = i >= shape.size() ? is_digit(id[i]) || id[i] == '-'
                          : shape[i] == 'd' ? is_digit(id[i])
                                            : id[i] == shape[i];
        if (!fits)
            return false;
    }
    return id.size() >= shape.size();
}

/// Makes the folder and those above it, for their owner alone.
inline std::error_code make_folders(const std::string& path) {
    for (std::size_t end = path.find('/', 1); true; end = path.find('/', end + 1)) {
        const std::string folder = path.substr(0, end);
        if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
            // Where nobody may make anything, what is wanted may be there all the same.
            const int error = errno;
            struct stat facts {};
            if (::stat(folder.c_str(), &facts) != 0)
                return {error, std::generic_category()};
        }
        if (end == std::string::npos)
            return {};
    }
}

/// The folder that is meant for such files. `lookup(const char* name)` returns a
/// std::optional<std::string>. Empty if the environment names none.
template <class Lookup>
std::string state_folder(Lookup&& lookup) {
    const auto absolute = [&](const char* name) {
        const std::optional<std::string> value = lookup(name);
        return value && !value->empty() && value->front() == '/' ? *value : std::string();
    };
    if (const std::string state = absolute("XDG_STATE_HOME"); !state.empty())
        return state + "/scopetree";
    const std::string home = absolute("HOME");
    return home.empty() ? home : home + "/.local/state/scopetree";
}

} // namespace detail

/// A folder with the last ten sessions. Any number of processes and threads may use it at once.
class session_store {
public:
    static constexpr std::size_t most = 10;

    explicit session_store(std::string folder) : folder_(std::move(folder)) {
        while (folder_.size() > 1 && folder_.back() == '/')
            folder_.pop_back();
    }

    /// `$XDG_STATE_HOME/scopetree`, or `~/.local/state/scopetree`. Throws session_error if neither
    /// variable holds an absolute path. What a program with more rights than its user finds in the
    /// environment does not count.
    static session_store of_user() {
        std::string folder = detail::state_folder([](const char* name) {
            const char* const value = ::secure_getenv(name);
            return value == nullptr ? std::nullopt : std::optional<std::string>(value);
        });
        if (folder.empty())
            throw session_error(
                "scopetree: there is no folder for sessions: neither XDG_STATE_HOME "
                "nor HOME is an absolute path");
        return session_store(std::move(folder));
    }

    const std::string& folder() const { return folder_; }

    /// Writes the session as a file of its own, and removes all but the last ten. The folder is
    /// made if it is not there, and closed to others than its owner. Throws session_error, and then
    /// nothing is left of it. Returns what it is found by.
    kept_session keep(const session& kept) const {
        if (const std::error_code failed = detail::make_folders(folder_))
            refuse(failed);
        close_to_others();
        detail::temporary_file file(folder_ + "/", detail::session_file_mode);
        write_session(file.stream(), kept);
        if (const std::error_code failed = file.finish())
            refuse(failed);
        kept_session made;
        for (unsigned number = 1; made.id.empty(); ++number) {
            const std::string id = detail::session_id(kept, number);
            const std::error_code failed = file.publish(path_of(id));
            if (!failed)
                made = {id, path_of(id), time_of(path_of(id)).value_or(0)};
            else if (failed != std::errc::file_exists)
                refuse(failed);
        }
        remove_old(made.id);
        return made;
    }

    /// The newest first. Empty if there is no such folder, or nothing in it.
    std::vector<kept_session> list() const {
        std::vector<kept_session> found;
        for (const std::string& name : names()) {
            const std::size_t size =
                name.size() - std::min(name.size(), detail::session_ending.size());
            std::string id = name.substr(0, size);
            if (name.substr(size) != detail::session_ending || !detail::is_session_id(id))
                continue;
            if (const std::optional<std::int64_t> time = time_of(folder_ + "/" + name))
                found.push_back({std::move(id), folder_ + "/" + name, *time});
        }
        std::sort(found.begin(), found.end(), [](const kept_session& a, const kept_session& b) {
            return a.kept_unix_ns != b.kept_unix_ns ? a.kept_unix_ns > b.kept_unix_ns : a.id > b.id;
        });
        return found;
    }

    /// Throws session_error if there is none.
    kept_session newest() const {
        const std::vector<kept_session> all = list();
        if (all.empty())
            throw session_error("scopetree: no session is kept in " + folder_);
        return all.front();
    }

    /// The session with that id, or the only one whose id begins like that. Throws session_error
    /// that lists those there are, if it is none or several.
    kept_session find(std::string_view id) const {
        const std::vector<kept_session> all = list();
        std::vector<kept_session> fitting;
        for (const kept_session& each : all) {
            if (each.id == id)
                return each;
            if (std::string_view(each.id).substr(0, id.size()) == id)
                fitting.push_back(each);
        }
        if (fitting.size() == 1)
            return fitting.front();
        const std::vector<kept_session>& named = fitting.empty() ? all : fitting;
        std::string text =
            fitting.empty()
                ? "scopetree: no session in " + folder_ + " has an id that begins with \""
                : "scopetree: several sessions in " + folder_ + " have an id that begins with \"";
        text.append(id).append(named.empty() ? "\"" : "\"; there are:");
        for (const kept_session& each : named)
            text += "\n    " + each.id;
        throw session_error(text);
    }

private:
    [[noreturn]] void refuse(const std::error_code& why) const {
        throw session_error("scopetree: cannot write to " + folder_ + ": " + why.message());
    }

    std::string path_of(const std::string& id) const {
        return folder_ + "/" + id + std::string(detail::session_ending);
    }

    /// Of a regular file; nothing if it is none, or gone.
    static std::optional<std::int64_t> time_of(const std::string& path) {
        struct stat facts {};
        if (::lstat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode))
            return std::nullopt;
        return std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec;
    }

    /// Sessions name functions and files of a program; the folder may be older than that rule.
    void close_to_others() const {
        struct stat facts {};
        if (::stat(folder_.c_str(), &facts) == 0 && facts.st_uid == ::geteuid() &&
            (facts.st_mode & 0077) != 0)
            ::chmod(folder_.c_str(), 0700);
    }

    std::vector<std::string> names() const {
        std::vector<std::string> found;
        DIR* const folder = ::opendir(folder_.c_str());
        if (folder == nullptr)
            return found;
        while (const dirent* const entry = ::readdir(folder))
            found.emplace_back(entry->d_name);
        ::closedir(folder);
        return found;
    }

    /// The one that was just kept stays, whatever the clock says.
    void remove_old(const std::string& just_kept) const {
        std::size_t others = 0;
        for (const kept_session& each : list())
            if (each.id != just_kept && ++others >= most)
                ::unlink(each.path.c_str());
        remove_abandoned();
    }

    /// What processes that were killed while they wrote have left.
    void remove_abandoned() const {
        constexpr std::int64_t an_hour = std::int64_t{3600} * 1'000'000'000;
        const std::int64_t now = std::int64_t{std::time(nullptr)} * 1'000'000'000;
        for (const std::string& name : names()) {
            const std::string path = folder_ + "/" + name;
            if (std::string_view(name).substr(0, detail::temporary_file::prefix.size()) ==
                    detail::temporary_file::prefix &&
                time_of(path).value_or(now) < now - an_hour)
                ::unlink(path.c_str());
        }
    }

    std::string folder_;
};

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
