/// A session as folded stacks, for flamegraph.pl, inferno, speedscope and the like.
#ifndef SCOPETREE_RENDER_FOLDED_HPP
#define SCOPETREE_RENDER_FOLDED_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/options.hpp>
#include <scopetree/render/call_order.hpp>
#include <scopetree/render/sanitize.hpp>
#include <scopetree/render/text_threads.hpp>

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

struct folded_options {
    report_clock clock = report_clock::wall; ///< `both` counts as wall: a line has one number
};

namespace detail {

/// A name that cannot be taken for something else: no `;`, no control characters, and no number
/// behind a blank at its end, which readers would take for the line's.
inline std::string folded_name(std::string_view name) {
    if (name.empty())
        return "[unnamed]";
    std::string safe = sanitize(name, true);
    for (char& c : safe)
        c = c == ';' ? ':' : c;
    const std::size_t blank = safe.rfind(' ');
    if (blank != std::string::npos &&
        safe.find_first_not_of("0123456789.", blank + 1) == std::string::npos)
        safe[blank] = '_';
    return safe;
}

} // namespace detail

/// Writes a line `thread;outermost;…;innermost N` for every place with time of its own, where N is
/// that time in nanoseconds.
///
/// All frames are there; processors do not apply. In names, `;` becomes `:`, control characters
/// and what is not UTF-8 become U+FFFD, and a number at the end is joined to its word by `_`.
/// Throws std::invalid_argument if the session is inconsistent. Linear in what is written, but for
/// sorting. Any threads may write the same session at once.
inline void write_folded(std::ostream& stream, const session& source,
                         const folded_options& chosen = {}) {
    std::vector<std::string> names;
    for (const frame& f : source.frames)
        names.push_back(detail::folded_name(f.name));
    for (const thread_tree* thread : detail::ordered_threads(source)) {
        const detail::call_order order(source, *thread, chosen.clock);
        std::string line = detail::folded_name(detail::name_of_thread(*thread));
        const auto append = [&](std::uint32_t node) {
            if (node != 0)
                line += ";" + names[thread->nodes[node].frame];
        };
        const auto write_and_remove = [&](std::uint32_t node) {
            if (order.own(node) > 0) {
                const std::size_t size = line.size();
                line += " " + std::to_string(order.own(node)) + "\n";
                stream.write(line.data(), static_cast<std::streamsize>(line.size()));
                line.resize(size);
            }
            if (node != 0)
                line.resize(line.size() - names[thread->nodes[node].frame].size() - 1);
        };
        order.visit(append, write_and_remove);
    }
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
