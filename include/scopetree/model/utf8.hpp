/// UTF-8, taken apart: names and paths come from elsewhere and may hold any bytes.
#ifndef SCOPETREE_MODEL_UTF8_HPP
#define SCOPETREE_MODEL_UTF8_HPP

#include <scopetree/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A character of UTF-8 text, or one byte that is none (`valid` is false).
struct decoded {
    std::uint32_t code = 0;
    std::size_t size = 1; ///< bytes
    bool valid = true;
};

/// Decodes the first character of `text`, which must not be empty. Overlong forms, surrogates and
/// what is cut off are not valid.
inline decoded decode_utf8(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80)
        return {lead, 1, true};
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size)
        return {lead, 1, false};
    std::uint32_t code = lead & (0x7fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0u) != 0x80)
            return {lead, 1, false};
        code = code << 6 | (byte(i) & 0x3fu);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < least[size] || code > 0x10ffff || surrogate)
        return {lead, 1, false};
    return {code, size, true};
}

/// Whether all of `text` is UTF-8. Linear.
inline bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const decoded character = decode_utf8(text);
        if (!character.valid)
            return false;
        text.remove_prefix(character.size);
    }
    return true;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
