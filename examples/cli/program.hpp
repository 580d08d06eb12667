/// The program that `scopetree run` starts.
#ifndef SCOPETREE_EXAMPLES_CLI_PROGRAM_HPP
#define SCOPETREE_EXAMPLES_CLI_PROGRAM_HPP

#include <stdexcept>
#include <string>
#include <vector>

#include <signal.h>
#include <sys/types.h>

namespace cli {

/// The program cannot be started or not be profiled.
class program_error : public std::runtime_error {
public:
    program_error(int status, const std::string& what)
        : std::runtime_error(what), exit_status(status) {}
    int exit_status; ///< 127: there is no such program; 126: it is there
};

/// The file that a shell would run for `name`. Throws program_error if there is none, or if no
/// library can be loaded into it.
std::string find_program(const std::string& name);

/// A program in a process of its own. While an object lives, the signals that ask a process to end
/// are the program's to answer.
class child_process {
public:
    /// Throws program_error.
    child_process(const std::string& path, const std::vector<std::string>& words,
                  const std::vector<std::string>& environment);
    ~child_process();
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    pid_t pid() const { return pid_; }

    /// Hands signals on to the process for some 0.2 s, or until it has ended: true.
    bool wait();

    /// What waitpid says of it, after it has ended.
    int status() const { return status_; }

private:
    sigset_t waited_for_;
    sigset_t mask_before_;
    pid_t pid_ = 0;
    int status_ = 0;
};

} // namespace cli

#endif
