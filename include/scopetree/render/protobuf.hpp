/// Messages in the wire format of Protocol Buffers.
#ifndef SCOPETREE_RENDER_PROTOBUF_HPP
#define SCOPETREE_RENDER_PROTOBUF_HPP

#include <scopetree/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Collects a message's fields: https://protobuf.dev/programming-guides/encoding. Numbers that are
/// zero are left out, as readers take them for zero anyway.
class protobuf_message {
public:
    /// Of the types uint64, int64, bool and enum. A negative one takes ten bytes.
    void number(std::uint32_t field, std::uint64_t value) {
        if (value == 0)
            return;
        append_varint(field << 3);
        append_varint(value);
    }
    void number(std::uint32_t field, std::int64_t value) {
        number(field, static_cast<std::uint64_t>(value));
    }

    /// Of the types string, bytes and message. Also when empty: it may be one of several.
    void bytes(std::uint32_t field, std::string_view value) {
        append_varint(field << 3 | 2);
        append_varint(value.size());
        bytes_ += value;
    }
    void message(std::uint32_t field, const protobuf_message& value) {
        bytes(field, value.encoded());
    }

    /// Repeated numbers; zeros stay.
    template <class Number>
    void packed(std::uint32_t field, const std::vector<Number>& values) {
        protobuf_message numbers;
        for (const Number value : values)
            numbers.append_varint(static_cast<std::uint64_t>(value));
        if (!values.empty())
            message(field, numbers);
    }

    /// Fields that were encoded before.
    void append(std::string_view fields) { bytes_ += fields; }

    const std::string& encoded() const { return bytes_; }

private:
    void append_varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7)
            bytes_ += static_cast<char>(value | 0x80);
        bytes_ += static_cast<char>(value);
    }

    std::string bytes_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
