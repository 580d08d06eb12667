/// A session as one HTML page that needs nothing else: a call tree, a flame graph, a table of
/// functions, an inverted tree and a timeline.
#ifndef SCOPETREE_RENDER_HTML_HPP
#define SCOPETREE_RENDER_HTML_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/options.hpp>
#include <scopetree/render/html/data.hpp>
#include <scopetree/render/html/page.hpp>

#include <cstddef>
#include <ostream>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// What the page shows first; readers can choose otherwise in it. `clock = both` counts as wall.
struct html_options : tree_options {
    std::size_t most_nodes = 100'000; ///< beyond it the page is thinned out, and says so
};

/// Writes the session as an HTML page in UTF-8 that opens from a disk and asks nobody for anything.
///
/// Names are shown as text, whatever they are; control characters in them are replaced. Throws
/// std::invalid_argument if the session is inconsistent. Time and memory are linear in the number
/// of nodes, but for sorting. Any threads may write the same session at once.
inline void write_html(std::ostream& stream, const session& source,
                       const html_options& chosen = {}) {
    detail::html_data_writer data(stream, source, chosen, chosen.most_nodes);
    const detail::html_page page = detail::make_html_page();
    stream << page.before;
    data.write();
    stream << page.behind;
    stream.flush();
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
