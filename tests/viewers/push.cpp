/// push FOLDER: pushes this process to a server of its own, and writes what that got as push.pb.gz.
#include <scopetree/scope.hpp>
#include <scopetree/service/push.hpp>
#include <scopetree/service/request.hpp>

#include "support/gunzip.hpp"
#include "support/recording_server.hpp"
#include "support/text_search.hpp"

#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>

using namespace scopetree;

namespace {

std::string pushed() {
    test::recording_server server(
        [](std::size_t, const test::recording_server::request&) { return 200u; });
    push_options chosen;
    chosen.url = server.url();
    chosen.application = "viewers";
    chosen.interval = std::chrono::milliseconds(100);
    profiler running;
    running.start();
    const pusher pushing(chosen);
    for (std::size_t count = 1;; ++count) {
        const request served("GET", "/pushed/{id}");
        PROFILE_SCOPE("pushed scope");
        const std::string body = server.wait_for(count).back().body();
        const std::string pprof = test::gunzip(body);
        if (test::contains(pprof, "pushed scope") && test::contains(pprof, "/pushed/{id}"))
            return body;
    }
}

} // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: push FOLDER\n");
        return 2;
    }
    try {
        std::ofstream file(std::string(arguments[1]) + "/push.pb.gz", std::ios::binary);
        file << pushed();
        return file.good() ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "push: %s\n", error.what());
        return 1;
    }
}
