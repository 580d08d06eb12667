#include "commands.hpp"

#include "report.hpp"

#include <scopetree/model/session_combine.hpp>
#include <scopetree/model/session_store.hpp>
#include <scopetree/render/sanitize.hpp>
#include <scopetree/render/terminal.hpp>
#include <scopetree/render/text_numbers.hpp>

#include <ctime>
#include <string>
#include <vector>

#include <unistd.h>

namespace cli {
namespace {

/// A session by its file or, where there is no such file, by its id.
scopetree::session load(const std::string& name) {
    if (scopetree::detail::is_session_id(name) && ::access(name.c_str(), F_OK) != 0)
        return scopetree::session::load(scopetree::session_store::of_user().find(name).path);
    return scopetree::session::load(name);
}

std::string local_time(std::int64_t unix_ns) {
    const auto seconds = static_cast<std::time_t>(unix_ns / 1'000'000'000);
    std::tm local{};
    char text[32] = "?";
    if (::localtime_r(&seconds, &local) != nullptr)
        std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
    return text;
}

/// A line of the list. A session that cannot be read does not keep the others from being shown.
std::string describe(const scopetree::kept_session& kept, const scopetree::terminal& place) {
    try {
        const scopetree::session found = scopetree::session::load(kept.path);
        std::string line = kept.id + "  " + local_time(found.recorded_unix_ns) + "  " +
                           scopetree::detail::format_seconds(found.duration_ns, 3) + " s  ";
        std::string program = scopetree::detail::sanitize(found.program, place.unicode);
        const auto width = static_cast<std::size_t>(place.width);
        if (width > line.size() + 10)
            program = scopetree::detail::elide_middle(program, width - line.size(), place.unicode);
        return line + program;
    } catch (const scopetree::session_error& error) {
        return kept.id + "  " + scopetree::detail::sanitize(error.what(), place.unicode);
    }
}

} // namespace

int show(const command_line& line) {
    check_report(line);
    if (!line.previous) {
        deliver(load(line.operands.front()), line, STDOUT_FILENO);
        return 0;
    }
    const scopetree::session_store store = scopetree::session_store::of_user();
    const scopetree::kept_session kept =
        line.operands.empty() ? store.newest() : store.find(line.operands.front());
    deliver(scopetree::session::load(kept.path), line, STDOUT_FILENO);
    return 0;
}

int list() {
    const scopetree::session_store store = scopetree::session_store::of_user();
    const scopetree::terminal place = scopetree::terminal_for(STDOUT_FILENO);
    std::string text;
    for (const scopetree::kept_session& kept : store.list())
        text += describe(kept, place) + "\n";
    if (text.empty())
        complain("no session is kept in " + store.folder());
    write_all(STDOUT_FILENO, text);
    return 0;
}

int combine(const command_line& line) {
    check_report(line);
    std::vector<scopetree::session> parts;
    for (const std::string& name : line.operands)
        parts.push_back(load(name));
    const auto threads = line.by_name ? scopetree::combined_threads::merged_by_name
                                      : scopetree::combined_threads::side_by_side;
    deliver(scopetree::session::combine(parts, threads), line, STDOUT_FILENO);
    return 0;
}

int diff(const command_line& line) {
    check_report(line);
    deliver_difference(load(line.operands[0]), load(line.operands[1]), line);
    return 0;
}

} // namespace cli
