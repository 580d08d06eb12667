#include <scopetree/service/endpoint_server.hpp>

#include "support/fork_at_rest.hpp"
#include "support/http_client.hpp"
#include "support/served_endpoint.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using scopetree::endpoint_error;
using scopetree::endpoint_options;
using scopetree::endpoint_server;
using test::http_client;
using test::served_endpoint;
using test::status_of;
using namespace std::chrono_literals;

namespace {

std::string text_of(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

int sockets_of_this_process() {
    int count = 0;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
        count += std::filesystem::read_symlink(entry, failed).string().rfind("socket:", 0) == 0;
    return count;
}

} // namespace

TEST_CASE("endpoint_server: port 0 is one that is free, and is told") {
    served_endpoint one;
    served_endpoint other;
    CHECK(one.server.port() != 0);
    CHECK(one.server.port() != other.server.port());
    CHECK(one.server.url() == "http://127.0.0.1:" + std::to_string(one.server.port()) + "/");
    CHECK(one.status("/routes") == 200);
    CHECK(other.status("/routes") == 200);
}

TEST_CASE("endpoint_server: what cannot be had is named") {
    served_endpoint first;
    test::staged_source staged;
    endpoint_options chosen;
    chosen.port = first.server.port();
    CHECK_THROWS_AS(endpoint_server(chosen, staged.source()), endpoint_error);
    CHECK_THROWS_WITH(endpoint_server(chosen, staged.source()),
                      Contains("127.0.0.1 port " + std::to_string(chosen.port)) &&
                          Contains("Address already in use") && Contains("or 0"));
    chosen.address = "203.0.113.7"; // of no machine
    chosen.token = "0123456789abcdef";
    CHECK_THROWS_WITH(endpoint_server(chosen, staged.source()),
                      Contains("203.0.113.7") && Contains("annot assign"));
    chosen.token.clear();
    CHECK_THROWS_WITH(endpoint_server(chosen, staged.source()), Contains("set endpoint_options::"));
    CHECK(first.status("/routes") == 200);
}

TEST_CASE("endpoint_server: a token is asked for over the wire") {
    endpoint_options chosen;
    chosen.token = "0123456789abcdef";
    chosen.address = "0.0.0.0";
    served_endpoint service(chosen);
    CHECK(service.status("/threads") == 401);
    CHECK(service.status("/threads", "Authorization: Bearer 0123456789abcdeX\r\n") == 401);
    CHECK(service.status("/threads", "Authorization: Bearer 0123456789abcdef\r\n") == 200);
}

TEST_CASE("endpoint_server: a thousand connections disturb neither it nor the service") {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4'096);
    ::setrlimit(RLIMIT_NOFILE, &files);
    served_endpoint service; // what the program is there for
    endpoint_options chosen;
    chosen.most_connections = 8;
    served_endpoint endpoint(chosen);
    std::atomic<bool> ends{false};
    std::atomic<int> served_well{0}, served_badly{0};
    std::thread user([&] {
        while (!ends)
            ++(service.status("/routes") == 200 ? served_well : served_badly);
    });
    std::deque<http_client> crowd;
    for (int i = 0; i < 1'000; ++i)
        crowd.push_back(endpoint.client());
    int answered = 0, refused = 0;
    for (http_client& each : crowd) {
        const std::string answer = each.get("/routes", "Connection: close\r\n").rest();
        answered += status_of(answer) == 200;
        refused += status_of(answer) == 503;
        if (status_of(answer) == 503)
            CHECK_THAT(answer, EndsWith("\r\n\r\nToo many connections are open.\n"));
    }
    CHECK(answered == 8);
    CHECK(refused == 992);
    const int so_far = served_well;
    while (served_well <= so_far)
        std::this_thread::sleep_for(1ms);
    ends = true;
    user.join();
    CHECK(served_badly == 0);
    crowd.clear();
    int status = 503;
    for (int i = 0; i < 6'000 && status == 503; ++i) { // until it has seen them go
        status = endpoint.status("/routes");
        std::this_thread::sleep_for(10ms);
    }
    CHECK(status == 200);
}

TEST_CASE("endpoint_server: it goes on when the program has had no more descriptors") {
    served_endpoint service;
    http_client client = service.client();
    CHECK(status_of(client.get("/routes").response()) == 200);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    http_client waiting = service.client(); // connected; maybe accepted, maybe not
    rlimit none = before;
    none.rlim_cur = 3;
    ::setrlimit(RLIMIT_NOFILE, &none);
    CHECK(status_of(client.get("/routes").response()) == 200);
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK(status_of(waiting.get("/routes").response()) == 200);
    CHECK(service.status("/routes") == 200);
}

TEST_CASE("endpoint_server: its thread has a name and takes no signals") {
    served_endpoint service;
    int found = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        if (text_of(task.path() / "comm") != "scopetree-http\n")
            continue;
        ++found;
        const std::string status = text_of(task.path() / "status");
        const std::uint64_t blocked =
            std::stoull(status.substr(status.find("SigBlk:\t") + 8), nullptr, 16);
        // All but SIGKILL and SIGSTOP; 32 and 33 are the C library's.
        CHECK((blocked | 3ull << 31) == 0xffff'ffff'fffb'feffull);
    }
    CHECK(found == 1);
    sigset_t mine;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mine);
    CHECK(sigismember(&mine, SIGTERM) == 0);
}

TEST_CASE("endpoint_server: to stop ends connections, profiles and the port") {
    served_endpoint service;
    http_client idle = service.client();
    http_client profile = service.client();
    profile.get("/profile?seconds=60");
    while (service.profiles == 0)
        std::this_thread::sleep_for(1ms);
    endpoint_options chosen;
    chosen.port = service.server.port();
    service.server.stop();
    CHECK(service.server.port() == 0);
    CHECK(service.server.url().empty());
    CHECK(idle.is_closed());
    CHECK(profile.is_closed());
    const endpoint_server next(chosen, service.source());
    CHECK(status_of(http_client(next.port()).get("/routes").response()) == 200);
    service.server.stop(); // once more
}

TEST_CASE("endpoint_server: it moves") {
    served_endpoint one;
    served_endpoint other;
    const auto gone = other.server.port();
    other.server = std::move(one.server);
    CHECK(other.server.port() != gone);
    CHECK(one.server.port() == 0);
    CHECK(other.status("/routes") == 200);
    CHECK_THROWS(http_client(gone));
}

TEST_CASE("endpoint_server: a forked child has no server and leaves its parent's alone") {
    auto service = std::make_unique<served_endpoint>();
    http_client open = service->client();
    CHECK(status_of(open.get("/routes").response()) == 200);
    const int clients = 1;
    const pid_t child = test::fork_at_rest();
    if (child == 0) {
        const bool only_clients = sockets_of_this_process() == clients;
        service = nullptr; // returns, though the server's thread is not here
        std::_Exit(only_clients ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    CHECK(status_of(open.get("/routes").response()) == 200);
    CHECK(service->status("/routes") == 200);
}

TEST_CASE("endpoint_server: a program may exit at any time") {
    for (int i = 0; i < 20; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            static served_endpoint service; // or never destroyed: exit() stops it, too
            auto* const forgotten = new served_endpoint;
            for (int j = 0; j < i; ++j)
                service.client().get("/threads").get("/routes?format=html");
            forgotten->client().get("/routes?format=html");
            std::exit(0);
        }
        int status = -1;
        ::waitpid(child, &status, 0);
        CHECK(status == 0);
    }
}
