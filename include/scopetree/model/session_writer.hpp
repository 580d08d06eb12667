/// A session as the text of a session file.
#ifndef SCOPETREE_MODEL_SESSION_WRITER_HPP
#define SCOPETREE_MODEL_SESSION_WRITER_HPP

#include <scopetree/model/session_check.hpp>
#include <scopetree/model/session_format.hpp>
#include <scopetree/model/utf8.hpp>

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serializer.hpp>

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A JSON string; what is not UTF-8 cannot be one and becomes the array of its bytes.
inline boost::json::value text_to_json(std::string_view text, boost::json::storage_ptr memory) {
    if (is_utf8(text))
        return boost::json::value(boost::json::string_view(text.data(), text.size()),
                                  std::move(memory));
    boost::json::array bytes(std::move(memory));
    bytes.reserve(text.size());
    for (const char c : text)
        bytes.emplace_back(static_cast<std::int64_t>(static_cast<unsigned char>(c)));
    return bytes;
}

/// The table of texts, each once, in the order in which they were first needed. Refers to them.
class text_table {
public:
    std::int64_t index_of(std::string_view text) {
        const auto next = static_cast<std::int64_t>(texts_.size());
        const auto [entry, added] = known_.emplace(text, next);
        if (added)
            texts_.push_back(text);
        return entry->second;
    }

    const std::vector<std::string_view>& texts() const { return texts_; }

private:
    std::unordered_map<std::string_view, std::int64_t> known_;
    std::vector<std::string_view> texts_;
};

/// Writes the columns of a table.
template <class Row>
class column_writer {
public:
    column_writer(boost::json::object& into, const std::vector<Row>& rows, text_table& texts)
        : into_(into), rows_(rows), texts_(texts) {}

    template <class Member>
    void column(const char* name, Member member) {
        boost::json::array values(into_.storage());
        values.reserve(rows_.size());
        for (const Row& row : rows_)
            values.emplace_back(cell(member(row)));
        into_.emplace(name, std::move(values));
    }

private:
    template <class Value>
    auto cell(const Value& value) {
        if constexpr (std::is_same_v<Value, std::string>)
            return texts_.index_of(value);
        else if constexpr (std::is_same_v<Value, std::uint32_t>)
            return value == no_index ? std::int64_t{-1} : std::int64_t{value};
        else if constexpr (std::is_same_v<Value, std::uint64_t>)
            return value;
        else
            return static_cast<std::int64_t>(value);
    }

    boost::json::object& into_;
    const std::vector<Row>& rows_;
    text_table& texts_;
};

/// Writes the members of an object.
class member_writer {
public:
    member_writer(boost::json::object& into, text_table& texts) : into_(into), texts_(texts) {}

    void text(const char* name, const std::string& value) {
        into_.emplace(name, text_to_json(value, into_.storage()));
    }

    void texts(const char* name, const std::vector<std::string>& values) {
        boost::json::array entries(into_.storage());
        for (const std::string& value : values)
            entries.push_back(text_to_json(value, into_.storage()));
        into_.emplace(name, std::move(entries));
    }

    template <class Integer>
    void number(const char* name, Integer value) {
        into_.emplace(name, value);
    }

    template <class Group, class Describe>
    void group(const char* name, const Group& value, Describe describe) {
        boost::json::object members(into_.storage());
        member_writer inner(members, texts_);
        describe(inner, value);
        into_.emplace(name, std::move(members));
    }

    template <class Row, class Describe>
    void list(const char* name, const std::vector<Row>& rows, Describe describe) {
        boost::json::array entries(into_.storage());
        for (const Row& row : rows) {
            boost::json::object members(into_.storage());
            member_writer inner(members, texts_);
            describe(inner, row);
            entries.emplace_back(std::move(members));
        }
        into_.emplace(name, std::move(entries));
    }

    template <class Row, class Describe>
    void table(const char* name, const std::vector<Row>& rows, Describe describe) {
        boost::json::object members(into_.storage());
        column_writer<Row> columns(members, rows, texts_);
        describe(columns);
        into_.emplace(name, std::move(members));
    }

    template <class Row, class Describe>
    void optional_table(const char* name, const std::vector<Row>& rows, Describe describe) {
        if (!rows.empty())
            table(name, rows, describe);
    }

private:
    boost::json::object& into_;
    text_table& texts_;
};

} // namespace detail

/// Writes the text of a session file, see detail::describe_session: the same bytes for the same
/// session. Texts that are not UTF-8 are kept, as arrays of their bytes.
///
/// Throws session_error if the session is inconsistent, in the way in which read_session would.
/// Linear, in time and memory. Any threads may write the same session at once.
inline void write_session(std::ostream& stream, const session& source) {
    namespace json = boost::json;
    detail::check_session(source, "this session");
    json::monotonic_resource memory;
    json::object file(&memory);
    file.emplace("format", json::string_view(detail::session_format_name.data(),
                                             detail::session_format_name.size()));
    file.emplace("version", detail::session_format_version);
    file.emplace("strings", nullptr); // they stand before what refers to them
    detail::text_table texts;
    detail::member_writer members(file, texts);
    detail::describe_session(members, source);
    json::array& strings = file["strings"].emplace_array();
    for (const std::string_view text : texts.texts())
        strings.push_back(detail::text_to_json(text, &memory));
    json::serializer serializer;
    serializer.reset(&file);
    std::vector<char> buffer(std::size_t{1} << 16);
    while (!serializer.done()) {
        const json::string_view piece = serializer.read(buffer.data(), buffer.size());
        stream.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    }
    stream.put('\n');
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
