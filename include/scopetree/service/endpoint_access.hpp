/// Who is let in to the live endpoint.
#ifndef SCOPETREE_SERVICE_ENDPOINT_ACCESS_HPP
#define SCOPETREE_SERVICE_ENDPOINT_ACCESS_HPP

#include <scopetree/service/endpoint_options.hpp>
#include <scopetree/service/endpoint_request.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <strings.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Whether both are the same, in a time that depends on the length of what was sent alone.
inline bool equal_in_constant_time(std::string_view secret, std::string_view sent) {
    volatile unsigned difference = secret.size() == sent.size() ? 0 : 1;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        const auto expected =
            static_cast<unsigned char>(secret.empty() ? 0 : secret[i % secret.size()]);
        difference = difference | (expected ^ static_cast<unsigned char>(sent[i]));
    }
    return difference == 0;
}

/// RFC 4648, 4; empty for what is none. What follows the first `=` is not looked at.
inline std::string base64_decoded(std::string_view text) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string decoded;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text.substr(0, text.find('='))) {
        const std::size_t value = letters.find(c);
        if (value == std::string_view::npos)
            return {};
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            decoded += static_cast<char>(bits >> count & 0xff);
        }
    }
    return decoded;
}

/// The token of an `Authorization`: what follows `Bearer` (RFC 6750), or the password of `Basic`
/// (RFC 7617).
inline std::string sent_token(std::string_view authorization) {
    const std::size_t blank = authorization.find(' ');
    if (blank == std::string_view::npos)
        return {};
    const std::string scheme(authorization.substr(0, blank));
    std::string_view rest = authorization.substr(blank + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (::strcasecmp(scheme.c_str(), "Bearer") == 0)
        return std::string(rest);
    if (::strcasecmp(scheme.c_str(), "Basic") != 0)
        return {};
    const std::string login = base64_decoded(rest);
    const std::size_t colon = login.find(':');
    return colon == std::string::npos ? std::string() : login.substr(colon + 1);
}

/// Whether a `Host` names this machine by itself: localhost or a loopback address, with any port.
inline bool names_loopback(std::string_view host) {
    if (!host.empty() && host.front() == '[') {
        const std::size_t end = host.find(']');
        return end != std::string_view::npos && is_loopback(std::string(host.substr(1, end - 1)));
    }
    const std::string name(host.substr(0, host.find(':')));
    return ::strcasecmp(name.c_str(), "localhost") == 0 || is_loopback(name);
}

/// 0 for who is let in; otherwise the status of the answer, and `why`.
inline int refusal(const endpoint_options& chosen, const endpoint_request& request,
                   std::string& why) {
    if (!chosen.token.empty()) {
        const std::string token = sent_token(request.header("Authorization"));
        if (equal_in_constant_time(chosen.token, token))
            return 0;
        why = token.empty() ? "A token is needed: send 'Authorization: Bearer TOKEN', or the token "
                              "as the password of a login."
                            : "The token is not the right one.";
        return 401;
    }
    const std::string host = request.header("Host");
    if (!is_loopback(request.peer))
        why = "Only this machine is answered, unless the endpoint has a token.";
    else if (!host.empty() && !names_loopback(host))
        why = "The request's Host must be localhost or a loopback address, unless the endpoint has "
              "a token: ask for http://127.0.0.1 or http://localhost.";
    else if (!request.header("X-Forwarded-For").empty() || !request.header("Forwarded").empty())
        why = "The request was forwarded by a proxy, and only this machine is answered, unless the "
              "endpoint has a token.";
    else if (request.header("Sec-Fetch-Site") == "cross-site" &&
             request.header("Sec-Fetch-Mode") != "navigate")
        why = "Pages of other sites are not answered.";
    return why.empty() ? 0 : 403;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
