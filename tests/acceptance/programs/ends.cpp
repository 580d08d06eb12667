// A program that knows nothing of scopetree, works, and ends in one of many ways.
//     ends WAY [WORD...]

#include "../support/program.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

TEST_OWN_FRAME void work_before_the_end() {
    test::work(20'000'000);
}

/// How often the profiler has looked at this program: a thread of its sleeps in between. None:
/// enough.
long looks() {
    long most = -1;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream status(task.path() / "status");
        std::string name, word;
        status >> word >> name;
        while (name == "scopetree" && status >> word)
            if (word == "voluntary_ctxt_switches:") {
                long count = 0;
                status >> count;
                most = std::max(most, count);
            }
    }
    return most < 0 ? 1'000 : most;
}

void say(const char* text) {
    [[maybe_unused]] const ssize_t written = ::write(STDOUT_FILENO, text, std::strlen(text));
}

void end_in_handler(int) {
    say("handled\n");
    ::_exit(21);
}

/// Prints what the program would print without a profiler: "default" for each.
int ask_for_actions() {
    for (const int signal : {SIGHUP, SIGINT, SIGPIPE, SIGTERM}) {
        struct sigaction found {};
        ::sigaction(signal, nullptr, &found);
        const bool by_default = (found.sa_flags & SA_SIGINFO) == 0 && found.sa_handler == SIG_DFL;
        say(by_default && std::signal(signal, SIG_DFL) == SIG_DFL ? "default\n" : "changed\n");
    }
    return 0;
}

int wait_for(int signal) {
    sigset_t waited;
    ::sigemptyset(&waited);
    ::sigaddset(&waited, signal);
    ::sigprocmask(SIG_BLOCK, &waited, nullptr);
    ::raise(signal);
    int got = 0;
    ::sigwait(&waited, &got);
    return got == signal ? 22 : 1;
}

int read_signal(int signal) {
    sigset_t waited;
    ::sigemptyset(&waited);
    ::sigaddset(&waited, signal);
    ::sigprocmask(SIG_BLOCK, &waited, nullptr);
    const int file = ::signalfd(-1, &waited, SFD_CLOEXEC);
    ::raise(signal);
    signalfd_siginfo got{};
    return ::read(file, &got, sizeof got) == sizeof got ? 23 : 1;
}

/// Its children end in ways of their own, and report nothing.
int have_children() {
    for (const char* const way : {"exit", "_exit", "signal"}) {
        const pid_t child = ::fork();
        if (child == 0) {
            if (std::strcmp(way, "exit") == 0)
                std::exit(1);
            if (std::strcmp(way, "_exit") == 0)
                ::_exit(2);
            ::raise(SIGTERM);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        say(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM ? "terminated\n"
            : WEXITSTATUS(status) == 1                         ? "1\n"
            : WEXITSTATUS(status) == 2                         ? "2\n"
                                                               : "?\n");
    }
    const pid_t child = ::vfork();
    if (child == 0)
        ::_exit(3);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status) == 3 ? 24 : 1;
}

/// The rest of the words, through one of the functions.
int become_another(const std::string& function, char** words) {
    char changed[] = "ADDED=1";
    char* const environment[] = {changed, nullptr};
    if (function == "execv")
        ::execv(words[0], words);
    if (function == "execve")
        ::execve(words[0], words, environment);
    if (function == "execvp")
        ::execvp(words[0], words);
    if (function == "execvpe")
        ::execvpe(words[0], words, environment);
    if (function == "execl")
        ::execl(words[0], words[0], words[1], static_cast<char*>(nullptr));
    if (function == "execlp")
        ::execlp(words[0], words[0], words[1], static_cast<char*>(nullptr));
    if (function == "execle")
        ::execle(words[0], words[0], words[1], static_cast<char*>(nullptr), environment);
    std::perror("exec");
    return 1;
}

} // namespace

int main(int count, char** words) {
    const std::string way = count > 1 ? words[1] : "";
    if (way == "actions")
        return ask_for_actions();
    if (way.compare(0, 4, "exec") == 0)
        return become_another(way, words + 2);
    do
        work_before_the_end();
    while (looks() < 30); // on a busy machine it begins late
    if (way == "_exit")
        ::_exit(11);
    if (way == "_Exit")
        std::_Exit(12);
    if (way == "quick_exit")
        std::quick_exit(13);
    if (way == "_exit elsewhere")
        std::thread([] { ::_exit(14); }).join();
    if (way == "signal") {
        ::kill(::getpid(), std::atoi(words[2]));
        say("after the signal\n"); // it must not get here
        for (;;)
            ::pause();
    }
    if (way == "restored") {
        std::signal(SIGTERM, [](int) {});
        std::signal(SIGTERM, SIG_DFL);
        ::raise(SIGTERM);
    }
    if (way == "handler") {
        std::signal(SIGTERM, &end_in_handler);
        ::raise(SIGTERM);
    }
    if (way == "ignored") {
        std::signal(SIGTERM, SIG_IGN);
        ::raise(SIGTERM);
        return 20;
    }
    if (way == "sigwait")
        return wait_for(SIGTERM);
    if (way == "signalfd")
        return read_signal(SIGINT);
    if (way == "children")
        return have_children();
    return 0;
}
