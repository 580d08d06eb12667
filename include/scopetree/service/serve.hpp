/// The live endpoint: profiles of this process over HTTP, while it runs.
#ifndef SCOPETREE_SERVICE_SERVE_HPP
#define SCOPETREE_SERVICE_SERVE_HPP

#include <scopetree/process/session_between.hpp>
#include <scopetree/service/endpoint_server.hpp>
#include <scopetree/service/live.hpp>

#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// What this process does, for the endpoint.
inline endpoint_source live_source() {
    endpoint_source source;
    source.profile = [] { return live_session(); };
    source.between = [](const session& earlier, const session& later) {
        return session_between(earlier, later);
    };
    source.requests = [] { return live_requests(); };
    return source;
}

/// Starts a small server that shows what this process does, while the returned object lives:
///
///     const auto live = scopetree::serve({}); // http://127.0.0.1:6060/
///
/// All is done on the server's own thread. The first answer with functions' names looks these up,
/// which takes up to a second in a large program; only other requests to this server wait for it.
///
/// Profiling starts, too, unless the environment or the program decided otherwise. Throws as
/// endpoint_server does.
[[nodiscard]] inline endpoint_server serve(const endpoint_options& chosen = {}) {
    endpoint_server server(chosen, live_source());
    ensure_profiling();
    return server;
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
