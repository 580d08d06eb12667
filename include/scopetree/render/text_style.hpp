/// Colours, glyphs and the buffer that the pieces of the text renderer write to.
#ifndef SCOPETREE_RENDER_TEXT_STYLE_HPP
#define SCOPETREE_RENDER_TEXT_STYLE_HPP

#include <scopetree/render/sanitize.hpp>
#include <scopetree/render/terminal.hpp>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

struct tree_glyphs {
    std::string_view branch, bar, corner, blank, scope;
};

inline constexpr tree_glyphs unicode_glyphs = {"├─ ", "│  ", "└─ ", "   ", "▸ "};
inline constexpr tree_glyphs ascii_glyphs = {"|- ", "|  ", "`- ", "   ", "> "};

enum class ink { plain, bold, faint, red, yellow, green, faint_green, scope };

/// Collects text and hands it to the stream in large pieces.
class text_writer {
public:
    text_writer(std::ostream& stream, const terminal& properties)
        : stream_(stream), properties_(properties) {}

    const terminal& properties() const { return properties_; }
    bool unicode() const { return properties_.unicode; }

    const tree_glyphs& glyphs() const {
        return properties_.unicode ? unicode_glyphs : ascii_glyphs;
    }

    text_writer& operator<<(std::string_view text) {
        buffer_ += text;
        return *this;
    }

    /// Writes text of our own or sanitized.
    void paint(ink color, std::string_view text) {
        if (text.empty())
            return;
        const std::string_view code = properties_.color ? escape(color) : std::string_view();
        buffer_ += code;
        buffer_ += text;
        if (!code.empty())
            buffer_ += "\033[0m";
    }

    void end_line() {
        constexpr std::size_t enough = 1 << 16;
        buffer_ += '\n';
        if (buffer_.size() >= enough)
            flush();
    }

    void flush() {
        stream_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
        buffer_.clear();
    }

private:
    static constexpr std::string_view escape(ink color) {
        switch (color) {
        case ink::bold:
            return "\033[1m";
        case ink::faint:
            return "\033[2m";
        case ink::red:
            return "\033[31m";
        case ink::yellow:
            return "\033[33m";
        case ink::green:
            return "\033[32m";
        case ink::faint_green:
            return "\033[92;2m";
        case ink::scope:
            return "\033[1;36m";
        case ink::plain:
            break;
        }
        return {};
    }

    std::ostream& stream_;
    terminal properties_;
    std::string buffer_;
};

/// The colour of a time, by its share of the root's.
inline ink ink_of_share(double share) {
    return share > 0.6    ? ink::red
           : share > 0.2  ? ink::yellow
           : share > 0.05 ? ink::green
                          : ink::faint_green;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
