/// A program that becomes another one by exec is followed.
#ifndef SCOPETREE_EXAMPLES_CLI_PRELOAD_FOLLOW_HPP
#define SCOPETREE_EXAMPLES_CLI_PRELOAD_FOLLOW_HPP

#include <string>

namespace preload {

/// Whatever this process becomes by exec gets the two into its environment; what it starts as
/// processes of their own does not. `order`: the variable with its name, `library`: a path.
void follow(const std::string& order, const std::string& library);

} // namespace preload

#endif
