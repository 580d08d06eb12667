#include <scopetree/service/endpoint_process.hpp>

#include <catch2/catch.hpp>

#include <memory>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using scopetree::detail::endpoint_process;
using scopetree::detail::ends_at_exit;

namespace {

struct counted : ends_at_exit {
    explicit counted(int to) : descriptor(to) {}
    void end() noexcept override { static_cast<void>(!::write(descriptor, "e", 1)); }
    int descriptor;
};

/// What a child of a fork exits with that runs `check`.
template <class Check>
int in_child(Check&& check) {
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(check() ? 0 : 1);
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
}

bool is_open(int descriptor) {
    return ::fcntl(descriptor, F_GETFD) != -1;
}

} // namespace

TEST_CASE("endpoint_process: a child has none of the descriptors, the parent keeps them") {
    endpoint_process& process = endpoint_process::instance();
    const int kept = process.open([] { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); });
    const int closed = process.open([] { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); });
    CHECK(process.open([] { return -1; }) == -1);
    process.close(closed, [&] { ::close(closed); });
    const int other = ::open("/dev/null", O_RDONLY | O_CLOEXEC); // has the number again
    REQUIRE(other == closed);
    CHECK(in_child([&] { return !is_open(kept) && is_open(other); }) == 0);
    CHECK(is_open(kept));
    process.close(kept, [&] { ::close(kept); });
    ::close(other);
}

TEST_CASE("endpoint_process: what still is there at exit is ended, in its own process alone") {
    int pipes[2];
    REQUIRE(::pipe(pipes) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto held = std::make_shared<counted>(pipes[1]);
        auto gone = std::make_shared<counted>(pipes[1]);
        endpoint_process::instance().end_at_exit(held);
        endpoint_process::instance().end_at_exit(gone);
        gone = nullptr;
        const pid_t grandchild = ::fork();
        if (grandchild != 0)
            ::waitpid(grandchild, nullptr, 0);
        std::exit(0);
    }
    ::close(pipes[1]);
    int status = -1;
    ::waitpid(child, &status, 0);
    char ends[8];
    CHECK(::read(pipes[0], ends, sizeof ends) == 1);
    ::close(pipes[0]);
}
