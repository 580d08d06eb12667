/// JSON as it stands inside of an HTML page.
#ifndef SCOPETREE_RENDER_HTML_JSON_HPP
#define SCOPETREE_RENDER_HTML_JSON_HPP

#include <scopetree/render/json_text.hpp>
#include <scopetree/render/sanitize.hpp>

#include <string>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A JSON string that can neither end the element around it nor be anything but text: `<`, `>` and
/// `&` are escaped; control characters, line separators and what is not UTF-8 are replaced (see
/// sanitize). Linear.
inline std::string html_json_text(std::string_view text) {
    std::string safe;
    for (const char c : json_text(sanitize(text, true))) {
        if (c == '<')
            safe += "\\u003c";
        else if (c == '>')
            safe += "\\u003e";
        else if (c == '&')
            safe += "\\u0026";
        else
            safe += c;
    }
    return safe;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
