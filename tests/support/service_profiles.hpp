/// Profiles of services that every report must be able to show.
#ifndef SCOPETREE_TESTS_SUPPORT_SERVICE_PROFILES_HPP
#define SCOPETREE_TESTS_SUPPORT_SERVICE_PROFILES_HPP

#include <scopetree/model/service_profile.hpp>

#include "support/session_builder.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// Adds routes, then requests, with their drawings (see session_builder).
class service_builder {
public:
    service_builder() {
        built_->recorded_unix_ns = 1'748'786'602'000'000'000;
        built_->program = "./server --port 80";
    }

    /// Quantiles that follow from the mean, so that every column differs.
    service_builder& route(const std::string& method, const std::string& route,
                           std::uint64_t requests, std::uint64_t errors,
                           const std::string& drawing) {
        scopetree::route_figures figures;
        figures.method = method;
        figures.route = route;
        figures.requests = requests;
        figures.errors = errors;
        const scopetree::thread_tree& tree = add(method + " " + route, drawing);
        figures.latency_ns = tree.wall_ns;
        figures.cpu_ns = tree.cpu_ns;
        figures.active_ns = tree.wall_ns - tree.wall_ns / 10;
        figures.samples = static_cast<std::uint64_t>(tree.wall_ns / 1'000'000);
        const std::int64_t each = tree.wall_ns / static_cast<std::int64_t>(requests);
        figures.p50_ns = each;
        figures.p95_ns = each * 2;
        figures.p99_ns = each * 3;
        figures.max_ns = each * 4;
        profile_.routes.push_back(std::move(figures));
        return *this;
    }

    service_builder& request(std::uint32_t route, std::uint64_t id, int status,
                             const std::string& drawing) {
        scopetree::request_figures figures;
        figures.route = route;
        figures.id = id;
        figures.status = status;
        figures.started_unix_ns = 1'748'786'605'000'000'000;
        const scopetree::thread_tree& tree = add("request", drawing);
        figures.latency_ns = tree.wall_ns;
        figures.active_ns = tree.wall_ns;
        figures.cpu_ns = tree.cpu_ns;
        figures.samples = static_cast<std::uint64_t>(tree.wall_ns / 1'000'000);
        profile_.requests.push_back(figures);
        return *this;
    }

    scopetree::service_profile operator*() {
        profile_.trees = *built_;
        return profile_;
    }

private:
    const scopetree::thread_tree& add(const std::string& name, const std::string& drawing) {
        built_.thread(name, drawing);
        return built_->threads.back();
    }

    session_builder built_;
    scopetree::service_profile profile_;
};

/// Three routes, of which one waits and one fails, and two slow requests.
inline scopetree::service_profile shop_profile() {
    service_builder built;
    built
        .route("GET", "/orders/{id}", 1'200, 12, R"(
load_order|src/orders.cpp:10|400/30
  >parse|src/orders.cpp:14|1200|0
    ~boost::json::parse|boost/json/impl/parse.ipp:20|600
render|src/orders.cpp:40|200
)")
        .route("POST", "/orders", 40, 0, "store|src/orders.cpp:60|300/20\n@[await]||700/0\n")
        .route("GET", "/health", 5'000, 0, "health|src/health.cpp:3|5\n")
        .request(0, 17, 200, "load_order|src/orders.cpp:10|813/4\n")
        .request(1, 230, 503, "store|src/orders.cpp:60|10/10\n@[await]||200/0\n");
    scopetree::service_profile profile = *built;
    scopetree::scope_figures figures;
    figures.calls = 1'200;
    profile.trees.threads[0].scopes = {figures};
    return profile;
}

inline scopetree::service_profile hostile_profile() {
    service_builder built;
    built.route("G\x1b[31mET", "/</script><b>\xff\u202e\"{x}\n", 3, 1, "work|a.cpp:1|30\n")
        .request(0, 2, 0, "work|a.cpp:1|20\n");
    return *built;
}

} // namespace test

#endif
