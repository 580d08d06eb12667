// A million requests over 10,000 raw paths, as from a server that knows no templates.
#include <scopetree/scopetree.hpp>
#include <scopetree/service/middleware.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

namespace {

std::size_t resident_pages() {
    std::ifstream file("/proc/self/statm");
    std::size_t size = 0;
    std::size_t resident = 0;
    file >> size >> resident;
    return resident;
}

} // namespace

int main() {
    scopetree::middleware_options chosen;
    chosen.print_each_request = false;
    scopetree::profiler_middleware middleware(chosen);
    std::uint64_t served = 0;
    const auto serve = [&](int count) {
        for (int i = 0; i < count; ++i, ++served)
            middleware.begin("GET", "/raw/" + std::to_string(served % 10'000)).status(200);
    };
    serve(200'000);
    const std::size_t before = resident_pages();
    serve(800'000);
    const std::size_t after = resident_pages();
    const scopetree::service_profile profile = scopetree::live_requests();
    std::uint64_t counted = 0;
    for (const scopetree::route_figures& route : profile.routes)
        counted += route.requests;
    std::printf("pages before = %zu\npages after = %zu\nrequests = %llu\nroutes = %zu\n", before,
                after, static_cast<unsigned long long>(counted), profile.routes.size());
}
