/// Requests to the live endpoint and its answers, whatever server they come through.
#ifndef SCOPETREE_SERVICE_ENDPOINT_REQUEST_HPP
#define SCOPETREE_SERVICE_ENDPOINT_REQUEST_HPP

#include <scopetree/config.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// A request, as far as the endpoint looks at it. Bodies are not looked at.
struct endpoint_request {
    std::string method;
    std::string target; ///< as it was sent: path and query, still percent-encoded
    std::string peer;   ///< the client's IP address
    /// The value of a field of the request, by its name in any case; empty if there is none.
    std::function<std::string(const char* name)> header;
};

struct endpoint_response {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers; ///< Content-Type among them
    std::string body; ///< empty for HEAD; the server counts Content-Length
};

/// What to send, or what to do to get it: a profile takes as long as was asked for, and no thread
/// need wait for it.
struct endpoint_answer {
    endpoint_response response;                 ///< if there is nothing to wait for
    std::chrono::steady_clock::duration wait{}; ///< otherwise call `finish` after this
    /// Empty, or makes the response, once, on any thread. To let go of it ends the profile: so does
    /// a server whose client has gone.
    std::function<endpoint_response()> finish;
};

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
