/// The commands, one function each. They return the exit status and throw what stops them.
#ifndef SCOPETREE_EXAMPLES_CLI_COMMANDS_HPP
#define SCOPETREE_EXAMPLES_CLI_COMMANDS_HPP

#include "options.hpp"

namespace cli {

int run(const command_line& line);
int show(const command_line& line);
int list();
int combine(const command_line& line);
int diff(const command_line& line);

} // namespace cli

#endif
