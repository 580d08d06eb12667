/// A live endpoint on a port of its own, with figures that the test sets.
#ifndef SCOPETREE_TESTS_SUPPORT_SERVED_ENDPOINT_HPP
#define SCOPETREE_TESTS_SUPPORT_SERVED_ENDPOINT_HPP

#include <scopetree/service/endpoint_server.hpp>

#include "support/http_client.hpp"
#include "support/staged_endpoint.hpp"

#include <chrono>
#include <string>

namespace test {

/// Its clock is the real one.
struct served_endpoint : staged_source {
    explicit served_endpoint(scopetree::endpoint_options chosen = {})
        : server(on_any_port(chosen), real_time()) {}

    http_client client() { return http_client(server.port()); }
    int status(const std::string& target, const std::string& fields = "") {
        return status_of(client().get(target, fields + "Connection: close\r\n").rest());
    }

    scopetree::endpoint_server server;

private:
    static scopetree::endpoint_options on_any_port(scopetree::endpoint_options chosen) {
        chosen.port = 0;
        return chosen;
    }
    scopetree::endpoint_source real_time() {
        scopetree::endpoint_source made = source();
        made.now = std::chrono::steady_clock::now;
        return made;
    }
};

} // namespace test

#endif
