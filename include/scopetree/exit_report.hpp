/// Profiling that starts by itself at the first scope, and the report when the program ends.
#ifndef SCOPETREE_EXIT_REPORT_HPP
#define SCOPETREE_EXIT_REPORT_HPP

#include <scopetree/environment.hpp>
#include <scopetree/profiler.hpp>
#include <scopetree/render/terminal.hpp>
#include <scopetree/render/text.hpp>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>

#include <pthread.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The run of this process that nobody started by hand. Never destroyed: threads may outlive main.
struct automatic_run {
    settings chosen;
    profiler running;

    explicit automatic_run(const settings& from)
        : chosen(from), running(from.sampling, starts_by_itself{}) {}
};

inline automatic_run*& the_automatic_run() noexcept {
    static automatic_run* run = nullptr;
    return run;
}

/// The profiler's own complaints. Written at once, so that lines of threads do not mix.
inline void complain(const std::string& what) noexcept {
    const std::string line = "scopetree: " + what + "\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

inline void write_output(const session& result, const settings& chosen, const output_file& output) {
    std::ofstream file(output.path, std::ios::binary);
    write_text(file, result, chosen.text);
    file.flush();
    if (!file)
        complain("SCOPETREE_OUTPUT: cannot write " + output.path + ": " + std::strerror(errno));
}

/// Names what this version cannot do yet and leaves it out: a report in another shape beats none.
inline void leave_out_unsupported(settings& chosen) {
    auto& outputs = chosen.outputs;
    for (std::size_t i = outputs.size(); i-- > 0;)
        if (outputs[i].format != output_format::text) {
            complain("SCOPETREE_OUTPUT: " + outputs[i].path +
                     " is left out: this version writes text reports (.txt) only");
            outputs.erase(outputs.begin() + static_cast<std::ptrdiff_t>(i));
        }
    if (chosen.text.timeline) {
        complain("SCOPETREE_TIMELINE is ignored: this version records no timeline");
        chosen.text.timeline = false;
    }
}

/// While it lives, writing to a pipe that nobody reads is an error of write, not a deadly signal.
class broken_pipe_survivor {
public:
    broken_pipe_survivor() noexcept {
        ::sigemptyset(&pipe_signal_);
        ::sigaddset(&pipe_signal_, SIGPIPE);
        ::sigpending(&pending_before_);
        ::pthread_sigmask(SIG_BLOCK, &pipe_signal_, &mask_before_);
    }
    ~broken_pipe_survivor() {
        const timespec at_once = {};
        if (::sigismember(&pending_before_, SIGPIPE) == 0)
            ::sigtimedwait(&pipe_signal_, nullptr, &at_once);
        ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
    }
    broken_pipe_survivor(const broken_pipe_survivor&) = delete;
    broken_pipe_survivor& operator=(const broken_pipe_survivor&) = delete;

private:
    sigset_t pipe_signal_, pending_before_, mask_before_;
};

/// To standard error in one piece.
inline void print_report(const session& result, const text_options& chosen) {
    std::ostringstream text;
    write_text(text, result, chosen, terminal_for(STDERR_FILENO, chosen));
    const std::string bytes = text.str();
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t written = ::write(STDERR_FILENO, bytes.data() + done, bytes.size() - done);
        if (written > 0)
            done += static_cast<std::size_t>(written);
        else if (errno != EINTR)
            return;
    }
}

/// Registered with atexit. Whatever goes wrong must not change how the program ends.
inline void report_at_exit() noexcept {
    automatic_run* const run = the_automatic_run();
    if (run == nullptr || !run->running.is_running())
        return;
    const broken_pipe_survivor survivor;
    try {
        resolve_options symbols;
        symbols.library_paths = run->chosen.library_paths;
        const session result = run->running.stop(symbols);
        for (const output_file& output : run->chosen.outputs)
            write_output(result, run->chosen, output);
        if (run->chosen.outputs.empty())
            print_report(result, run->chosen.text);
    } catch (const std::exception& error) {
        complain(std::string("no report: ") + error.what());
    }
}

inline void start_automatic_run() noexcept {
    try {
        const auto lookup = [](const char* name) {
            const char* const value = std::getenv(name);
            return value == nullptr ? std::nullopt : std::optional<std::string>(value);
        };
        environment_settings read =
            read_environment(lookup, ::getpid(), environment_names(environ));
        for (const std::string& error : read.errors)
            complain(error);
        if (!read.values.enabled) {
            own_registry().decide();
            return;
        }
        leave_out_unsupported(read.values);
        the_automatic_run() = new automatic_run(read.values);
        the_automatic_run()->running.start();
        std::atexit(&report_at_exit);
    } catch (const std::exception& error) {
        own_registry().decide();
        complain(std::string("not profiling: ") + error.what());
    }
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

/// The registry calls this when the first scope is met. Other threads that meet one wait here.
extern "C" __attribute__((weak, used, visibility("hidden"))) void scopetree_first_scope() {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    ::pthread_once(&once, [] { scopetree::detail::start_automatic_run(); });
}

#endif
