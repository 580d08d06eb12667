/// Makes text that comes from elsewhere safe to print: a symbol's name must not drive a terminal.
#ifndef SCOPETREE_RENDER_SANITIZE_HPP
#define SCOPETREE_RENDER_SANITIZE_HPP

#include <scopetree/model/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Control characters (C0, DEL, C1), those that change the direction of text, and line separators.
inline bool is_control(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x061c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

/// `text` with every control character and every byte that is not UTF-8 replaced: by U+FFFD, or
/// without `unicode` by `?`, then everything beyond ASCII too, since a terminal that expects some
/// other encoding takes the bytes of harmless characters for control characters.
inline std::string sanitize(std::string_view text, bool unicode) {
    const auto plain = [](char c) { return c >= 0x20 && c < 0x7f; };
    if (std::all_of(text.begin(), text.end(), plain))
        return std::string(text);
    std::string safe;
    while (!text.empty()) {
        const decoded character = decode_utf8(text);
        const bool kept =
            character.valid && !is_control(character.code) && (unicode || character.code < 0x80);
        if (kept)
            safe += text.substr(0, character.size);
        else
            safe += unicode ? "\xef\xbf\xbd" : "?";
        text.remove_prefix(character.size);
    }
    return safe;
}

/// Whether a terminal gives the character two columns.
inline bool is_wide(std::uint32_t code) {
    constexpr std::uint32_t ranges[][2] = {{0x1100, 0x115f},   {0x2e80, 0xa4cf},  {0xac00, 0xd7a3},
                                           {0xf900, 0xfaff},   {0xfe30, 0xfe6f},  {0xff00, 0xff60},
                                           {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};
    return std::any_of(std::begin(ranges), std::end(ranges), [&](const std::uint32_t(&range)[2]) {
        return code >= range[0] && code <= range[1];
    });
}

/// Columns that sanitized text takes.
inline std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const decoded character = decode_utf8(text);
        width += is_wide(character.code) ? 2 : 1;
        text.remove_prefix(character.size);
    }
    return width;
}

/// The longest beginning of sanitized `text` that takes no more than `width` columns.
inline std::string_view take_columns(std::string_view text, std::size_t width) {
    std::size_t used = 0;
    while (used < text.size()) {
        const decoded character = decode_utf8(text.substr(used));
        const std::size_t columns = is_wide(character.code) ? 2 : 1;
        if (columns > width)
            break;
        width -= columns;
        used += character.size;
    }
    return text.substr(0, used);
}

/// Sanitized `text` with its middle left out, where it takes more than `width` columns.
inline std::string elide_middle(std::string_view text, std::size_t width, bool unicode) {
    const std::size_t full = display_width(text);
    const std::string_view mark = unicode ? "\u2026" : "...";
    const std::size_t mark_width = unicode ? 1 : 3;
    if (full <= width || width <= mark_width + 1)
        return std::string(text);
    const std::size_t front = (width - mark_width + 1) / 2;
    const std::size_t back = width - mark_width - front;
    std::string_view tail = text.substr(take_columns(text, full - back).size());
    if (display_width(tail) > back) // a wide character stands across the cut
        tail.remove_prefix(decode_utf8(tail).size);
    return std::string(take_columns(text, front)).append(mark).append(tail);
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
