/// The text of a session file as a session, every part of it checked.
#ifndef SCOPETREE_MODEL_SESSION_READER_HPP
#define SCOPETREE_MODEL_SESSION_READER_HPP

#include <scopetree/model/session_check.hpp>
#include <scopetree/model/session_format.hpp>
#include <scopetree/model/session_json.hpp>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// What is the same for all parts of a file.
struct session_source {
    std::string_view name;
    std::vector<std::string> texts; ///< the table "strings"
    std::size_t room = 0;           ///< bytes of memory that texts may still take

    /// A small file may refer to a long text a million times: that must not fill the memory.
    const std::string* take_text(std::size_t index) {
        const std::string& text = texts[index];
        if (text.size() > room)
            return nullptr;
        room -= text.size();
        return &text;
    }
};

/// A value of the file and where it stands. The place is put together only if it is wrong.
class json_place {
public:
    json_place(const boost::json::value& value, session_source& source, const std::string& place)
        : value_(value), source_(source), place_(place) {}
    json_place(const boost::json::value& value, session_source& source, const std::string& place,
               std::size_t row)
        : value_(value), source_(source), place_(place), row_(row) {}

    [[noreturn]] void refuse(const std::string& what) const {
        refuse_session(source_.name, path(), what);
    }

    [[noreturn]] void refuse_type(const std::string& wanted) const {
        refuse("is " + type() + ", must be " + wanted);
    }

    const boost::json::array& array() const {
        if (!value_.is_array())
            refuse_type("an array");
        return value_.get_array();
    }

    std::uint64_t unsigned_number() const {
        if (value_.is_uint64())
            return value_.get_uint64();
        const std::int64_t number = signed_number();
        if (number < 0)
            refuse("is " + std::to_string(number) + ", must not be negative");
        return static_cast<std::uint64_t>(number);
    }

    std::int64_t signed_number() const {
        if (value_.is_uint64()) // never one that an int64 could hold
            refuse("is too large, must be at most " +
                   std::to_string(std::numeric_limits<std::int64_t>::max()));
        if (!value_.is_int64())
            refuse_type("an integer");
        return value_.get_int64();
    }

    std::int64_t number_within(std::int64_t least, std::int64_t most) const {
        const std::int64_t number = signed_number();
        if (number < least || number > most)
            refuse("is " + std::to_string(number) + ", must be from " + std::to_string(least) +
                   " to " + std::to_string(most));
        return number;
    }

    std::string text() const {
        if (value_.is_string())
            return {value_.get_string().data(), value_.get_string().size()};
        if (!value_.is_array())
            refuse_type("a text, or the array of its bytes");
        std::string bytes;
        const std::string place = path();
        for (const boost::json::value& byte : value_.get_array())
            bytes += static_cast<char>(
                json_place(byte, source_, place, bytes.size()).number_within(0, 255));
        return bytes;
    }

    /// A cell of a column.
    void read(std::string& into) const {
        if (source_.texts.empty())
            refuse("there are no strings to refer to");
        const std::int64_t last = static_cast<std::int64_t>(source_.texts.size()) - 1;
        const auto index = static_cast<std::size_t>(number_within(0, last));
        const std::string* const text = source_.take_text(index);
        if (text == nullptr)
            refuse("the texts take too much memory for a file of this size");
        into = *text;
    }
    void read(std::int64_t& into) const { into = signed_number(); }
    void read(std::uint64_t& into) const { into = unsigned_number(); }
    void read(std::uint32_t& into) const {
        const std::int64_t number = number_within(-1, std::int64_t{no_index} - 1);
        into = number < 0 ? no_index : static_cast<std::uint32_t>(number);
    }
    void read(bool& into) const { into = number_within(0, 1) != 0; }
    void read(frame_kind& into) const { into = static_cast<frame_kind>(number_within(0, 3)); }

private:
    std::string path() const {
        return row_ == no_row ? place_ : place_ + "[" + std::to_string(row_) + "]";
    }

    std::string type() const {
        switch (value_.kind()) {
        case boost::json::kind::null:
            return "null";
        case boost::json::kind::bool_:
            return "a bool";
        case boost::json::kind::int64:
        case boost::json::kind::uint64:
            return "an integer";
        case boost::json::kind::double_:
            return "a number with a fraction or an exponent, or too large";
        case boost::json::kind::string:
            return "a text";
        case boost::json::kind::array:
            return "an array";
        case boost::json::kind::object:
            break;
        }
        return "an object";
    }

    static constexpr std::size_t no_row = static_cast<std::size_t>(-1);

    const boost::json::value& value_;
    session_source& source_;
    const std::string& place_;
    std::size_t row_ = no_row;
};

/// The members of an object, by name. finish() must follow when all that are known were read.
class object_reader {
public:
    object_reader(const boost::json::value& from, session_source& source, std::string place)
        : source_(source), place_(std::move(place)) {
        if (!from.is_object())
            json_place(from, source_, place_).refuse_type("an object");
        from_ = &from.get_object();
    }

    const boost::json::value* find(const char* name) {
        const boost::json::value* const found = from_->if_contains(name);
        if (found != nullptr)
            known_.emplace_back(name);
        return found;
    }

    const boost::json::value& get(const char* name) {
        const boost::json::value* const found = find(name);
        if (found == nullptr)
            refuse_session(source_.name, place_, "lacks \"" + std::string(name) + "\"");
        return *found;
    }

    std::string path_of(const char* name) const {
        return place_.empty() ? std::string(name) : place_ + "." + name;
    }

    void finish() const {
        for (const auto& member : *from_) {
            const std::string_view key(member.key().data(), member.key().size());
            bool is_known = false;
            for (const std::string_view name : known_)
                is_known = is_known || name == key;
            if (!is_known)
                refuse_session(source_.name, place_, "has an unknown member " + quoted_key(key));
        }
    }

private:
    /// It may hold anything.
    static std::string quoted_key(std::string_view key) {
        std::string text = "\"";
        for (const char c : key)
            text += c >= 0x20 && c < 0x7f ? c : '?';
        return text + "\"";
    }

    session_source& source_;
    std::string place_;
    const boost::json::object* from_ = nullptr;
    std::vector<std::string_view> known_;
};

/// Reads the columns of a table; the first says how many rows there are.
template <class Row>
class column_reader {
public:
    column_reader(object_reader& from, std::vector<Row>& rows, session_source& source)
        : from_(from), rows_(rows), source_(source) {}

    template <class Member>
    void column(const char* name, Member member) {
        const boost::json::value& value = from_.get(name);
        const std::string place = from_.path_of(name);
        const json_place column(value, source_, place);
        const boost::json::array& cells = column.array();
        if (first_ == nullptr) {
            first_ = name;
            rows_.resize(cells.size());
        }
        if (cells.size() != rows_.size())
            column.refuse("has " + std::to_string(cells.size()) + " entries, must have " +
                          std::to_string(rows_.size()) + " as \"" + first_ + "\" has");
        for (std::size_t i = 0; i < rows_.size(); ++i)
            json_place(cells[i], source_, place, i).read(member(rows_[i]));
    }

private:
    object_reader& from_;
    std::vector<Row>& rows_;
    session_source& source_;
    const char* first_ = nullptr;
};

/// Reads the members of an object.
class member_reader {
public:
    member_reader(object_reader& from, session_source& source) : from_(from), source_(source) {}

    void text(const char* name, std::string& into) {
        const boost::json::value& value = from_.get(name);
        into = json_place(value, source_, from_.path_of(name)).text();
    }

    void texts(const char* name, std::vector<std::string>& into) {
        const boost::json::value& value = from_.get(name);
        const std::string place = from_.path_of(name);
        for (const boost::json::value& entry : json_place(value, source_, place).array())
            into.push_back(json_place(entry, source_, place, into.size()).text());
    }

    template <class Integer>
    void number(const char* name, Integer& into) {
        const boost::json::value& value = from_.get(name);
        json_place(value, source_, from_.path_of(name)).read(into);
    }

    template <class Group, class Describe>
    void group(const char* name, Group& into, Describe describe) {
        read_object(from_.get(name), from_.path_of(name), into, describe);
    }

    template <class Row, class Describe>
    void list(const char* name, std::vector<Row>& into, Describe describe) {
        const boost::json::value& value = from_.get(name);
        const std::string place = from_.path_of(name);
        for (const boost::json::value& entry : json_place(value, source_, place).array()) {
            const std::string entry_place = place + "[" + std::to_string(into.size()) + "]";
            read_object(entry, entry_place, into.emplace_back(), describe);
        }
    }

    template <class Row, class Describe>
    void table(const char* name, std::vector<Row>& into, Describe describe) {
        object_reader inner(from_.get(name), source_, from_.path_of(name));
        column_reader<Row> columns(inner, into, source_);
        describe(columns);
        inner.finish();
    }

    template <class Row, class Describe>
    void optional_table(const char* name, std::vector<Row>& into, Describe describe) {
        if (from_.find(name) != nullptr)
            table(name, into, describe);
    }

private:
    template <class Group, class Describe>
    void read_object(const boost::json::value& value, const std::string& place, Group& into,
                     Describe describe) {
        object_reader inner(value, source_, place);
        member_reader members(inner, source_);
        describe(members, into);
        inner.finish();
    }

    object_reader& from_;
    session_source& source_;
};

/// Refuses what is no session, or one that only a newer version of this library can read.
inline void check_session_format(object_reader& file, session_source& source) {
    const boost::json::value* const format = file.find("format");
    if (format == nullptr || !format->is_string() ||
        std::string_view(format->get_string().data(), format->get_string().size()) !=
            session_format_name)
        refuse_session(source.name, "format",
                       "this is no session: must be \"" + std::string(session_format_name) + "\"");
    const std::string place = "version";
    const json_place version(file.get("version"), source, place);
    const std::int64_t number = version.signed_number();
    if (number > session_format_version)
        version.refuse("is " + std::to_string(number) +
                       ": a newer version of scopetree wrote this; this one reads " +
                       std::to_string(session_format_version));
    if (number < 1)
        version.refuse("is " + std::to_string(number) + ", must be at least 1");
}

inline session read_checked_session(std::string_view text, std::string_view name) {
    boost::json::monotonic_resource memory;
    const boost::json::value parsed = parse_session_json(text, name, &memory);
    constexpr std::size_t always_enough = std::size_t{64} << 20;
    session_source source{name, {}, always_enough + 16 * text.size()};
    object_reader file(parsed, source, "");
    check_session_format(file, source);
    member_reader members(file, source);
    members.texts("strings", source.texts);
    session result;
    describe_session(members, result);
    file.finish();
    check_session(result, name);
    return result;
}

} // namespace detail

/// Reads the text of a session file; `name` stands for it in errors.
///
/// Throws session_error that names the place and what is wrong: whatever the text holds, nothing
/// else happens. Takes linear time, and memory in proportion to the text.
inline session read_session(std::string_view text, std::string_view name) {
    try {
        return detail::read_checked_session(text, name);
    } catch (const std::bad_alloc&) {
        detail::refuse_session(name, "", "there is not enough memory to read it");
    }
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
