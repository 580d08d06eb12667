#include "report.hpp"

#include <scopetree/process/session_diff.hpp>
#include <scopetree/render/output.hpp>
#include <scopetree/render/terminal.hpp>
#include <scopetree/render/text_diff.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ostream>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

namespace cli {
namespace {

using format = scopetree::output_format;

/// A name for a page that nobody gave a name; the file is there, and this user's.
std::string temporary_page() {
    const char* const folder = std::getenv("TMPDIR");
    std::string path = folder == nullptr || *folder == '\0' ? "/tmp" : folder;
    path += "/scopetree-XXXXXX.html";
    const int file = ::mkostemps(path.data(), 5, O_CLOEXEC);
    if (file < 0)
        throw std::runtime_error("cannot write " + path + ": " + std::strerror(errno));
    ::close(file);
    return path;
}

/// Whether something was found that opens pages, where there is a display to open them on.
bool open_in_browser(const std::string& path) {
    const auto is_set = [](const char* name) {
        const char* const value = std::getenv(name);
        return value != nullptr && *value != '\0';
    };
    if (!is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY"))
        return false;
    std::string opener = "xdg-open";
    std::string argument = path;
    char* const words[] = {opener.data(), argument.data(), nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        ::posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0);
    posix_spawnattr_t attributes; // in a session of its own, so that it outlives the terminal
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    pid_t pid = 0;
    const int failed = ::posix_spawnp(&pid, opener.c_str(), &actions, &attributes, words, environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    return failed == 0;
}

void show_page(const scopetree::session& source, const scopetree::text_options& chosen) {
    const std::string path = temporary_page();
    scopetree::write_output({path, format::html}, source, chosen);
    if (open_in_browser(path))
        complain("opening " + path);
    else
        complain("the page is " + path);
}

} // namespace

void complain(std::string_view what) {
    constexpr std::string_view prefix = "scopetree: ";
    if (what.substr(0, prefix.size()) == prefix)
        what.remove_prefix(prefix.size());
    const std::string line = std::string(prefix) + std::string(what) + "\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written >= 0)
            text.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            throw std::runtime_error(std::string("cannot write: ") + std::strerror(errno));
    }
}

format format_of(const command_line& line) {
    if (line.format)
        return *line.format;
    if (line.output.empty() || line.output == "-")
        return format::text;
    if (const auto found = scopetree::format_of(line.output))
        return *found;
    throw usage_error(
        "--output: the ending of " + scopetree::detail::quoted(line.output) +
        " names no format; accepted endings: " + std::string(scopetree::detail::output_endings) +
        "; or name the format with --renderer");
}

void check_report(const command_line& line) {
    const scopetree::text_options& text = line.settings.text;
    const format chosen = format_of(line);
    if (text.flat && text.timeline)
        throw usage_error("--flat and --timeline exclude each other: a flat list has no order");
    if (text.timeline && text.threads == scopetree::thread_display::merged)
        throw usage_error("--merge-threads and --timeline exclude each other: what threads do at "
                          "the same time has no order");
    if (*line.chosen == command::diff && chosen != format::text)
        throw usage_error("diff writes text and nothing else");
    if (*line.chosen == command::diff && text.clock == scopetree::report_clock::both)
        throw usage_error("diff shows one clock: --clock wall or --clock cpu");
    const bool to_descriptor = line.output.empty() || line.output == "-";
    if (*line.chosen == command::run && line.output.empty() && chosen != format::text &&
        chosen != format::html)
        throw usage_error("run writes what is not text to a file: name it with --output");
    if (to_descriptor && chosen == format::pprof && ::isatty(STDOUT_FILENO) == 1)
        throw usage_error("pprof's format is not for terminals: name a file with --output");
}

void deliver(const scopetree::session& source, const command_line& line, int descriptor) {
    const scopetree::text_options& chosen = line.settings.text;
    const format wanted = format_of(line);
    if (!line.output.empty() && line.output != "-") {
        scopetree::write_output({line.output, wanted}, source, chosen);
        return;
    }
    if (line.output == "-")
        descriptor = STDOUT_FILENO;
    if (wanted == format::html && (descriptor == STDERR_FILENO || ::isatty(descriptor) == 1)) {
        show_page(source, chosen);
        return;
    }
    std::ostringstream text;
    if (wanted == format::text)
        scopetree::write_text(text, source, chosen, scopetree::terminal_for(descriptor, chosen));
    else
        scopetree::detail::writer_of(wanted)(text, source, chosen);
    write_all(descriptor, text.str());
}

void deliver_difference(const scopetree::session& before, const scopetree::session& after,
                        const command_line& line) {
    const scopetree::text_options& chosen = line.settings.text;
    const scopetree::session_diff difference = scopetree::diff(before, after);
    if (line.output.empty() || line.output == "-") {
        std::ostringstream text;
        scopetree::write_text(text, difference, chosen,
                              scopetree::terminal_for(STDOUT_FILENO, chosen));
        write_all(STDOUT_FILENO, text.str());
        return;
    }
    const std::error_code failed =
        scopetree::detail::write_whole_file(line.output, 0666, [&](std::ostream& stream) {
            scopetree::write_text(stream, difference, chosen);
        });
    if (failed)
        throw std::runtime_error("cannot write " + line.output + ": " + failed.message());
}

} // namespace cli
