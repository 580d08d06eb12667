// The `scopetree` command: profiles programs as they are, and shows, combines and compares
// sessions.

#include "commands.hpp"
#include "options.hpp"
#include "report.hpp"

#include <scopetree/version.hpp>

#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

scopetree::settings settings_of_environment() {
    const auto lookup = [](const char* name) {
        const char* const value = std::getenv(name);
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
    scopetree::environment_settings read =
        scopetree::read_environment(lookup, ::getpid(), scopetree::environment_names(environ));
    for (const std::string& error : read.errors)
        cli::complain(error);
    return read.values;
}

int perform(const cli::command_line& line) {
    if (line.version) {
        cli::write_all(STDOUT_FILENO, "scopetree " SCOPETREE_VERSION "\n");
        return 0;
    }
    if (line.help) {
        cli::write_all(STDOUT_FILENO, cli::help_text(line.chosen));
        return 0;
    }
    switch (*line.chosen) {
    case cli::command::run:
        return cli::run(line);
    case cli::command::show:
        return cli::show(line);
    case cli::command::list:
        return cli::list();
    case cli::command::combine:
        return cli::combine(line);
    case cli::command::diff:
        return cli::diff(line);
    }
    return 1;
}

} // namespace

int main(int count, char** words) {
    try {
        return perform(
            cli::parse(std::vector<std::string>(words + (count > 0 ? 1 : 0), words + count),
                       settings_of_environment()));
    } catch (const cli::usage_error& error) {
        cli::complain(error.what());
        return 2;
    } catch (const std::exception& error) {
        cli::complain(error.what());
        return 1;
    }
}
