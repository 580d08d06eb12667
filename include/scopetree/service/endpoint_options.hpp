/// What can be chosen about the live endpoint.
#ifndef SCOPETREE_SERVICE_ENDPOINT_OPTIONS_HPP
#define SCOPETREE_SERVICE_ENDPOINT_OPTIONS_HPP

#include <scopetree/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <arpa/inet.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// The endpoint cannot be started as it was asked for; what() says why, and what could be done.
class endpoint_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Who may read the endpoint, and how much of the process it may take.
///
/// Without a token only this machine is answered: the client's address must be a loopback one, and
/// so must be the name under which it asks, so that no page in a browser reads it through a name
/// that leads here. With a token whoever sends it is answered, and nobody else: as
/// `Authorization: Bearer TOKEN`, or as the password of a login, which browsers and
/// `go tool pprof http://:TOKEN@…` send.
struct endpoint_options {
    std::string token; ///< at least 16 visible ASCII characters; empty: none
    std::string path;  ///< what stands before every path of it in a server of yours: "/debug/live"
    std::chrono::seconds longest_profile{60}; ///< that can be asked for
    std::size_t most_profiles = 4;            ///< taken at the same time

    // What follows is for serve() alone; in a server of yours these are that server's matters.

    std::string address = "127.0.0.1"; ///< to listen on; any but a loopback address demands a token
    std::uint16_t port = 6060;         ///< 0: one that is free
    std::size_t most_connections = 64; ///< further ones are told 503 and closed
    /// For a client to send its request, and as long again to take the answer.
    std::chrono::milliseconds time_limit{15'000};
};

namespace detail {

/// An address of this machine that no other can reach: 127.0.0.0/8, also as IPv6 writes it, or ::1.
inline bool is_loopback(const std::string& address) {
    in_addr v4;
    if (::inet_pton(AF_INET, address.c_str(), &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    in6_addr v6;
    if (::inet_pton(AF_INET6, address.c_str(), &v6) != 1)
        return false;
    return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

inline bool is_address(const std::string& text) {
    in6_addr any;
    return ::inet_pton(AF_INET, text.c_str(), &any) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), &any) == 1;
}

/// Throws std::invalid_argument that names what makes no sense and what would be accepted.
inline void check_endpoint(const endpoint_options& chosen) {
    using namespace std::chrono_literals;
    const auto demand = [](bool holds, const char* otherwise) {
        if (!holds)
            throw std::invalid_argument(std::string("scopetree: ") + otherwise);
    };
    bool visible = true;
    for (const char c : chosen.token)
        visible = visible && c > ' ' && c <= '~';
    demand(visible && (chosen.token.empty() || chosen.token.size() >= 16),
           "the endpoint's token must be at least 16 characters of visible ASCII, without blanks; "
           "`openssl rand -hex 16` makes one");
    demand(chosen.path.empty() || (chosen.path.front() == '/' && chosen.path.back() != '/' &&
                                   chosen.path.find_first_of("?#% ") == std::string::npos),
           "the endpoint's path must be empty or begin, but not end, with '/', like "
           "\"/debug/live\"");
    demand(chosen.longest_profile >= 1s && chosen.longest_profile <= 3600s,
           "the endpoint's longest_profile must be from 1 s to 3600 s");
    demand(chosen.most_profiles >= 1 && chosen.most_profiles <= 1000,
           "the endpoint's most_profiles must be from 1 to 1000");
}

/// The same for what concerns the server: throws endpoint_error if others could reach it and there
/// is no token.
inline void check_server(const endpoint_options& chosen) {
    using namespace std::chrono_literals;
    check_endpoint(chosen);
    if (!is_address(chosen.address))
        throw std::invalid_argument("scopetree: the endpoint's address must be an IP address such "
                                    "as 127.0.0.1, ::1 or 0.0.0.0, not \"" +
                                    chosen.address + "\"");
    if (chosen.most_connections < 1 || chosen.most_connections > 10'000)
        throw std::invalid_argument(
            "scopetree: the endpoint's most_connections must be from 1 to 10000");
    if (chosen.time_limit < 10ms || chosen.time_limit > 1h)
        throw std::invalid_argument(
            "scopetree: the endpoint's time_limit must be from 10 ms to 1 h");
    if (chosen.token.empty() && !is_loopback(chosen.address))
        throw endpoint_error("scopetree: listening on " + chosen.address +
                             " lets other machines read this program's profile; set "
                             "endpoint_options::token so that only those who know it can, or "
                             "listen on 127.0.0.1");
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
