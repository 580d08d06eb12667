// libscopetree-preload.so: profiles the program that the loader puts it into. It brings the parts
// of Boost that it needs: the program may have other ones, or none.

#include "../order.hpp"
#include "follow.hpp"
#include "next.hpp"
#include "signals.hpp"

#include <scopetree/model/session_file.hpp>
#include <scopetree/profiler.hpp>
#include <scopetree/report_thread.hpp>

#include <boost/json/src.hpp>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>

#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

namespace detail = scopetree::detail;

/// Never destroyed: threads may outlive main.
struct preloaded_run {
    explicit preloaded_run(const cli::order& from) : given(from), running(from.sampling) {}

    cli::order given;
    scopetree::profiler running;
    std::mutex in_use; ///< of the profiler: a signal may come while exit makes the report
    const pid_t pid = ::getpid();
};

preloaded_run* the_run = nullptr;

/// The program's entry `name=…`. Not getenv and the like: a shell has functions of these names, and
/// they do not work yet.
char** find_entry(const char* name) {
    const std::size_t size = std::strlen(name);
    char** entry = environ;
    while (entry != nullptr && *entry != nullptr &&
           (std::strncmp(*entry, name, size) != 0 || (*entry)[size] != '='))
        ++entry;
    return entry;
}

void remove_entry(char** entry) {
    for (; *entry != nullptr; ++entry)
        *entry = entry[1];
}

/// Takes the path of this library, which is the first, out of LD_PRELOAD.
std::string take_library() {
    char** const entry = find_entry("LD_PRELOAD");
    if (entry == nullptr || *entry == nullptr)
        return {};
    char* const value = *entry + std::strlen("LD_PRELOAD=");
    const std::string path(value, std::strcspn(value, ":"));
    if (const char* const others = std::strchr(value, ':'))
        std::memmove(value, others + 1, std::strlen(others));
    else
        remove_entry(entry);
    return path;
}

/// Takes what the command has put into the environment out of it again: the program must not see
/// it, and the programs that it starts are their own. What it becomes by exec is followed.
std::optional<cli::order> take_order() {
    char** const entry = find_entry(cli::order_variable);
    if (entry == nullptr || *entry == nullptr)
        return std::nullopt;
    std::optional<cli::order> given =
        cli::read_order(*entry + std::strlen(cli::order_variable) + 1);
    remove_entry(entry);
    const std::string library = take_library();
    if (!given || (given->pid != 0 && given->pid != ::getpid()))
        return std::nullopt;
    given->pid = ::getpid();
    preload::follow(std::string(cli::order_variable) + "=" + cli::text_of(*given), library);
    return given;
}

void complain(const cli::order& given, const char* what) {
    std::ofstream(given.folder + cli::complaint_file) << what;
}

/// Whoever comes first does it; others wait until it is done.
void save_session() noexcept {
    if (the_run == nullptr || the_run->pid != ::getpid())
        return;
    const std::lock_guard<std::mutex> locked(the_run->in_use);
    if (!the_run->running.is_running())
        return;
    const cli::order& given = the_run->given;
    sigset_t blocked; // that a file may not become so large is an error of write then
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGXFSZ);
    ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    try {
        const std::string naming = given.folder + cli::naming_file;
        ::close(::creat(naming.c_str(), 0600)); // quickly: this is sampled still
        const scopetree::session result = the_run->running.stop({given.library_paths});
        ::unlink(naming.c_str());
        result.save(given.folder + "/" + std::to_string(::getpid()) + cli::session_file);
    } catch (const std::exception& error) {
        complain(given, error.what());
    }
}

/// Null where nothing can report but exit itself.
detail::report_thread* report_thread_here() noexcept {
    detail::report_thread* const thread = detail::the_report_thread.load();
    return thread != nullptr && thread->is_of_this_process() ? thread : nullptr;
}

void save_at_exit() noexcept {
    save_session();
    const detail::report_thread* const thread = report_thread_here();
    while (thread != nullptr && thread->is_ending())
        ::pause(); // a signal has been faster
}

/// Without it, there is no report where a signal or _exit ends the program.
void start_report_thread() {
    auto* const thread = new detail::report_thread(&save_session, []() noexcept {});
    if (!thread->start(*detail::find_registry()))
        return;
    detail::the_report_thread = thread;
    for (const int signal : preload::deadly_signals)
        preload::watch(signal);
}

/// In handlers and in forked children, too.
[[noreturn]] void end_at_once(int status) noexcept {
    if (detail::report_thread* const thread = report_thread_here()) {
        thread->ask_for_report(0);
        thread->wait();
    }
    for (;;)
        ::syscall(SYS_exit_group, status);
}

/// A program that was built with scopetree has a profiler, and perhaps plans for it: that one is
/// told what to do when it starts by itself.
void instruct_profiler_of_program(const cli::order& given) {
    const std::string output = given.folder + "/%p" + cli::session_file;
    const std::string interval = std::to_string(given.sampling.interval.count()) + "ns";
    ::setenv("SCOPETREE", "on", 1);
    ::setenv("SCOPETREE_THREADS", "all", 1);
    ::setenv("SCOPETREE_INTERVAL", interval.c_str(), 1);
    if (given.sampling.timeline)
        ::setenv("SCOPETREE_TIMELINE", "on", 1);
    ::setenv("SCOPETREE_OUTPUT", output.c_str(), 1);
    ::setenv("SCOPETREE_REPORT_ON", "SIGHUP,SIGINT,SIGPIPE,SIGTERM", 1);
}

struct starts_with_the_program {
    starts_with_the_program() noexcept {
        const std::optional<cli::order> given = take_order();
        if (!given)
            return;
        try {
            const scopetree::scopes::scope_runtime* const found = scopetree::scopes::find_runtime();
            if (found != nullptr && found->registry != &detail::own_registry()) {
                instruct_profiler_of_program(*given);
                return;
            }
            the_run = new preloaded_run(*given);
            start_report_thread(); // first: it is no part of what is sampled
            the_run->running.start();
            std::atexit(&save_at_exit);
            ::at_quick_exit(&save_at_exit);
        } catch (const std::exception& error) {
            complain(*given, error.what());
        }
    }
} const start;

} // namespace

PRELOAD_EXPORT void _exit(int status) {
    end_at_once(status);
}

PRELOAD_EXPORT void _Exit(int status) noexcept {
    end_at_once(status);
}
