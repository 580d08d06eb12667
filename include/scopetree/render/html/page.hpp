/// The page around the data.
#ifndef SCOPETREE_RENDER_HTML_PAGE_HPP
#define SCOPETREE_RENDER_HTML_PAGE_HPP

#include <scopetree/render/html/pieces.hpp>
#include <scopetree/render/html/sha256.hpp>
#include <scopetree/render/html/squeeze.hpp>

#include <string>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// What stands before and behind the data.
struct html_page {
    std::string before;
    std::string behind;
};

/// The policy allows this script and this style and nothing else: no request to anywhere. The page
/// of a service has a view more than others.
inline html_page make_html_page(bool of_service) {
    std::string style;
    for (const std::string_view piece : html_styles)
        style += squeeze(piece, false);
    std::string script = "(()=>{\"use strict\";\n";
    for (const std::string_view piece : html_scripts)
        script += squeeze(piece, true);
    if (of_service) {
        style += squeeze(html_service_style, false);
        script += squeeze(html_service_script, true);
    }
    script += squeeze(html_start, true) + "})();\n";
    html_page page;
    page.before = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "script-src '" +
                  csp_hash(script) + "'; style-src '" + csp_hash(style) +
                  "'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<title>scopetree</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>" +
                  style + "</style>\n</head>\n<body>";
    page.before += unquote_attributes(html_body);
    page.before += "<script type=\"application/json\" id=\"data\">";
    page.behind = "</script>\n<script>" + script + "</script>\n</body>\n</html>\n";
    return page;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
