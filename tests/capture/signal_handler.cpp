#include <scopetree/capture/signal_handler.hpp>

#include "staged_registry.hpp"
#include <scopetree/capture/proc.hpp>
#include <support/own_thread.hpp>
#include <support/thread_sanitizer.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>

#include <pthread.h>

using namespace scopetree::detail;
using staged::module_state;
using staged::noting_observer;
using test::on_own_thread;

namespace {

std::atomic<int> foreign_calls{0};
std::atomic<int> foreign_value{0};
std::atomic<int> samples_taken{0};

void plain_handler(int number) {
    ++foreign_calls;
    foreign_value = number;
    errno = EDOM;
}
void informed_handler(int, siginfo_t* info, void* context) {
    ++foreign_calls;
    foreign_value = context != nullptr ? info->si_value.sival_int : -1;
    errno = EDOM;
}

/// The handler of the process, on behalf of a registry of ours; what was there is put back.
class staged_handler {
public:
    staged_handler() {
        foreign_calls = foreign_value = samples_taken = 0;
        REQUIRE(::sigaction(sampling_signal, nullptr, &before_) == 0);
        installed_before_ = handler.installed;
        records_before_ = handler.records;
        take_before_ = handler.take;
        previous_before_ = handler.previous;
        handler.installed = false;
        handler.take = [](thread_record&, const interrupted&) {
            ++samples_taken;
            errno = EDOM;
        };
    }
    ~staged_handler() {
        ::sigaction(sampling_signal, &before_, nullptr);
        handler.previous = previous_before_;
        handler.take = take_before_;
        handler.records = records_before_;
        handler.installed = installed_before_;
    }
    /// Puts a handler of the program's there, then ours over it.
    template <class Set>
    void install_over(Set&& set) {
        struct sigaction action = {};
        set(action);
        REQUIRE(::sigaction(sampling_signal, &action, nullptr) == 0);
        REQUIRE(install_handler(of));
    }
    void install() {
        install_over([](struct sigaction& action) { action.sa_handler = &plain_handler; });
    }
    /// This thread's record; found, so that it has no scopes' thread-locals to clean up.
    thread_record& add_this_thread() {
        const registry::lock locked(of);
        thread_record* const record = of.add_found_thread(current_tid());
        REQUIRE(record != nullptr);
        return *record;
    }

    registry& of = staged::make_registry();

private:
    struct sigaction before_ = {};
    struct sigaction previous_before_ = {};
    bool installed_before_ = false;
    const registry* records_before_ = nullptr;
    void (*take_before_)(thread_record&, const interrupted&) = nullptr;
};

/// A signal to this thread like those of the sampler, as `change` makes it.
template <class Change>
void send_forged(void* pointer, Change&& change) {
    siginfo_t info;
    std::memset(&info, 0, sizeof info);
    info.si_signo = sampling_signal;
    info.si_errno = sampling_mark;
    info.si_code = SI_QUEUE;
    info.si_pid = ::getpid();
    info.si_uid = ::getuid();
    info.si_value.sival_ptr = pointer;
    change(info);
    REQUIRE(::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), current_tid(), sampling_signal, &info) ==
            0);
}
void send_forged(void* pointer) {
    send_forged(pointer, [](siginfo_t&) {});
}

} // namespace

TEST_CASE("handler: a signal that is not ours goes to the plain handler before it") {
    staged_handler s;
    s.install();
    errno = EBADF;
    ::raise(sampling_signal);
    CHECK(errno == EBADF);
    CHECK(foreign_calls == 1);
    CHECK(foreign_value == sampling_signal);
    CHECK(samples_taken == 0);
}

TEST_CASE("handler: a signal that is not ours goes with all it has to the one that asks") {
    staged_handler s;
    s.install_over([](struct sigaction& action) {
        action.sa_sigaction = &informed_handler;
        action.sa_flags = SA_SIGINFO;
    });
    sigval value;
    value.sival_int = 42;
    errno = EBADF;
    REQUIRE(::pthread_sigqueue(::pthread_self(), sampling_signal, value) == 0);
    CHECK(errno == EBADF);
    CHECK(foreign_calls == 1);
    CHECK(foreign_value == 42);
}

TEST_CASE("handler: where there was none a foreign signal does nothing") {
    staged_handler s;
    void (*const none)(int) = GENERATE(SIG_DFL, SIG_IGN);
    s.install_over([&](struct sigaction& action) { action.sa_handler = none; });
    ::raise(sampling_signal);
    CHECK(foreign_calls == 0);
    CHECK(samples_taken == 0);
}

TEST_CASE("handler: no signal but a fault can interrupt it, not even the C library's own") {
    const sigset_t held_back = signals_held_back();
    const auto holds = [&](int number) {
        unsigned long words[1]; // sigismember does not speak of the C library's
        std::memcpy(words, &held_back, sizeof words);
        return (words[0] >> (number - 1) & 1) != 0;
    };
    for (const int number : {SIGALRM, SIGPROF, SIGTERM, SIGUSR1, 32, 33, 64})
        CHECK(holds(number));
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP})
        CHECK_FALSE(holds(number));
}

TEST_CASE("handler: the program's own is called with the signals held back that it asked for") {
    static sigset_t seen;
    staged_handler s;
    s.install_over([](struct sigaction& action) {
        action.sa_handler = [](int) { ::pthread_sigmask(SIG_BLOCK, nullptr, &seen); };
        ::sigaddset(&action.sa_mask, SIGUSR2);
    });
    ::raise(sampling_signal);
    CHECK(::sigismember(&seen, SIGUSR2) == 1);
    CHECK(::sigismember(&seen, sampling_signal) == 1);
    CHECK(::sigismember(&seen, SIGALRM) == 0);
}

TEST_CASE("handler: the program's own may be interrupted by its like if it asked for that") {
    static sigset_t seen;
    staged_handler s;
    s.install_over([](struct sigaction& action) {
        action.sa_handler = [](int) { ::pthread_sigmask(SIG_BLOCK, nullptr, &seen); };
        action.sa_flags = SA_NODEFER;
    });
    ::raise(sampling_signal);
    CHECK(::sigismember(&seen, sampling_signal) == 0);
}

TEST_CASE("handler: one that the program puts in its place is noticed") {
    staged_handler s;
    s.install();
    CHECK(is_handler_ours());
    struct sigaction mine = {};
    mine.sa_handler = &plain_handler;
    ::sigaction(sampling_signal, &mine, nullptr);
    CHECK_FALSE(is_handler_ours());
}

TEST_CASE("handler: is installed once, and not chained to itself") {
    staged_handler s;
    s.install();
    REQUIRE(install_handler(s.of));
    CHECK(handler.previous.sa_handler == &plain_handler);
    ::raise(sampling_signal);
    CHECK(foreign_calls == 1);
}

TEST_CASE("handler: is installed so that the program notices as little as can be") {
    staged_handler s;
    errno = EBADF;
    s.install();
    CHECK(errno == EBADF);
    struct sigaction now = {};
    REQUIRE(::sigaction(sampling_signal, nullptr, &now) == 0);
    CHECK((now.sa_flags & SA_RESTART) != 0);
    CHECK((now.sa_flags & SA_ONSTACK) != 0);
    CHECK(::sigismember(&now.sa_mask, SIGALRM) == 1);
    CHECK(::sigismember(&now.sa_mask, SIGSEGV) == 0);
}

TEST_CASE("handler: samples the thread whose record the signal carries") {
    staged_handler s;
    s.install();
    on_own_thread([&] {
        thread_record& record = s.add_this_thread();
        CHECK(record.owner == 0);
        errno = EBADF;
        CHECK(send_signal(record) == 0);
        CHECK(errno == EBADF);
        CHECK(samples_taken == 1);
        CHECK_FALSE(record.pending);
        CHECK(record.owner == thread_pointer()); // found threads register here
        CHECK(record.last_stack_pointer != 0);
        CHECK(send_signal(record) == 0);
        CHECK(samples_taken == 2);
        CHECK(foreign_calls == 0);
    });
}

TEST_CASE("handler: a forged signal is passed on and nothing is written to") {
    staged_handler s;
    s.install();
    on_own_thread([&] {
        thread_record& record = s.add_this_thread();
        record.owner = thread_pointer();
        unsigned char stranger[sizeof(thread_record)];
        std::memset(stranger, 0xa5, sizeof stranger);
        SECTION("another pointer") {
            send_forged(stranger);
        }
        SECTION("none") {
            send_forged(nullptr);
        }
        SECTION("a pointer into a record") {
            send_forged(reinterpret_cast<char*>(&record) + 8);
        }
        SECTION("a pointer nobody could read") {
            send_forged(reinterpret_cast<void*>(~std::uintptr_t{7}));
        }
        SECTION("without our mark") {
            send_forged(&record, [](siginfo_t& info) { info.si_errno = 0; });
        }
        SECTION("of another kind") {
            send_forged(&record, [](siginfo_t& info) { info.si_code = SI_MESGQ; });
        }
        CHECK(foreign_calls == 1);
        CHECK(samples_taken == 0);
        CHECK(record.last_stack_pointer == 0);
        bool untouched = true;
        for (const unsigned char byte : stranger)
            untouched = untouched && byte == 0xa5;
        CHECK(untouched);
    });
}

TEST_CASE("handler: a signal for a record that serves another thread by now is ignored") {
    staged_handler s;
    s.install();
    on_own_thread([&] {
        thread_record& record = s.add_this_thread();
        SECTION("another thread") {
            record.owner = thread_pointer() + 64;
        }
        SECTION("none, and no signal is awaited") {
            record.owner = 0;
        }
        SECTION("one that was found and is not this") {
            record.pending = true;
            record.tid = record.tid + 1;
        }
        const std::uintptr_t owner = record.owner;
        const bool pending = record.pending;
        send_forged(&record);
        CHECK(foreign_calls == 0);
        CHECK(samples_taken == 0);
        CHECK(record.owner == owner);
        CHECK(record.pending == pending);
        CHECK(record.last_stack_pointer == 0);
    });
}

TEST_CASE("handler: a thread with the id of one that is gone is not sampled for it") {
    staged_handler s;
    s.install();
    on_own_thread([&] {
        thread_record& record = s.add_this_thread();
        CHECK(send_signal(record) == 0);
        CHECK(samples_taken == 1);
        SECTION("it has the same stack") {
            s.of.this_thread_state() = {}; // as a thread that begins
        }
        SECTION("it has another") {
            record.owner = thread_pointer() + 64;
        }
        CHECK_FALSE(record.of_another);
        CHECK(send_signal(record) == 0);
        CHECK(record.of_another);
        CHECK(samples_taken == 1);
    });
}

TEST_CASE("handler: a thread that was found in /proc is asked for its name") {
    staged_handler s;
    s.install();
    on_own_thread([&] {
        ::pthread_setname_np(::pthread_self(), "fifteen letters");
        thread_record& record = s.add_this_thread();
        CHECK(record.kernel_name[0] == 0);
        CHECK(send_signal(record) == 0);
        const std::uint64_t name[2] = {record.kernel_name[0], record.kernel_name[1]};
        CHECK(std::string(reinterpret_cast<const char*>(name)) == "fifteen letters");
        record.found = false; // it has met a macro
        ::pthread_setname_np(::pthread_self(), "another");
        CHECK(send_signal(record) == 0);
        CHECK(record.kernel_name[0] == name[0]);
    });
}

TEST_CASE("handler: a thread that is gone gets no signal") {
    staged_handler s;
    s.install();
    thread_record* record = nullptr;
    on_own_thread([&] { record = &s.add_this_thread(); });
    int error = 0;
    for (int i = 0; i < 1'000 && (error = send_signal(*record)) == 0; ++i)
        ::usleep(1'000);
    CHECK(error == ESRCH);
    CHECK_FALSE(record->pending);
}

TEST_CASE("handler: a sample is of this place, with its scope") {
    staged_handler s;
    s.install();
    scopetree::boost_stacktrace::warm_up();
    handler.dangerous = find_dangerous_code();
    handler.max_frames = 64;
    handler.take = &take_sample<scopetree::boost_stacktrace>;
    on_own_thread([&] {
        thread_record& record = s.add_this_thread();
        scope_node node{};
        record.scopes.current = &node;
        const std::int64_t before = monotonic_ns();
        REQUIRE(send_signal(record) == 0);
        const std::int64_t after = monotonic_ns();
        int met = 0;
        record.ring.drain([&](const sample& taken) {
            ++met;
            CHECK(taken.time_ns >= before);
            CHECK(taken.time_ns <= after);
            CHECK(taken.scope == &node);
            if (!test::signals_arrive_at_once)
                return;
            CHECK(taken.in_kernel); // the signal came on the way out of the system call
            CHECK_FALSE(taken.interrupted);
            CHECK(taken.cpu_ns > 0);
            CHECK(taken.count > 1);
            CHECK(taken.extent == scopetree::stack_extent::complete);
        });
        CHECK(met == 1);
        SECTION("deep stacks are cut") {
            handler.max_frames = 2;
            REQUIRE(send_signal(record) == 0);
            record.ring.drain([&](const sample& taken) {
                CHECK(taken.count == (test::signals_arrive_at_once ? 2 : 1));
                CHECK(taken.extent == scopetree::stack_extent::truncated);
            });
        }
        SECTION("inside the unwinder only the place is taken") {
            handler.dangerous.unwinder = {0, ~std::uintptr_t{0}};
            REQUIRE(send_signal(record) == 0);
            record.ring.drain([&](const sample& taken) {
                CHECK(taken.count == 1);
                CHECK(taken.extent == scopetree::stack_extent::unwinding);
            });
        }
        SECTION("where the unwinder is part of the program no stack is taken") {
            handler.dangerous.separate = false;
            REQUIRE(send_signal(record) == 0);
            record.ring.drain([&](const sample& taken) {
                CHECK(taken.count == 1);
                CHECK(taken.extent == scopetree::stack_extent::none);
            });
        }
        handler.dangerous = find_dangerous_code();
        record.scopes.current = &record.root;
    });
}

TEST_CASE("handler: a wait that the signal ended is told from a call that returns") {
    staged_handler s;
    s.install();
    scopetree::boost_stacktrace::warm_up();
    handler.dangerous = find_dangerous_code();
    handler.max_frames = 64;
    handler.take = &take_sample<scopetree::boost_stacktrace>;
    thread_record* record = nullptr;
    std::atomic<pid_t> tid{0};
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    std::thread waits([&] {
        record = &s.add_this_thread();
        tid = current_tid();
        char byte = 0;
        [[maybe_unused]] const ssize_t size = ::read(ends[0], &byte, 1);
    });
    while (tid == 0 || blocked_stack_pointer(tid) == 0)
        std::this_thread::yield();
    REQUIRE(send_signal(*record) == 0);
    while (record->pending)
        std::this_thread::yield();
    int met = 0;
    record->ring.drain([&](const sample& taken) {
        ++met;
        CHECK(taken.in_kernel);
        CHECK(taken.interrupted);
    });
    CHECK(met == 1);
    REQUIRE(::write(ends[1], "x", 1) == 1);
    waits.join();
    ::close(ends[0]);
    ::close(ends[1]);
}
