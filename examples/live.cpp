// A small service to be looked at while it runs: live [PORT [TOKEN]]   (http://127.0.0.1:6060/).
// With a token it listens on all addresses, for those who know the token.
#include <scopetree/scopetree.hpp>
#include <scopetree/service/request.hpp>
#include <scopetree/service/serve.hpp>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace {

std::string words_of(unsigned order) {
    PROFILE_FUNCTION();
    std::map<std::string, unsigned> counts;
    for (unsigned i = 0; i < 3'000; ++i)
        ++counts["word " + std::to_string((i * order) % 257)];
    std::string text;
    for (const auto& [word, count] : counts)
        text += word + ": " + std::to_string(count) + "\n";
    return text;
}

void wait_for_database() {
    PROFILE_FUNCTION();
    std::this_thread::sleep_for(std::chrono::milliseconds(4));
}

void serve_orders() {
    PROFILE_THREAD("orders");
    std::minstd_rand random;
    for (unsigned order = 1;; ++order) {
        const bool is_slow = random() % 400 == 0;
        scopetree::request request("GET", random() % 3 == 0 ? "/orders" : "/orders/{id}");
        wait_for_database();
        for (int i = is_slow ? 50 : 1; i > 0; --i)
            words_of(order);
        request.status(random() % 100 == 0 ? 500 : 200);
    }
}

} // namespace

int main(int count, char** arguments) try {
    scopetree::endpoint_options options;
    if (count > 1) {
        const std::string_view text(arguments[1]);
        const auto [end, wrong] =
            std::from_chars(text.data(), text.data() + text.size(), options.port);
        if (wrong != std::errc() || end != text.data() + text.size()) {
            std::fprintf(stderr, "usage: live [PORT [TOKEN]]\n");
            return 2;
        }
    }
    if (count > 2) {
        options.address = "0.0.0.0";
        options.token = arguments[2];
    }
    const auto live = scopetree::serve(options);
    std::printf("%s\n", live.url().c_str());
    std::fflush(stdout);
    std::vector<std::thread> workers;
    for (int i = 0; i < 3; ++i)
        workers.emplace_back(serve_orders);
    for (std::thread& worker : workers)
        worker.join();
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\nthe port is chosen so: live PORT\n", error.what());
    return 1;
}
