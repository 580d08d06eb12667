// A cpp-httplib server that is profiled: httplib [PORT]   (8080; 0: a free one). When it ends
// (Ctrl-C) it prints what its requests took.
#include <scopetree/scopetree.hpp>
#include <scopetree/service/httplib.hpp>

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>
#include <signal.h>

namespace {

std::string ranking(std::size_t size) {
    std::vector<std::uint32_t> points(size);
    {
        PROFILE_SCOPE("load");
        std::minstd_rand random(1);
        std::generate(points.begin(), points.end(), random);
    }
    PROFILE_SCOPE("sort");
    std::sort(points.begin(), points.end());
    return "[" + std::to_string(points.front()) + "," + std::to_string(points.back()) + "]";
}

} // namespace

int main(int count, char** arguments) {
    std::uint16_t port = 8080;
    const std::string_view text(count > 1 ? arguments[1] : "8080");
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (wrong != std::errc() || end != text.data() + text.size()) {
        std::cerr << "usage: httplib [PORT]\n";
        return 2;
    }
    sigset_t ends; // for all threads: one waits for them
    ::sigemptyset(&ends);
    ::sigaddset(&ends, SIGINT);
    ::sigaddset(&ends, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);

    scopetree::middleware_options options;
    options.print_each_request = false; // only all of them, at the end
    scopetree::profiler_middleware middleware(options);
    scopetree::profiled_server<httplib::Server> server(middleware); // was: httplib::Server server;

    server.Get("/test", [](const httplib::Request&, httplib::Response& answer) {
        answer.set_content(R"({"retMsg":"Hello World!"})", "application/json");
    });
    server.Get(
        R"(/ranking/(\d{1,6}))", [](const httplib::Request& asked, httplib::Response& answer) {
            answer.set_content(ranking(std::stoul(asked.matches[1]) + 1), "application/json");
        });
    server.Get("/fail", [](const httplib::Request&, httplib::Response&) {
        throw std::runtime_error("this route always fails");
    });

    const int bound = port != 0 && server.bind_to_port("127.0.0.1", port) ? port
                      : port == 0 ? server.bind_to_any_port("127.0.0.1")
                                  : -1;
    if (bound < 0) {
        std::cerr
            << "httplib: cannot listen on 127.0.0.1 port " << port
            << ", which another program may have taken: choose another one, or 0 for one that "
               "is free: httplib PORT\n";
        std::_Exit(1); // nothing was served: no report
    }
    std::cerr << "Serving http://127.0.0.1:" << bound << "/test\n";
    std::thread serving([&] { server.listen_after_bind(); });
    int signal = 0;
    ::sigwait(&ends, &signal);
    server.stop();
    serving.join();
}
