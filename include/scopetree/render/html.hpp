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

namespace detail {

inline html_subject subject_of(const session& source) {
    html_subject subject;
    subject.sections = separate_sections(source, true);
    subject.wholes = subject.sections.size();
    subject.parts = "threads";
    if (source.figures.samples == 0)
        subject.nothing = "No samples were recorded: the program was over too soon, or no thread "
                          "of it reached a PROFILE_SCOPE. With SCOPETREE_THREADS=all every thread "
                          "is sampled.";
    subject.facts = run_facts(source);
    return subject;
}

} // namespace detail

/// Writes the session as an HTML page in UTF-8 that opens from a disk and asks nobody for anything.
///
/// Names are shown as text, whatever they are; control characters in them are replaced. Throws
/// std::invalid_argument if the session is inconsistent. Time and memory are linear in the number
/// of nodes, but for sorting. Any threads may write the same session at once.
inline void write_html(std::ostream& stream, const session& source,
                       const html_options& chosen = {}) {
    detail::html_data_writer data(stream, source, chosen, chosen.most_nodes,
                                  detail::subject_of(source));
    const detail::html_page page = detail::make_html_page(false);
    stream << page.before;
    data.write([](detail::json_writer&) {});
    stream << page.behind;
    stream.flush();
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
