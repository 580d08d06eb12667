/// Starts a program under test and takes in all it has to say.
#ifndef SCOPETREE_TESTS_ACCEPTANCE_PROCESS_HPP
#define SCOPETREE_TESTS_ACCEPTANCE_PROCESS_HPP

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace test {

/// How a process ended and what it wrote.
struct outcome {
    int exit_code = -1; ///< -1: killed
    int signal = 0;     ///< that killed it
    bool timed_out = false;
    std::string out;
    std::string error;
};

class pipe_pair {
public:
    pipe_pair() {
        if (::pipe2(ends_, O_CLOEXEC) != 0)
            throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
    }
    ~pipe_pair() {
        close(0);
        close(1);
    }
    pipe_pair(const pipe_pair&) = delete;
    pipe_pair& operator=(const pipe_pair&) = delete;

    int operator[](int end) const { return ends_[end]; }
    void close(int end) {
        if (ends_[end] >= 0)
            ::close(ends_[end]);
        ends_[end] = -1;
    }

private:
    int ends_[2] = {-1, -1};
};

/// Ours without any SCOPETREE variable, and with the given ones. Ours has a folder for sessions
/// that is gone after the tests: XDG_STATE_HOME, see main.cpp.
inline std::vector<std::string> environment_with(const std::vector<std::string>& variables) {
    std::vector<std::string> result = variables;
    const auto is_given = [&](const std::string& entry) {
        const std::string start = entry.substr(0, entry.find('=') + 1);
        return std::any_of(variables.begin(), variables.end(), [&](const std::string& given) {
            return given.compare(0, start.size(), start) == 0;
        });
    };
    for (char** entry = environ; *entry != nullptr; ++entry)
        if (std::strncmp(*entry, "SCOPETREE", 9) != 0 && !is_given(*entry))
            result.emplace_back(*entry);
    return result;
}

inline std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

inline pid_t spawn(std::vector<std::string> words, const std::vector<std::string>& variables,
                   int out, int error) {
    std::vector<std::string> environment = environment_with(variables);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO);
    pid_t pid = 0;
    const int failed = ::posix_spawnp(&pid, words[0].c_str(), &actions, nullptr,
                                      pointers_to(words).data(), pointers_to(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        throw std::runtime_error(words[0] + ": " + std::strerror(failed));
    return pid;
}

/// Reads both until both are closed. False when that takes longer than the time limit.
inline bool read_all(int out, std::string& out_text, int error, std::string& error_text,
                     std::chrono::seconds limit) {
    using clock = std::chrono::steady_clock;
    const auto deadline = clock::now() + limit;
    pollfd ends[2] = {{out, POLLIN, 0}, {error, POLLIN, 0}};
    std::string* const texts[2] = {&out_text, &error_text};
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now()).count();
        if (left <= 0)
            return false;
        if (::poll(ends, 2, static_cast<int>(left)) <= 0)
            continue;
        for (int i = 0; i < 2; ++i) {
            if (ends[i].fd < 0 || ends[i].revents == 0)
                continue;
            char buffer[65536];
            const ssize_t count = ::read(ends[i].fd, buffer, sizeof buffer);
            if (count > 0)
                texts[i]->append(buffer, static_cast<std::size_t>(count));
            else if (count == 0 || errno != EINTR)
                ends[i].fd = -1;
        }
    }
    return true;
}

/// Runs a command to its end. `words[0]` is looked up in the path if it has no slash.
inline outcome run_command(const std::vector<std::string>& words,
                           const std::vector<std::string>& variables = {},
                           std::chrono::seconds limit = std::chrono::seconds(120)) {
    pipe_pair out, error;
    const pid_t pid = spawn(words, variables, out[1], error[1]);
    out.close(1);
    error.close(1);
    outcome result;
    result.timed_out = !read_all(out[0], result.out, error[0], result.error, limit);
    if (result.timed_out)
        ::kill(pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status))
        result.exit_code = WEXITSTATUS(status);
    else
        result.signal = WTERMSIG(status);
    return result;
}

/// The path of a program, plugin or library that was built for these tests.
inline std::string built(const std::string& name) {
    return std::string(SCOPETREE_PROGRAM_DIR) + "/" + name;
}

/// Runs one of the programs in programs/.
inline outcome run(const std::string& program, const std::vector<std::string>& arguments = {},
                   const std::vector<std::string>& variables = {}) {
    std::vector<std::string> words{built(program)};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return run_command(words, variables);
}

/// The lines `name = value` of a program's output; asking for one that is not there throws.
class figures {
public:
    explicit figures(const std::string& text) {
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            const std::size_t sign = line.rfind(" = ");
            if (sign != std::string::npos)
                values_[line.substr(0, sign)] = std::strtod(line.c_str() + sign + 3, nullptr);
        }
    }
    double operator[](const std::string& name) const {
        const auto found = values_.find(name);
        if (found == values_.end())
            throw std::runtime_error("the program did not print " + name);
        return found->second;
    }

private:
    std::map<std::string, double> values_;
};

} // namespace test

#endif
