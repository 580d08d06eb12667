/// What must hold for any bytes that are taken for a session file.
#ifndef SCOPETREE_TESTS_SUPPORT_UNTRUSTED_SESSION_HPP
#define SCOPETREE_TESTS_SUPPORT_UNTRUSTED_SESSION_HPP

#include <scopetree/model/session_combine.hpp>
#include <scopetree/render/output.hpp>
#include <scopetree/render/text_diff.hpp>

#include "support/session_text.hpp"

#include <ostream>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <string_view>

namespace test {

/// Takes everything and keeps nothing.
class null_buffer : public std::streambuf {
protected:
    int_type overflow(int_type next) override { return traits_type::not_eof(next); }
    std::streamsize xsputn(const char*, std::streamsize size) override { return size; }
};

/// All that is done with a session that was read.
inline void use_session(const scopetree::session& source) {
    using namespace scopetree;
    null_buffer nowhere;
    std::ostream stream(&nowhere);
    text_options chosen;
    for (const output_format format :
         {output_format::text, output_format::json, output_format::speedscope,
          output_format::folded, output_format::pprof, output_format::trace_events})
        if (const auto write = detail::writer_of(format))
            write(stream, source, chosen);
    // The page around its data is always the same, and would take most of the time.
    detail::html_data_writer(stream, source, chosen, html_options{}.most_nodes,
                             detail::subject_of(source))
        .write([](detail::json_writer&) {});
    chosen.flat = chosen.show_all = true;
    chosen.clock = report_clock::both;
    chosen.threads = thread_display::merged;
    write_text(stream, source, chosen);
    write_text(stream, diff(source, {}));
    try {
        for (const combined_threads threads :
             {combined_threads::side_by_side, combined_threads::merged_by_name})
            write_text(stream, session::combine({source, source}, threads));
    } catch (const session_error&) { // together they may be too large
    }
}

/// Either the text is refused with a session_error, or it is a session that is written as it was
/// read and, if `use` is set, that everything can be done with. Returns whether it is one; throws
/// what must not be.
inline bool check_untrusted_session(std::string_view text, bool use = true) {
    scopetree::session source;
    try {
        source = scopetree::read_session(text, "untrusted");
    } catch (const scopetree::session_error&) {
        return false;
    }
    const std::string written = session_text(source);
    if (session_text(scopetree::read_session(written, "written")) != written)
        throw std::logic_error("a session is not read as it was written");
    if (use)
        use_session(source);
    return true;
}

} // namespace test

#endif
