/// JSON written piece by piece: a report may be too large, or too deep, to be a value first.
#ifndef SCOPETREE_RENDER_JSON_WRITER_HPP
#define SCOPETREE_RENDER_JSON_WRITER_HPP

#include <scopetree/render/json_text.hpp>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Puts the commas. What it is called with must make sense: a key before every value in an object.
/// Depth costs nothing. The caller looks after the stream's errors.
class json_writer {
public:
    explicit json_writer(std::ostream& stream) : stream_(stream) {}

    void open_object() { open('{'); }
    void close_object() { close('}'); }
    void open_array() { open('['); }
    void close_array() { close(']'); }

    /// `name` needs no escapes.
    void key(std::string_view name) {
        separate();
        buffer_.append("\"").append(name).append("\":");
        comma_ = false;
    }

    /// A number, a bool or a text.
    template <class Value>
    void value(const Value& value) {
        if constexpr (std::is_same_v<Value, bool>)
            json(value ? "true" : "false");
        else if constexpr (std::is_integral_v<Value>)
            json(std::to_string(value));
        else
            json(json_text(value));
    }

    template <class Value>
    void member(std::string_view name, const Value& value) {
        key(name);
        this->value(value);
    }

    /// What is JSON already.
    void json(std::string_view text) {
        separate();
        buffer_ += text;
        comma_ = true;
    }

    /// The next value, or bracket that closes, stands in a line of its own.
    void end_line() { line_ended_ = true; }

    /// Passes on to the stream what is left, and a line's end.
    void finish() {
        buffer_ += '\n';
        flush();
    }

private:
    static constexpr std::size_t flush_size = 1 << 16;

    void open(char bracket) {
        separate();
        buffer_ += bracket;
        comma_ = false;
    }

    void close(char bracket) {
        comma_ = false;
        separate();
        buffer_ += bracket;
        comma_ = true;
    }

    void separate() {
        if (comma_)
            buffer_ += ',';
        if (line_ended_)
            buffer_ += '\n';
        line_ended_ = false;
        if (buffer_.size() >= flush_size)
            flush();
    }

    void flush() {
        stream_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
        buffer_.clear();
    }

    std::ostream& stream_;
    std::string buffer_;
    bool comma_ = false;
    bool line_ended_ = false;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
