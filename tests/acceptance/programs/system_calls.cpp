// Every system call that a signal ends, and those that the kernel begins again, on threads that
// wait in them while they are sampled.
//     system_calls MILLISECONDS ROUNDS [naive]
//     system_calls short SECONDS

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int second_ns = 1'000'000'000;

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::exit(1);
}

int checked(int result, const char* what) {
    if (result < 0)
        give_up(what);
    return result;
}

/// What the calls wait for; nothing of it happens before release().
struct waited_for {
    int empty_pipe[2], full_pipe[2], empty_sockets[2], timed_sockets[2];
    int quiet_listener, timed_listener, crowded_listener;
    sockaddr_un crowded{};
    int epoll = checked(::epoll_create1(0), "epoll_create");
    int semaphores = checked(::semget(IPC_PRIVATE, 1, 0600), "semget");
    int messages = checked(::msgget(IPC_PRIVATE, 0600), "msgget");
    std::string lock_path = "/tmp/scopetree-flock-XXXXXX";
    int lock_file = checked(::mkstemp(lock_path.data()), "mkstemp");
    sem_t semaphore;
    std::uint32_t word = 0;
    pid_t child = 0;

    waited_for() {
        checked(::pipe(empty_pipe), "pipe");
        checked(::pipe(full_pipe), "pipe");
        checked(::socketpair(AF_UNIX, SOCK_STREAM, 0, empty_sockets), "socketpair");
        checked(::socketpair(AF_UNIX, SOCK_STREAM, 0, timed_sockets), "socketpair");
        ::fcntl(full_pipe[1], F_SETFL, O_NONBLOCK);
        const std::vector<char> block(65536);
        while (::write(full_pipe[1], block.data(), block.size()) > 0) {
        }
        ::fcntl(full_pipe[1], F_SETFL, 0);
        sockaddr_un ignored{};
        quiet_listener = listener(ignored);
        timed_listener = listener(ignored);
        crowded_listener = listener(crowded);
        for (;;) { // until its queue is full
            const int one = checked(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
            if (::connect(one, reinterpret_cast<sockaddr*>(&crowded), sizeof crowded) != 0)
                break;
        }
        checked(::flock(lock_file, LOCK_EX), "flock");
        ::sem_init(&semaphore, 0, 0);
        child = ::fork();
        if (child == 0)
            for (;;)
                ::pause();
    }

    static int listener(sockaddr_un& address) {
        static int count = 0;
        const int made = checked(::socket(AF_UNIX, SOCK_STREAM, 0), "socket");
        address.sun_family = AF_UNIX;
        std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "scopetree-%d-%d",
                      static_cast<int>(::getpid()), ++count);
        checked(::bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
        checked(::listen(made, 0), "listen");
        return made;
    }

    void release() {
        checked(static_cast<int>(::write(empty_pipe[1], "x", 1)), "write");
        std::vector<char> block(1 << 20);
        checked(static_cast<int>(::read(full_pipe[0], block.data(), block.size())), "read");
        checked(static_cast<int>(::send(empty_sockets[1], "x", 1, 0)), "send");
        ::shutdown(quiet_listener, SHUT_RDWR);
        ::shutdown(crowded_listener, SHUT_RDWR);
        ::flock(lock_file, LOCK_UN);
        ::kill(child, SIGKILL);
    }

    void clean_up() const {
        ::semctl(semaphores, 0, IPC_RMID);
        ::msgctl(messages, IPC_RMID, nullptr);
        ::unlink(lock_path.c_str());
    }
};

waited_for* there = nullptr;
std::int64_t deadline = 0;
std::atomic<bool> released{false};

timespec left() {
    const std::int64_t ns = std::max<std::int64_t>(deadline - test::wall_ns(), 0);
    return {ns / second_ns, static_cast<long>(ns % second_ns)};
}
int left_ms() {
    return static_cast<int>(std::max<std::int64_t>(deadline - test::wall_ns(), 0) / 1'000'000);
}
timespec deadline_by_wall() {
    const std::int64_t at = test::read_clock(CLOCK_REALTIME) + deadline - test::wall_ns();
    return {at / second_ns, static_cast<long>(at % second_ns)};
}
void set_timeout(int socket) {
    const timespec rest = left();
    const timeval limit{rest.tv_sec, rest.tv_nsec / 1000 + 1};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

/// A call, made so that it waits until the deadline or until release().
struct system_call {
    const char* name;
    bool restarts; ///< by itself, when the handler was installed with SA_RESTART
    long (*wait)();
};

const system_call calls[] = {
    {"nanosleep", false,
     []() -> long {
         const timespec rest = left();
         return ::nanosleep(&rest, nullptr);
     }},
    {"poll", false,
     []() -> long {
         pollfd one{there->timed_sockets[0], POLLIN, 0};
         return ::poll(&one, 1, left_ms());
     }},
    {"ppoll", false,
     []() -> long {
         pollfd one{there->timed_sockets[0], POLLIN, 0};
         const timespec rest = left();
         return ::ppoll(&one, 1, &rest, nullptr);
     }},
    {"select", false,
     []() -> long {
         const timespec rest = left();
         timeval limit{rest.tv_sec, rest.tv_nsec / 1000};
         return ::select(0, nullptr, nullptr, nullptr, &limit);
     }},
    {"epoll_wait", false,
     []() -> long {
         epoll_event event;
         return ::epoll_wait(there->epoll, &event, 1, left_ms());
     }},
    {"sem_timedwait", false,
     []() -> long {
         const timespec at = deadline_by_wall();
         return ::sem_timedwait(&there->semaphore, &at);
     }},
    {"futex with a timeout", false,
     []() -> long {
         const timespec rest = left();
         return ::syscall(SYS_futex, &there->word, FUTEX_WAIT_PRIVATE, 0, &rest, nullptr, 0);
     }},
    {"recv with a timeout", false,
     []() -> long {
         char byte;
         set_timeout(there->timed_sockets[0]);
         return ::recv(there->timed_sockets[0], &byte, 1, 0);
     }},
    {"accept with a timeout", false,
     []() -> long {
         set_timeout(there->timed_listener);
         return ::accept(there->timed_listener, nullptr, nullptr);
     }},
    {"sigtimedwait", false,
     []() -> long {
         sigset_t never;
         ::sigemptyset(&never);
         ::sigaddset(&never, SIGUSR2);
         const timespec rest = left();
         return ::sigtimedwait(&never, nullptr, &rest);
     }},
    {"pause", false, []() -> long { return ::pause(); }},
    {"semop", false,
     []() -> long {
         sembuf take{0, -1, 0};
         const timespec rest = left();
         return ::semtimedop(there->semaphores, &take, 1, &rest);
     }},
    {"msgrcv", false,
     []() -> long {
         struct {
             long type;
             char text[8];
         } message;
         return ::msgrcv(there->messages, &message, sizeof message.text, 0, 0);
     }},
    {"read", true,
     []() -> long {
         char byte;
         return ::read(there->empty_pipe[0], &byte, 1);
     }},
    {"write", true, []() -> long { return ::write(there->full_pipe[1], "x", 1); }},
    {"recv", true,
     []() -> long {
         char byte;
         return ::recv(there->empty_sockets[0], &byte, 1, 0);
     }},
    {"accept", true, []() -> long { return ::accept(there->quiet_listener, nullptr, nullptr); }},
    {"connect", true,
     []() -> long {
         const int one = ::socket(AF_UNIX, SOCK_STREAM, 0);
         const long result = ::connect(one, reinterpret_cast<const sockaddr*>(&there->crowded),
                                       sizeof there->crowded);
         const int error = errno;
         ::close(one);
         errno = error;
         return result;
     }},
    {"waitpid", true, []() -> long { return ::waitpid(there->child, nullptr, 0); }},
    {"flock", true,
     []() -> long {
         const int file = ::open(there->lock_path.c_str(), O_RDWR);
         const long result = ::flock(file, LOCK_EX);
         const int error = errno;
         ::close(file);
         errno = error;
         return result;
     }},
};
constexpr std::size_t call_count = sizeof calls / sizeof *calls;

int interrupted[call_count];
std::atomic<int> ended{0};

void wait_in(std::size_t index) {
    PROFILE_SCOPE("waits");
    while (!released && test::wall_ns() < deadline) {
        errno = 0;
        if (calls[index].wait() >= 0 || errno != EINTR)
            break;
        interrupted[index] += released ? 0 : 1;
    }
    ++ended;
}

/// Every call on a thread of its own, all at once.
void round(std::int64_t ns, bool naive) {
    waited_for things;
    there = &things;
    released = false;
    ended = 0;
    std::fill(std::begin(interrupted), std::end(interrupted), 0);
    deadline = test::wall_ns() + ns;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < call_count; ++i)
        threads.emplace_back(wait_in, i);
    while (test::wall_ns() < deadline) {
        test::sleep_ms(1);
        for (std::size_t i = 0; naive && i < call_count; ++i)
            ::pthread_kill(threads[i].native_handle(), SIGURG);
    }
    released = true;
    things.release();
    // What only a signal or a message ends.
    while (ended < static_cast<int>(call_count)) {
        for (std::thread& thread : threads)
            ::pthread_kill(thread.native_handle(), SIGUSR1);
        test::sleep_ms(1);
    }
    for (std::thread& thread : threads)
        thread.join();
    things.clean_up();
}

int all_calls(std::int64_t ns, int rounds, bool naive) {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGUSR1, &action, nullptr);
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGURG, &action, nullptr);
    sigset_t never;
    ::sigemptyset(&never);
    ::sigaddset(&never, SIGUSR2);
    ::pthread_sigmask(SIG_BLOCK, &never, nullptr);
    test::profile profile;
    if (!naive)
        profile.start();
    int most[call_count] = {};
    for (int i = 0; i < rounds; ++i) {
        round(ns, naive);
        for (std::size_t k = 0; k < call_count; ++k)
            most[k] = std::max(most[k], interrupted[k]);
    }
    int most_of_all = 0, of_restarting = 0;
    for (std::size_t k = 0; k < call_count; ++k) {
        test::print(std::string(calls[k].name) + (calls[k].restarts ? " (restarts)" : ""), most[k]);
        int& where = calls[k].restarts ? of_restarting : most_of_all;
        where = std::max(where, most[k]);
    }
    test::print("most EINTR in one call", most_of_all);
    test::print("most EINTR where the kernel restarts", of_restarting);
    if (!naive) {
        const scopetree::session result = profile.stop();
        test::print("signals", result.figures.signals);
        test::print("calls", static_cast<int>(call_count) * rounds);
    }
    return 0;
}

// Calls that return with less than they were asked for when a signal comes.

int short_of(std::int64_t until, const char* when) {
    std::vector<char> random(32 << 20);
    int calls_made = 0, short_results = 0;
    for (; test::wall_ns() < until; ++calls_made)
        short_results += ::getrandom(random.data(), random.size() / 8, 0) <
                                 static_cast<ssize_t>(random.size() / 8)
                             ? 1
                             : 0;
    test::print(std::string("getrandom of 4 MiB, ") + when, calls_made);
    test::print(std::string("short, ") + when, short_results);
    return short_results;
}

void sends(std::int64_t until, const char* when) {
    int ends[2];
    checked(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
    std::thread reader([from = ends[1]] {
        std::vector<char> block(1 << 20);
        while (::recv(from, block.data(), block.size(), 0) > 0) {
        }
    });
    const std::vector<char> block(16 << 20);
    int calls_made = 0, short_results = 0, wrong = 0;
    for (; test::wall_ns() < until; ++calls_made) {
        const ssize_t sent = ::send(ends[0], block.data(), block.size(), 0);
        short_results += sent < static_cast<ssize_t>(block.size()) ? 1 : 0;
        wrong += sent < 0 ? 1 : 0;
    }
    ::close(ends[0]);
    reader.join();
    ::close(ends[1]);
    test::print(std::string("send of 16 MiB, ") + when, calls_made);
    test::print(std::string("sent in part, ") + when, short_results);
    test::print(std::string("failed, ") + when, wrong);
}

int short_results(double seconds) {
    const auto quarter = static_cast<std::int64_t>(seconds * second_ns / 4);
    test::profile profile;
    short_of(test::wall_ns() + quarter, "unprofiled");
    sends(test::wall_ns() + quarter, "unprofiled");
    profile.start();
    {
        PROFILE_SCOPE("random");
        short_of(test::wall_ns() + quarter, "profiled");
    }
    {
        PROFILE_SCOPE("sends");
        sends(test::wall_ns() + quarter, "profiled");
    }
    profile.stop();
    return 0;
}

} // namespace

int main(int count, char** words) {
    if (count < 3)
        return 2;
    if (std::strcmp(words[1], "short") == 0)
        return short_results(std::atof(words[2]));
    return all_calls(std::atoll(words[1]) * 1'000'000, std::atoi(words[2]), count > 3);
}
