/// The page's parts, kept in files of their own. Each is a raw string literal: its first line opens
/// it, its last line closes it, and what stands between is the part as it is edited.
#ifndef SCOPETREE_RENDER_HTML_PIECES_HPP
#define SCOPETREE_RENDER_HTML_PIECES_HPP

#include <scopetree/config.hpp>

#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

// clang-format off
inline constexpr std::string_view html_body =
#include <scopetree/render/html/body.html>
    ;
inline constexpr std::string_view html_styles[] = {
#include <scopetree/render/html/style.css>
    ,
#include <scopetree/render/html/views.css>
};
/// In the order in which they stand in the script.
inline constexpr std::string_view html_scripts[] = {
#include <scopetree/render/html/model.js>
    ,
#include <scopetree/render/html/format.js>
    ,
#include <scopetree/render/html/tree.js>
    ,
#include <scopetree/render/html/calls.js>
    ,
#include <scopetree/render/html/inverted.js>
    ,
#include <scopetree/render/html/table.js>
    ,
#include <scopetree/render/html/flame.js>
    ,
#include <scopetree/render/html/timeline.js>
    ,
#include <scopetree/render/html/details.js>
    ,
#include <scopetree/render/html/page.js>
};
/// Behind all others.
inline constexpr std::string_view html_start =
#include <scopetree/render/html/start.js>
    ;
inline constexpr std::string_view html_service_style =
#include <scopetree/render/html/routes.css>
    ;
inline constexpr std::string_view html_service_script =
#include <scopetree/render/html/routes.js>
    ;
// clang-format on

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
