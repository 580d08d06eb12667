/// What the place that a report is written to can show.
#ifndef SCOPETREE_RENDER_TERMINAL_HPP
#define SCOPETREE_RENDER_TERMINAL_HPP

#include <scopetree/options.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// How to write text: with colours, with characters beyond ASCII, and in how many columns.
struct terminal {
    bool color = false;
    bool unicode = true;
    int width = 0; ///< names are elided in the middle to fit; 0: they never are
};

/// What a file descriptor is connected to.
struct descriptor_facts {
    bool is_terminal = false;
    int columns = 0; ///< 0 if unknown
};

/// Asks the system about a file descriptor. Thread-safe.
inline descriptor_facts facts_of(int fd) {
    descriptor_facts facts;
    facts.is_terminal = ::isatty(fd) == 1;
    ::winsize size{};
    if (facts.is_terminal && ::ioctl(fd, TIOCGWINSZ, &size) == 0)
        facts.columns = size.ws_col;
    return facts;
}

namespace detail {

inline bool names_utf8(std::string_view locale) {
    std::string name;
    for (const char c : locale) {
        if (c != '-')
            name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return name.find("utf8") != std::string::npos;
}

} // namespace detail

/// Decides on colour (the option, else NO_COLOR, else FORCE_COLOR or CLICOLOR_FORCE, else whether
/// it is a terminal that TERM does not call dumb), on Unicode (the option, else the first of
/// LC_ALL, LC_CTYPE and LANG that is set) and on the width (of a terminal only).
///
/// `lookup(const char* name)` returns a std::optional<std::string>. Pure.
template <class Lookup>
terminal resolve_terminal(const text_options& chosen, const descriptor_facts& facts,
                          Lookup&& lookup) {
    const auto value = [&](const char* name) {
        const std::optional<std::string> found = lookup(name);
        return found.value_or("");
    };
    const auto forced = [&](const char* name) {
        const std::string text = value(name);
        return !text.empty() && text != "0";
    };
    terminal result;
    if (chosen.color != toggle::automatic) {
        result.color = chosen.color == toggle::on;
    } else if (!value("NO_COLOR").empty()) {
        result.color = false;
    } else if (forced("FORCE_COLOR") || forced("CLICOLOR_FORCE")) {
        result.color = true;
    } else {
        const std::string term = value("TERM");
        result.color = facts.is_terminal && !term.empty() && term != "dumb";
    }
    if (chosen.unicode != toggle::automatic) {
        result.unicode = chosen.unicode == toggle::on;
    } else {
        std::string locale;
        for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
            if (locale.empty())
                locale = value(name);
        }
        result.unicode = detail::names_utf8(locale);
    }
    result.width = facts.is_terminal ? std::max(facts.columns, 0) : 0;
    return result;
}

/// The same, for a file descriptor and the environment of this process.
inline terminal terminal_for(int fd, const text_options& chosen = {}) {
    return resolve_terminal(chosen, facts_of(fd), [](const char* name) {
        const char* found = std::getenv(name);
        return found == nullptr ? std::nullopt : std::optional<std::string>(found);
    });
}

/// For an ostream, of which nothing is known: no colour unless asked for, Unicode unless refused.
inline terminal terminal_of_stream(const text_options& chosen) {
    return {chosen.color == toggle::on, chosen.unicode != toggle::off, 0};
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
