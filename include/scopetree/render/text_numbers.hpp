/// Numbers as text, whatever locale the program has set.
#ifndef SCOPETREE_RENDER_TEXT_NUMBERS_HPP
#define SCOPETREE_RENDER_TEXT_NUMBERS_HPP

#include <scopetree/config.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// `value` * 10^-decimals, e.g. 1234 with 2 decimals is 12.34.
inline std::string fixed_point(std::uint64_t value, int decimals) {
    std::string digits = std::to_string(value);
    const auto fraction = static_cast<std::size_t>(decimals);
    if (digits.size() <= fraction)
        digits.insert(0, fraction + 1 - digits.size(), '0');
    if (fraction != 0)
        digits.insert(digits.size() - fraction, ".");
    return digits;
}

/// Decimals of seconds that samples at this interval can justify: ceil(-log10(seconds)), 0 to 9.
inline int decimals_for(std::int64_t interval_ns) {
    interval_ns = std::clamp<std::int64_t>(interval_ns, 1, 1'000'000'000);
    int decimals = 0;
    for (; interval_ns < 1'000'000'000; interval_ns *= 10)
        ++decimals;
    return decimals;
}

inline std::string format_seconds(std::int64_t ns, int decimals) {
    std::uint64_t unit = 1; // of the last decimal, in nanoseconds
    for (int i = decimals; i < 9; ++i)
        unit *= 10;
    const std::uint64_t magnitude =
        ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
    const std::uint64_t rounded = magnitude / unit + (magnitude % unit >= (unit + 1) / 2 ? 1 : 0);
    return (ns < 0 && rounded != 0 ? "-" : "") + fixed_point(rounded, decimals);
}

/// As `%.1f%%` prints it in the C locale; of nothing, everything is 0.0%.
inline std::string format_percent(std::int64_t part, std::int64_t whole) {
    const double percent =
        whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
    char text[64];
    const int size = std::snprintf(text, sizeof text, "%.1f", percent);
    const std::string_view digits(text, static_cast<std::size_t>(size));
    const std::size_t point = digits.find_first_not_of("-0123456789");
    return std::string(digits.substr(0, point))
               .append(".")
               .append(digits.substr(digits.size() - 1)) +
           "%";
}

/// 1204331 is 1,204,331.
inline std::string format_count(std::uint64_t count) {
    std::string digits = std::to_string(count);
    for (std::size_t i = digits.size(); i > 3; i -= 3)
        digits.insert(i - 3, ",");
    return digits;
}

/// A duration in nanoseconds with three significant digits in the unit that suits: 336 ns,
/// 1.20 us, 12.3 ms, 4.57 s; what is a whole number of nanoseconds or above 100 s has no decimals.
inline std::string format_duration(double ns, bool unicode) {
    const std::string_view units[] = {" ns", unicode ? " \u00b5s" : " us", " ms", " s"};
    if (!(ns > 0))
        return "0 ns";
    double value = ns;
    std::size_t unit = 0;
    // 999.5 would be printed as 1000: it belongs to the next unit already.
    while (value >= 999.5 && unit < 3) {
        value /= 1000;
        ++unit;
    }
    if (value >= 99.95 || (unit == 0 && value == std::floor(value)))
        return fixed_point(static_cast<std::uint64_t>(std::round(std::min(value, 1e18))), 0)
            .append(units[unit]);
    const int decimals = value >= 9.995 ? 1 : 2;
    const double scale = decimals == 1 ? 10 : 100;
    return fixed_point(static_cast<std::uint64_t>(std::round(value * scale)), decimals)
        .append(units[unit]);
}

/// The same without zeros that say nothing, for what was chosen and not measured: 1 ms, 2.5 ms.
inline std::string format_round_duration(double ns, bool unicode) {
    std::string text = format_duration(ns, unicode);
    const std::size_t space = text.find(' ');
    std::size_t end = space;
    if (text.find('.') < space) {
        while (text[end - 1] == '0')
            --end;
        if (text[end - 1] == '.')
            --end;
    }
    return text.erase(end, space - end);
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
