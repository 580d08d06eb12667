/// Profiling that starts by itself at the first scope, and the report when the program ends.
#ifndef SCOPETREE_EXIT_REPORT_HPP
#define SCOPETREE_EXIT_REPORT_HPP

#include <scopetree/capture/live_slot.hpp>
#include <scopetree/environment.hpp>
#include <scopetree/model/session_store.hpp>
#include <scopetree/profiler.hpp>
#include <scopetree/render/output.hpp>
#include <scopetree/render/terminal.hpp>
#include <scopetree/render/text.hpp>
#include <scopetree/report_thread.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The run of this process that nobody started by hand. Never destroyed: threads may outlive main.
struct automatic_run {
    settings chosen;
    profiler running;
    std::mutex in_use; ///< of the profiler: a signal may ask for a report while exit makes one
    const pid_t pid = ::getpid();

    explicit automatic_run(const settings& from)
        : chosen(from), running(from.sampling, starts_by_itself{}) {}
};

inline automatic_run*& the_automatic_run() noexcept {
    static automatic_run* run = nullptr;
    return run;
}

/// Whether the process was started without standard error. What takes its number later is a file of
/// the program's, and not to be written to.
inline bool started_without_stderr = false;
__attribute__((constructor, used)) inline void notice_closed_stderr() noexcept {
    started_without_stderr = ::fcntl(STDERR_FILENO, F_GETFD) < 0;
}

/// The profiler's own complaints. Written at once, so that lines of threads do not mix.
inline void complain(const std::string& what) noexcept {
    const std::string line = "scopetree: " + what + "\n";
    if (started_without_stderr)
        return;
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

/// What an error says, which names the profiler itself.
inline std::string text_of(const std::exception& error) {
    constexpr std::string_view prefix = "scopetree: ";
    const std::string_view text = error.what();
    return std::string(text.substr(text.substr(0, prefix.size()) == prefix ? prefix.size() : 0));
}

inline void write_or_complain(const session& result, const settings& chosen,
                              const output_file& output) {
    try {
        write_output(output, result, chosen.text);
    } catch (const std::exception& error) {
        complain("SCOPETREE_OUTPUT: " + text_of(error));
    }
}

/// Names what this version cannot do yet and leaves it out: a report in another shape beats none.
inline void leave_out_unsupported(settings& chosen) {
    auto& outputs = chosen.outputs;
    for (std::size_t i = outputs.size(); i-- > 0;)
        if (!can_write(outputs[i].format)) {
            complain("SCOPETREE_OUTPUT: " + outputs[i].path +
                     " is left out: this version does not write that format");
            outputs.erase(outputs.begin() + static_cast<std::ptrdiff_t>(i));
        }
}

/// While it lives, writing to a pipe that nobody reads, or beyond the size that files may have, is
/// an error of write, not a deadly signal.
class write_signals_blocked {
public:
    write_signals_blocked() noexcept {
        sigset_t pending;
        ::sigpending(&pending);
        ::sigemptyset(&blocked_);
        ::sigemptyset(&ours_);
        for (const int signal : {SIGPIPE, SIGXFSZ}) {
            ::sigaddset(&blocked_, signal);
            if (::sigismember(&pending, signal) == 0)
                ::sigaddset(&ours_, signal);
        }
        ::pthread_sigmask(SIG_BLOCK, &blocked_, &mask_before_);
    }
    ~write_signals_blocked() {
        const timespec at_once = {};
        while (::sigtimedwait(&ours_, nullptr, &at_once) > 0) {
        }
        ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
    }
    write_signals_blocked(const write_signals_blocked&) = delete;
    write_signals_blocked& operator=(const write_signals_blocked&) = delete;

private:
    sigset_t blocked_, ours_, mask_before_;
};

/// Whether a report of the run's requests has been put out: another one, of its threads, behind it
/// would bury it.
inline std::atomic<bool> requests_are_reported{false};

/// Reports the requests, if anybody does: before the run is over, though its own end comes later,
/// as that of an object with static storage, or never.
class requests_reporter {
public:
    virtual void shutdown() noexcept = 0;

protected:
    ~requests_reporter() = default;
};

/// Never destroyed: exit may report when all else is.
inline live_slot<requests_reporter>& the_requests_reporter() {
    static auto* const slot = new live_slot<requests_reporter>;
    return *slot;
}

/// To standard error in one piece.
inline void print(const std::string& bytes) noexcept {
    if (started_without_stderr)
        return;
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t written = ::write(STDERR_FILENO, bytes.data() + done, bytes.size() - done);
        if (written > 0)
            done += static_cast<std::size_t>(written);
        else if (errno != EINTR)
            return;
    }
}

/// `id`: what the session is kept as, if it is.
inline void print_report(const session& result, const text_options& chosen,
                         const std::string& id = {}) {
    std::ostringstream text;
    write_text(text, result, chosen, terminal_for(STDERR_FILENO, chosen));
    if (!id.empty())
        text << show_again_hint(id);
    print(text.str());
}

/// Keeps the session for looking at it again, and prints its report unless files were asked for.
/// Where the requests have been reported, it only says how to see the rest.
inline void keep_and_print(const session& result, const settings& chosen) {
    std::string id;
    std::string failure;
    try {
        id = session_store::of_user().keep(result).id;
    } catch (const std::exception& error) {
        failure = "the session is not kept: " + text_of(error);
    }
    if (chosen.outputs.empty() && requests_are_reported.load() && !id.empty())
        print("What the threads did, requests or not:\n    scopetree show --prev " + id + "\n");
    else if (chosen.outputs.empty())
        print_report(result, chosen.text, id);
    if (!failure.empty())
        complain(failure);
}

inline void deliver(const session& result, const settings& chosen) {
    for (const output_file& output : chosen.outputs)
        write_or_complain(result, chosen, output);
    keep_and_print(result, chosen);
}

/// Makes the report of the run so far or, if it `ends`, of all of it. Whatever goes wrong must not
/// change what the program does.
inline void report_automatic_run(bool ends) noexcept {
    automatic_run* const run = the_automatic_run();
    if (run == nullptr || run->pid != ::getpid()) // a forked child's lock may be held for ever
        return;
    try {
        if (ends)
            the_requests_reporter().with([](requests_reporter& each) { each.shutdown(); });
        const std::lock_guard<std::mutex> locked(run->in_use);
        if (!run->running.is_running())
            return;
        const write_signals_blocked blocked;
        resolve_options symbols;
        symbols.library_paths = run->chosen.library_paths;
        deliver(ends ? run->running.stop(symbols) : run->running.snapshot(symbols), run->chosen);
    } catch (const std::exception& error) {
        complain("no report: " + text_of(error));
    }
}

/// Registered with atexit and at_quick_exit.
inline void report_at_exit() noexcept {
    report_automatic_run(true);
    report_thread* const thread = the_report_thread.load(std::memory_order_acquire);
    while (thread != nullptr && thread->is_of_this_process() && thread->is_ending())
        ::pause(); // a signal has been faster
}

/// Lets signals ask for reports, where that is wanted.
inline void watch_signals(const settings& chosen) {
    if (chosen.report_on.empty() && chosen.snapshot_on.empty())
        return;
    the_report_thread = new report_thread([]() noexcept { report_automatic_run(true); },
                                          []() noexcept { report_automatic_run(false); });
    if (!the_report_thread.load()->start(*find_registry())) {
        complain("no report on signals: the kernel refuses a thread");
        return;
    }
    for (const int signal : chosen.report_on)
        handle_where_default(signal, &handle_deadly_signal);
    for (const int signal : chosen.snapshot_on)
        handle_where_default(signal, &handle_snapshot_signal);
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
        watch_signals(read.values); // first: its thread is none of those that are sampled
        the_automatic_run()->running.start();
        std::atexit(&report_at_exit);
        ::at_quick_exit(&report_at_exit);
    } catch (const std::exception& error) {
        own_registry().decide();
        complain("not profiling: " + text_of(error));
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
