// Begins and ends in every way there is; profiles itself by its macros alone.
//     endings WAY        (in the environment: STATIC_SCOPES=on)

#include "../support/profile.hpp"
#include "../support/program.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace {

std::uint64_t us = 10;

TEST_OWN_FRAME void works() {
    PROFILE_SCOPE("the scope");
    test::work(40'000 * us); // on a busy machine the timer comes late
}

/// Scopes before main and after it, where the environment asks for them.
struct static_object {
    static_object() {
        test::link_profiler();
        if (std::getenv("STATIC_SCOPES") != nullptr) {
            PROFILE_SCOPE("in a static constructor");
            us = test::steps_per_us();
            works();
        }
    }
    ~static_object() {
        if (std::getenv("STATIC_SCOPES") != nullptr) {
            PROFILE_SCOPE("in a static destructor");
            works();
        }
    }
    static_object(const static_object&) = delete;
    static_object& operator=(const static_object&) = delete;
} before_main;

struct thread_object {
    ~thread_object() {
        PROFILE_SCOPE("in a thread's destructor");
        works();
    }
    int value = 1;
};
thread_local thread_object of_thread;

void at_exit() {
    PROFILE_SCOPE("at exit");
    works();
}

/// The moment that the program takes for its end.
void say_end() {
    std::printf("ends at = %lld\n", static_cast<long long>(test::wall_ns()));
    std::fflush(stdout);
}

/// Threads that go on while the process ends.
void start_daemons() {
    for (int i = 0; i < 3; ++i)
        std::thread([] {
            for (;;)
                works();
        }).detach();
    test::sleep_ms(20);
}

/// A file of the program's that takes the place of standard error, should that be closed.
int writes_file(const char* path) {
    const int file = ::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    works();
    const bool written = ::write(file, "data\n", 5) == 5;
    return written ? 3 : 4;
}

int end_by(const std::string& way) {
    PROFILE_SCOPE("ending");
    works();
    if (way == "thread_local")
        std::thread([] { of_thread.value = 2; }).join();
    if (way == "thread_local_of_main")
        of_thread.value = 3;
    if (way == "atexit")
        std::atexit(&at_exit);
    if (way == "daemons")
        start_daemons();
    say_end();
    if (way == "exit")
        std::exit(3);
    if (way == "exit_on_thread")
        std::thread([] { std::exit(3); }).join();
    if (way == "quick_exit")
        std::quick_exit(3);
    if (way == "_exit")
        ::_exit(3);
    if (way == "abort")
        std::abort();
    if (way == "SIGTERM")
        ::raise(SIGTERM);
    if (way == "uncaught")
        throw std::runtime_error("nobody catches this");
    return 3;
}

} // namespace

int main(int count, char** words) {
    if (count < 2)
        return 2;
    us = test::steps_per_us();
    const std::string way = words[1];
    if (way == "atexit_before_all")
        std::atexit(&at_exit); // runs after the report
    if (way == "naive") {      // waits for a lock in a handler, and is found out by an alarm
        static volatile bool locked = true; // a loop that the compiler must keep
        std::signal(SIGTERM, [](int) {
            while (locked) {
            }
        });
        ::alarm(1);
        say_end();
        ::raise(SIGTERM);
    }
    if (way == "file")
        return writes_file(words[2]);
    return end_by(way);
}
