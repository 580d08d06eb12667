// libscopetree-preload.so: profiles the program that the loader puts it into. It brings the parts
// of Boost that it needs: the program may have other ones, or none.

#include "../order.hpp"

#include <scopetree/model/session_file.hpp>
#include <scopetree/profiler.hpp>

#include <boost/json/src.hpp>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <optional>
#include <string>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

namespace {

/// Never destroyed: threads may outlive main.
struct preloaded_run {
    explicit preloaded_run(const cli::order& from) : given(from), running(from.sampling) {}

    cli::order given;
    scopetree::profiler running;
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

/// Takes what the command has put into the environment out of it again: the program must not see
/// it, and the programs that it starts are their own.
std::optional<cli::order> take_order() {
    char** const entry = find_entry(cli::order_variable);
    if (entry == nullptr || *entry == nullptr)
        return std::nullopt;
    std::optional<cli::order> given =
        cli::read_order(*entry + std::strlen(cli::order_variable) + 1);
    remove_entry(entry);
    char** const preload = find_entry("LD_PRELOAD");
    if (*preload == nullptr)
        return given;
    char* const value = *preload + std::strlen("LD_PRELOAD=");
    if (const char* const others = std::strchr(value, ':')) // this library comes first
        std::memmove(value, others + 1, std::strlen(others));
    else
        remove_entry(preload);
    return given;
}

void complain(const cli::order& given, const char* what) {
    std::ofstream(given.folder + cli::complaint_file) << what;
}

void save_session() noexcept {
    if (the_run == nullptr || !the_run->running.is_running())
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
}

struct starts_with_the_program {
    starts_with_the_program() noexcept {
        const std::optional<cli::order> given = take_order();
        if (!given)
            return;
        try {
            const scopetree::scopes::scope_runtime* const found = scopetree::scopes::find_runtime();
            if (found != nullptr && found->registry != &scopetree::detail::own_registry()) {
                instruct_profiler_of_program(*given);
                return;
            }
            the_run = new preloaded_run(*given);
            the_run->running.start();
            std::atexit(&save_session);
        } catch (const std::exception& error) {
            complain(*given, error.what());
        }
    }
} const start;

} // namespace
