/// What can be chosen about pushing profiles; what makes no sense is refused.
#ifndef SCOPETREE_SERVICE_PUSH_OPTIONS_HPP
#define SCOPETREE_SERVICE_PUSH_OPTIONS_HPP

#include <scopetree/render/sanitize.hpp>
#include <scopetree/symbol/resolve.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// Where profiles are pushed to, and as what.
struct push_options {
    /// The server's address, with the path that its API lies under if there is one:
    /// "http://pyroscope.internal:4040/prefix". No https: that would need a TLS library.
    std::string url = "http://127.0.0.1:4040";

    std::string application; ///< the service's name: letters, digits and `_ . - /`

    /// Of all profiles of this process, such as {"region", "eu"}.
    std::vector<std::pair<std::string, std::string>> labels;

    // At most one of: a user with a password (basic), or a token (bearer).
    std::string user;
    std::string password;
    std::string token;

    std::string tenant; ///< X-Scope-OrgID, for a server of several tenants

    std::chrono::milliseconds interval{10'000};   ///< the time that one profile covers
    std::chrono::milliseconds time_limit{10'000}; ///< for the server to answer

    /// Before a profile is sent again; twice as long after each further failure, up to the longest.
    std::chrono::milliseconds shortest_pause{1'000};
    std::chrono::milliseconds longest_pause{60'000};

    std::size_t queue_limit =
        8 * 1024 * 1024; ///< bytes that wait; beyond it the oldest are dropped

    std::chrono::milliseconds stop_limit{2'000}; ///< for what is left when pushing ends

    resolve_options symbols;
};

namespace detail {

/// The address in a URL, taken apart.
struct push_url {
    std::string host; ///< a name or an address, without brackets
    std::uint16_t port = 80;
    std::string prefix; ///< of the path: empty, or "/prefix"

    std::string host_header() const {
        const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
        return port == 80 ? name : name + ':' + std::to_string(port);
    }
};

[[noreturn]] inline void refuse_push_option(std::string_view name, const std::string& value,
                                            const std::string& accepted) {
    throw std::invalid_argument("scopetree: push_options::" + std::string(name) + " is \"" +
                                sanitize(value, true) + "\"; accepted: " + accepted);
}

inline bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

inline bool consists_of(std::string_view text, std::string_view others) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
    });
}

inline bool is_visible_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

inline push_url parse_push_url(const std::string& url) {
    const auto refuse = [&](const std::string& why) {
        refuse_push_option("url", url, "http://HOST[:PORT][/PREFIX]; " + why);
    };
    constexpr std::string_view scheme = "http://";
    if (url.compare(0, 8, "https://") == 0)
        refuse("https is not spoken, since no TLS library is built in: push to a proxy or an agent "
               "on this machine that does");
    if (url.compare(0, scheme.size(), scheme) != 0)
        refuse("it does not begin with http://");
    if (!is_visible_ascii(url) || url.find_first_of("?#") != std::string::npos)
        refuse("no blanks, query or fragment");
    const std::size_t slash = std::min(url.find('/', scheme.size()), url.size());
    std::string authority = url.substr(scheme.size(), slash - scheme.size());
    push_url result;
    result.prefix = url.substr(slash);
    while (!result.prefix.empty() && result.prefix.back() == '/')
        result.prefix.pop_back();
    if (authority.find('@') != std::string::npos) // and not repeated in an error
        throw std::invalid_argument("scopetree: push_options::url holds a user; accepted: "
                                    "http://HOST[:PORT][/PREFIX], user and password as options of "
                                    "their own");
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
        const std::string port = authority.substr(colon + 1);
        authority.resize(colon);
        const bool is_number = !port.empty() && port.size() <= 5 &&
                               port.find_first_not_of("0123456789") == std::string::npos;
        const unsigned long number = is_number ? std::stoul(port) : 0;
        if (number == 0 || number > 65'535)
            refuse("the port must be from 1 to 65535");
        result.port = static_cast<std::uint16_t>(number);
    }
    const bool in_brackets =
        authority.size() > 2 && authority.front() == '[' && authority.back() == ']';
    result.host = in_brackets ? authority.substr(1, authority.size() - 2) : authority;
    if (result.host.empty() || !consists_of(result.host, in_brackets ? ":." : ".-_"))
        refuse("the host must be a name, an IPv4 address or an IPv6 address in brackets");
    return result;
}

inline void check_push_labels(const push_options& chosen) {
    if (chosen.labels.size() > 25)
        throw std::invalid_argument("scopetree: push_options::labels has " +
                                    std::to_string(chosen.labels.size()) +
                                    " entries; accepted: at most 25");
    std::set<std::string_view> names;
    for (const auto& [name, value] : chosen.labels) {
        const bool fits = !name.empty() && consists_of(name, "_") &&
                          (name[0] < '0' || name[0] > '9') && name.compare(0, 2, "__") != 0;
        if (!fits || name.size() > 1'024 || name == "service_name")
            refuse_push_option("labels", name,
                               "as a name, letters, digits and _, at first no digit and not __, "
                               "and not service_name");
        if (!names.insert(name).second)
            refuse_push_option("labels", name, "each name once");
        const bool is_text = sanitize(value, true) == value && value.size() <= 2'048;
        if (value.empty() || !is_text || value.find_first_of(",}") != std::string::npos ||
            value.front() == ' ' || value.back() == ' ')
            refuse_push_option("labels", std::string(name).append("=").append(value),
                               "as a value, 1 to 2048 bytes of UTF-8 without , and } and control "
                               "characters, and no blank at the ends");
    }
}

inline void check_push_times(const push_options& chosen) {
    using std::chrono::milliseconds;
    const auto check = [](std::string_view name, milliseconds value, milliseconds least,
                          milliseconds most) {
        if (value < least || value > most)
            refuse_push_option(name, std::to_string(value.count()) + "ms",
                               std::to_string(least.count()) + "ms to " +
                                   std::to_string(most.count()) + "ms");
    };
    check("interval", chosen.interval, milliseconds(10), std::chrono::minutes(30));
    check("time_limit", chosen.time_limit, milliseconds(10), std::chrono::minutes(5));
    check("shortest_pause", chosen.shortest_pause, milliseconds(1), std::chrono::minutes(30));
    check("longest_pause", chosen.longest_pause, chosen.shortest_pause, std::chrono::minutes(30));
    check("stop_limit", chosen.stop_limit, milliseconds(0), std::chrono::minutes(5));
}

/// Throws std::invalid_argument that names the option, its value and what would be accepted.
inline push_url check_push_options(const push_options& chosen) {
    push_url url = parse_push_url(chosen.url);
    if (chosen.application.empty() || !consists_of(chosen.application, "_.-/"))
        refuse_push_option("application", chosen.application,
                           "the service's name, of letters, digits and _ . - /");
    check_push_labels(chosen);
    check_push_times(chosen);
    if (chosen.queue_limit < 64 * 1024)
        refuse_push_option("queue_limit", std::to_string(chosen.queue_limit),
                           "at least 64 KiB (65536)");
    if (!chosen.token.empty() && !chosen.user.empty())
        throw std::invalid_argument(
            "scopetree: push_options has both a user and a token; accepted: "
            "one of them");
    if (chosen.user.empty() && !chosen.password.empty())
        throw std::invalid_argument("scopetree: push_options has a password and no user");
    if (chosen.user.find(':') != std::string::npos || sanitize(chosen.user, true) != chosen.user ||
        sanitize(chosen.password, true) != chosen.password)
        throw std::invalid_argument("scopetree: push_options::user or ::password cannot be sent; "
                                    "accepted: UTF-8 without control characters, no colon in user");
    if (!is_visible_ascii(chosen.token))
        throw std::invalid_argument(
            "scopetree: push_options::token cannot be sent; accepted: visible ASCII characters");
    if (!is_visible_ascii(chosen.tenant))
        refuse_push_option("tenant", chosen.tenant, "visible ASCII characters");
    return url;
}

/// As RFC 3986 (2.1) wants what is neither a letter or digit nor one of `- . _ ~`.
inline std::string percent_encoded(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            result += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        result += '%';
        result += "0123456789ABCDEF"[byte >> 4];
        result += "0123456789ABCDEF"[byte & 15];
    }
    return result;
}

/// RFC 4648 (4).
inline std::string base64(std::string_view bytes) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string result;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = i; j < i + 3; ++j)
            group = group << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0u);
        for (std::size_t j = 0; j < 4; ++j)
            result += i + j > bytes.size() ? '=' : digits[group >> (18 - 6 * j) & 63];
    }
    return result;
}

/// The value of Authorization; empty for none.
inline std::string push_authorization(const push_options& chosen) {
    if (!chosen.token.empty())
        return "Bearer " + chosen.token;
    return chosen.user.empty() ? "" : "Basic " + base64(chosen.user + ':' + chosen.password);
}

/// `app{k=v,…}`
inline std::string push_name(const push_options& chosen) {
    std::string name = chosen.application;
    for (std::size_t i = 0; i < chosen.labels.size(); ++i)
        name += (i == 0 ? "{" : ",") + chosen.labels[i].first + "=" + chosen.labels[i].second;
    return chosen.labels.empty() ? name : name + "}";
}

/// What a profile is sent to. Times in seconds, the server's unit; one window begins where the one
/// before it ends.
inline std::string push_target(const push_url& url, const push_options& chosen,
                               std::int64_t from_unix_ns, std::int64_t until_unix_ns,
                               std::int64_t interval_ns) {
    constexpr std::int64_t second = 1'000'000'000;
    const std::int64_t from = from_unix_ns / second;
    const std::int64_t until = std::max(until_unix_ns / second, from + 1);
    const std::int64_t rate = (second + interval_ns / 2) / std::max<std::int64_t>(interval_ns, 1);
    return url.prefix + "/ingest?name=" + percent_encoded(push_name(chosen)) +
           "&from=" + std::to_string(from) + "&until=" + std::to_string(until) +
           "&sampleRate=" + std::to_string(std::max<std::int64_t>(rate, 1)) +
           "&spyName=scopetree&format=pprof";
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
