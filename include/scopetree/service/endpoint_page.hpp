/// The page that shows a live process: static, it asks for figures itself.
#ifndef SCOPETREE_SERVICE_ENDPOINT_PAGE_HPP
#define SCOPETREE_SERVICE_ENDPOINT_PAGE_HPP

#include <scopetree/render/html/pieces.hpp>
#include <scopetree/render/html/sha256.hpp>
#include <scopetree/render/html/squeeze.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

// Raw string literals, as in render/html/pieces.hpp.
// clang-format off
inline constexpr std::string_view endpoint_body =
#include <scopetree/service/page/body.html>
    ;
inline constexpr std::string_view endpoint_style =
#include <scopetree/service/page/style.css>
    ;
inline constexpr std::string_view endpoint_scripts[] = {
#include <scopetree/render/html/format.js>
    ,
#include <scopetree/service/page/tables.js>
    ,
#include <scopetree/service/page/start.js>
};
// clang-format on

struct endpoint_page {
    std::string html;
    std::string policy; ///< for Content-Security-Policy: this script and style, figures from here
};

/// Colours, and how numbers are written, are those of the HTML report.
inline endpoint_page make_endpoint_page(std::int64_t longest_profile_s) {
    const std::string style = squeeze(html_styles[0], false) + squeeze(endpoint_style, false);
    std::string script = "(()=>{\"use strict\";\n";
    for (const std::string_view piece : endpoint_scripts)
        script += squeeze(piece, true);
    script += "})();\n";
    endpoint_page page;
    page.policy = "default-src 'none'; script-src '" + csp_hash(script) + "'; style-src '" +
                  csp_hash(style) +
                  "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                  "frame-ancestors 'none'";
    page.html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<title>live · scopetree</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>" +
                style + "</style>\n</head>\n<body data-longest=\"" +
                std::to_string(longest_profile_s) + "\">";
    page.html += endpoint_body;
    page.html += "<script>" + script + "</script>\n</body>\n</html>\n";
    return page;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
