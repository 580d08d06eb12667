/// Where reports go: a file, a pipe, a terminal or a browser.
#ifndef SCOPETREE_EXAMPLES_CLI_REPORT_HPP
#define SCOPETREE_EXAMPLES_CLI_REPORT_HPP

#include "options.hpp"

#include <scopetree/model/session.hpp>

#include <string>
#include <string_view>

namespace cli {

/// A line on standard error, with the command's name before it.
void complain(std::string_view what);

/// Writes all of `text` to a file descriptor. Throws std::runtime_error.
void write_all(int descriptor, std::string_view text);

/// The format that -r names, or else the ending of -o, or else text. Throws usage_error if the
/// ending means nothing.
scopetree::output_format format_of(const command_line& line);

/// Throws usage_error for options that exclude each other, before anything else is done.
void check_report(const command_line& line);

/// Writes the session's report to where -o says, else to `descriptor`. What cannot be shown there
/// is put into a file that is named, or opened.
void deliver(const scopetree::session& source, const command_line& line, int descriptor);

/// The same for what has changed; of formats there is text.
void deliver_difference(const scopetree::session& before, const scopetree::session& after,
                        const command_line& line);

} // namespace cli

#endif
