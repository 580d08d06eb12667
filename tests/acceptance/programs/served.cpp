// A service with a middleware that ends in different ways.
//     served main|static|exit|nothing|throw

#include "../support/program.hpp"

#include <scopetree/scopetree.hpp>
#include <scopetree/service/middleware.hpp>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>

namespace {

std::optional<scopetree::profiler_middleware> until_the_end; // destroyed after the run is over

int serve(scopetree::profiler_middleware& middleware, const std::string& way) {
    for (int i = 0; way != "nothing" && i < 5; ++i)
        middleware.serve("GET", "/orders/{id}", [&](scopetree::profiled_request& asked) {
            PROFILE_SCOPE("look up");
            test::work(5'000 * test::steps_per_us());
            asked.status(200);
            if (way == "exit" && i == 2)
                std::exit(4);
            if (way == "throw" && i == 2)
                throw std::runtime_error("nobody catches this");
        });
    std::puts("the program's own output");
    return 3;
}

} // namespace

int main(int count, char** words) {
    if (count != 2)
        return 2;
    const std::string way = words[1];
    if (way == "static")
        return serve(until_the_end.emplace(), way);
    scopetree::profiler_middleware middleware;
    try {
        return serve(middleware, way);
    } catch (const std::logic_error&) { // not the one that is thrown
        return 1;
    }
}
