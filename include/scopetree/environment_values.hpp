/// What environment variables are made of: numbers with units, words, lists.
#ifndef SCOPETREE_ENVIRONMENT_VALUES_HPP
#define SCOPETREE_ENVIRONMENT_VALUES_HPP

#include <scopetree/options.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

inline std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        if (const std::string_view part = text.substr(0, end); !part.empty())
            parts.push_back(part);
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

/// Takes a decimal number off the front of `text`. By hand, since strtod reads the program's
/// locale.
inline std::optional<double> take_number(std::string_view& text) {
    double value = 0;
    double scale = 1;
    bool digits = false;
    bool fraction = false;
    std::size_t used = 0;
    for (; used < text.size(); ++used) {
        const char c = text[used];
        if (c == '.' && !fraction) {
            fraction = true;
        } else if (c >= '0' && c <= '9') {
            digits = true;
            value = value * 10 + (c - '0');
            scale *= fraction ? 10 : 1;
        } else {
            break;
        }
    }
    if (!digits)
        return std::nullopt;
    text.remove_prefix(used);
    return value / scale;
}

/// A duration in nanoseconds, e.g. `200us`. The unit is demanded: `5` means nothing.
inline std::optional<double> parse_duration(std::string_view text) {
    const std::optional<double> number = take_number(text);
    if (!number)
        return std::nullopt;
    constexpr std::pair<std::string_view, double> units[] = {
        {"ns", 1}, {"us", 1e3}, {"\u00b5s", 1e3}, {"\u03bcs", 1e3}, {"ms", 1e6}, {"s", 1e9}};
    for (const auto& [unit, nanoseconds] : units) {
        if (text == unit)
            return *number * nanoseconds;
    }
    return std::nullopt;
}

/// A size in bytes, e.g. `64MiB`. The unit is demanded.
inline std::optional<double> parse_size(std::string_view text) {
    const std::optional<double> number = take_number(text);
    if (!number)
        return std::nullopt;
    constexpr std::pair<std::string_view, double> units[] = {
        {"KiB", 1024.0}, {"MiB", 1024.0 * 1024}, {"GiB", 1024.0 * 1024 * 1024}};
    for (const auto& [unit, bytes] : units) {
        if (text == unit)
            return *number * bytes;
    }
    return std::nullopt;
}

/// A share: `0.05` or `5%`, within 0 and 1.
inline std::optional<double> parse_share(std::string_view text) {
    std::optional<double> number = take_number(text);
    if (number && text == "%") {
        *number /= 100;
        text = {};
    }
    if (!number || !text.empty() || *number > 1)
        return std::nullopt;
    return number;
}

template <class Value, std::size_t N>
bool parse_word(std::string_view text, const std::pair<std::string_view, Value> (&words)[N],
                Value& into) {
    for (const auto& [word, value] : words) {
        if (text == word) {
            into = value;
            return true;
        }
    }
    return false;
}

inline bool parse_bool(std::string_view text, bool& into) {
    constexpr std::pair<std::string_view, bool> words[] = {
        {"on", true},   {"1", true},  {"true", true},   {"yes", true},
        {"off", false}, {"0", false}, {"false", false}, {"no", false}};
    return parse_word(text, words, into);
}

inline bool parse_toggle(std::string_view text, toggle& into) {
    bool on = false;
    if (parse_bool(text, on))
        into = on ? toggle::on : toggle::off;
    else if (text == "auto")
        into = toggle::automatic;
    else
        return false;
    return true;
}

/// Without control characters, as it can be printed anywhere.
inline std::string printable(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        c = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return result;
}

/// `value` printable, in quotes, and not too long.
inline std::string quoted(std::string_view value) {
    constexpr std::size_t longest = 60;
    return "\"" + printable(value.substr(0, longest)) + (value.size() > longest ? "...\"" : "\"");
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
