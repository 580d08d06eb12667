/// The command line of `scopetree`.
#ifndef SCOPETREE_EXAMPLES_CLI_OPTIONS_HPP
#define SCOPETREE_EXAMPLES_CLI_OPTIONS_HPP

#include <scopetree/environment.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// What was typed makes no sense; what() says what would.
class usage_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

enum class command : unsigned { run = 1, show = 2, list = 4, combine = 8, diff = 16 };

/// What was typed, read.
struct command_line {
    std::optional<command> chosen; ///< nothing: help or version is all that was asked for
    scopetree::settings settings;  ///< the environment's, and over them those of the options
    std::string output;            ///< of -o; empty: standard output, or for `run` standard error
    std::optional<scopetree::output_format> format; ///< of -r
    bool previous = false;                          ///< --prev
    bool by_name = false;                           ///< --by-name
    bool help = false;
    bool version = false;
    std::vector<std::string> operands; ///< files, ids, or the program to run and its arguments
};

/// Reads the words behind the program's name. `defaults` are what the environment chooses. Throws
/// usage_error.
command_line parse(const std::vector<std::string>& words, const scopetree::settings& defaults);

/// The help for a command, or without one for all of them.
std::string help_text(std::optional<command> about);

} // namespace cli

#endif
