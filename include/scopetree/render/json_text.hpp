/// Text as a JSON string, whatever bytes it holds.
#ifndef SCOPETREE_RENDER_JSON_TEXT_HPP
#define SCOPETREE_RENDER_JSON_TEXT_HPP

#include <scopetree/render/sanitize.hpp>

#include <boost/json/serialize.hpp>

#include <string>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// `text` with U+FFFD in the place of every byte that is not UTF-8. Linear.
inline std::string valid_utf8(std::string_view text) {
    std::string valid;
    valid.reserve(text.size());
    while (!text.empty()) {
        const decoded character = decode_utf8(text);
        if (character.valid)
            valid += text.substr(0, character.size);
        else
            valid += "\xef\xbf\xbd";
        text.remove_prefix(character.size);
    }
    return valid;
}

/// `text` in quotes and escaped. Boost.JSON would pass on bytes that are not UTF-8, and no reader
/// need accept those. Linear.
inline std::string json_text(std::string_view text) {
    const std::string valid = valid_utf8(text);
    return boost::json::serialize(boost::json::string_view(valid.data(), valid.size()));
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
