/// Reports as files, in the format that is asked for.
#ifndef SCOPETREE_RENDER_OUTPUT_HPP
#define SCOPETREE_RENDER_OUTPUT_HPP

#include <scopetree/model/session_file.hpp>
#include <scopetree/options.hpp>
#include <scopetree/render/folded.hpp>
#include <scopetree/render/html.hpp>
#include <scopetree/render/json.hpp>
#include <scopetree/render/pprof.hpp>
#include <scopetree/render/speedscope.hpp>
#include <scopetree/render/text.hpp>
#include <scopetree/render/trace_events.hpp>

#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>

#include <sys/types.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

using output_writer = void (*)(std::ostream&, const session&, const text_options&);

/// How a format is written; the text's options also choose the clock of the others. nullptr: this
/// version cannot write it.
inline output_writer writer_of(output_format format) {
    using stream = std::ostream&;
    using source = const session&;
    using options = const text_options&;
    switch (format) {
    case output_format::text:
        return [](stream to, source from, options chosen) { write_text(to, from, chosen); };
    case output_format::session:
        return [](stream to, source from, options) { write_session(to, from); };
    case output_format::folded:
        return
            [](stream to, source from, options chosen) { write_folded(to, from, {chosen.clock}); };
    case output_format::speedscope:
        return [](stream to, source from, options chosen) {
            write_speedscope(to, from, {chosen.clock, chosen.timeline});
        };
    case output_format::trace_events:
        return [](stream to, source from, options chosen) {
            write_trace_events(to, from, {chosen.clock});
        };
    case output_format::pprof:
        return [](stream to, source from, options) { write_pprof(to, from); };
    case output_format::json:
        return [](stream to, source from, options chosen) { write_json(to, from, chosen); };
    case output_format::html:
        return [](stream to, source from, options chosen) {
            html_options first;
            static_cast<tree_options&>(first) = chosen;
            write_html(to, from, first);
        };
    }
    return nullptr;
}

} // namespace detail

/// Whether write_output knows the format.
inline bool can_write(output_format format) {
    return detail::writer_of(format) != nullptr;
}

/// Writes the session to a file as a report of the format. The file is there as a whole or, after
/// an error, as it was before. Sessions are for their owner alone, other reports are for those whom
/// the umask allows.
///
/// Throws session_error that names the file and the reason, std::invalid_argument for options that
/// make no sense, see write_text, and for formats that this version cannot write.
inline void write_output(const output_file& output, const session& source,
                         const text_options& chosen = {}) {
    const detail::output_writer write = detail::writer_of(output.format);
    if (write == nullptr)
        throw std::invalid_argument("scopetree: cannot write " + output.path +
                                    ": this version does not write that format");
    constexpr mode_t for_all = 0666;
    const std::error_code failed = detail::write_whole_file(
        output.path, output.format == output_format::session ? detail::session_file_mode : for_all,
        [&](std::ostream& stream) { write(stream, source, chosen); });
    if (failed)
        throw session_error("scopetree: cannot write " + output.path + ": " + failed.message());
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
