/// Takes out of the page's scripts and styles what only their readers need.
#ifndef SCOPETREE_RENDER_HTML_SQUEEZE_HPP
#define SCOPETREE_RENDER_HTML_SQUEEZE_HPP

#include <scopetree/config.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

inline bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

inline bool is_one_of(char c, std::string_view set) {
    return set.find(c) != std::string_view::npos;
}

/// Whether a blank between two characters says something. In a script it parts words, or two signs
/// that would be another operator; in a style it says nothing beside some punctuation only.
inline bool parts(char left, char right, bool is_script) {
    if (!is_script)
        return !is_one_of(left, "{},;:") && !is_one_of(right, "{},;");
    return (is_word_character(left) && is_word_character(right)) ||
           (left == right && is_one_of(left, "+-"));
}

/// Appends a line without the blanks that say nothing. What stands in quotes stays.
inline void append_squeezed_line(std::string& to, std::string_view line, bool is_script) {
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote == 0 && line.substr(i, 4) == " // ")
            return;
        if (quote == 0 && c == ' ' && i > 0 && i + 1 < line.size() &&
            !parts(line[i - 1], line[i + 1], is_script))
            continue;
        if (quote == 0 && c == '}' && !to.empty() && to.back() == ';')
            to.pop_back();
        if (quote != 0 && c == '\\' && i + 1 < line.size())
            to += line[i++];
        else if (quote == 0 && is_one_of(c, "\"'"))
            quote = c;
        else if (c == quote)
            quote = 0;
        to += line[i];
    }
}

/// Without comments (of styles, only those that have lines of their own), line ends and blanks that
/// say nothing. Not for every script there is: every statement must end in `;` or `}`, and there
/// must be no template literals and no regular expressions with quotes or blanks. Linear.
inline std::string squeeze(std::string_view text, bool is_script) {
    std::string squeezed;
    squeezed.reserve(text.size());
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        if (line.empty() || line.substr(0, 2) == "//" || line.substr(0, 2) == "/*")
            continue;
        if (!squeezed.empty() && parts(squeezed.back(), line.front(), is_script))
            squeezed += ' ';
        append_squeezed_line(squeezed, line, is_script);
    }
    return squeezed;
}

/// Without the quotes around attributes' values that are words: HTML wants none there. Not for
/// pages whose text has `="` in it. Linear.
inline std::string unquote_attributes(std::string_view page) {
    std::string unquoted;
    unquoted.reserve(page.size());
    for (std::size_t i = 0; i < page.size(); ++i) {
        unquoted += page[i];
        const std::size_t end =
            page.substr(i, 2) == "=\"" ? page.find('"', i + 2) : std::string_view::npos;
        if (end == std::string_view::npos)
            continue;
        const std::string_view value = page.substr(i + 2, end - i - 2);
        const bool is_word = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
            return c == '-' || is_word_character(c);
        });
        unquoted += is_word ? value : page.substr(i + 1, end - i);
        i = end;
    }
    return unquoted;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
