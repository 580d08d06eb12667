/// Boost.JSON's parser with the limits of session files, which may come from anywhere.
#ifndef SCOPETREE_MODEL_SESSION_JSON_HPP
#define SCOPETREE_MODEL_SESSION_JSON_HPP

#include <scopetree/model/session_check.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Builds values as boost::json::parser does. Its limits are tighter: keys that are many and fall
/// into one bucket of an object's hash table would take quadratic time.
class session_json_handler {
public:
    static constexpr std::size_t max_object_size = 32;
    static constexpr std::size_t max_key_size = 64;
    static constexpr std::size_t max_array_size = boost::json::array::max_size();
    static constexpr std::size_t max_string_size = boost::json::string::max_size();

    using error = boost::json::error_code;
    using part = boost::json::string_view;

    explicit session_json_handler(boost::json::storage_ptr memory) {
        values_.reset(std::move(memory));
    }

    boost::json::value take() { return values_.release(); }

    bool on_document_begin(error&) { return true; }
    bool on_document_end(error&) { return true; }
    bool on_object_begin(error&) { return true; }
    bool on_object_end(std::size_t size, error&) { return values_.push_object(size), true; }
    bool on_array_begin(error&) { return true; }
    bool on_array_end(std::size_t size, error&) { return values_.push_array(size), true; }
    bool on_key_part(part text, std::size_t, error&) { return values_.push_chars(text), true; }
    bool on_key(part text, std::size_t, error&) { return values_.push_key(text), true; }
    bool on_string_part(part text, std::size_t, error&) { return values_.push_chars(text), true; }
    bool on_string(part text, std::size_t, error&) { return values_.push_string(text), true; }
    bool on_number_part(part, error&) { return true; }
    bool on_int64(std::int64_t i, part, error&) { return values_.push_int64(i), true; }
    bool on_uint64(std::uint64_t u, part, error&) { return values_.push_uint64(u), true; }
    bool on_double(double d, part, error&) { return values_.push_double(d), true; }
    bool on_bool(bool b, error&) { return values_.push_bool(b), true; }
    bool on_null(error&) { return values_.push_null(), true; }
    bool on_comment_part(part, error&) { return true; }
    bool on_comment(part, error&) { return true; }

private:
    boost::json::value_stack values_;
};

/// The value that all of `text` is. Takes linear time, and memory in proportion to the text.
inline boost::json::value parse_session_json(std::string_view text, std::string_view source,
                                             boost::json::storage_ptr memory) {
    constexpr std::size_t deepest = 6; // file, threads, thread, nodes, column, bytes of a text
    boost::json::parse_options options;
    options.max_depth = deepest;
    boost::json::basic_parser<session_json_handler> parser(options, std::move(memory));
    boost::json::error_code error;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (error == boost::json::error::incomplete)
        refuse_session(source, "byte " + std::to_string(text.size()),
                       "the file ends in the middle of a session");
    if (error)
        refuse_session(source, "byte " + std::to_string(used),
                       "this is no session: " + error.message());
    if (used < text.size())
        refuse_session(source, "byte " + std::to_string(used), "the file goes on behind its end");
    return parser.handler().take();
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
