/// When a function seen from a scope and a function seen on a stack are the same one.
#ifndef SCOPETREE_SYMBOL_FUNCTION_IDENTITY_HPP
#define SCOPETREE_SYMBOL_FUNCTION_IDENTITY_HPP

#include <scopetree/symbol/native_frame.hpp>
#include <scopetree/symbol/paths.hpp>
#include <scopetree/symbol/readable_name.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// What identifies a function, as numbers: up to three of them. A scope's function is a frame's
/// function if they have one in common.
struct function_keys {
    std::array<std::uint32_t, 3> values{};
    std::size_t count = 0;

    const std::uint32_t* begin() const { return values.data(); }
    const std::uint32_t* end() const { return values.data() + count; }
};

/// Numbers the identities of functions. A function is known by
///  - the start of its code, if it is a physical one: all that a stripped binary tells;
///  - its full name and file: joins inlined and physical copies, hot and cold parts;
///  - its bare name and file, where one of the two sides has only that: g++ describes an inlined
///    internal function as `f` or `operator()`. Two such functions of one name and file cannot be
///    told apart.
class function_identity {
public:
    /// Of the frame `index` of `location`, when it is met on a stack.
    function_keys of_frame(const native_location& location, std::size_t index) {
        const native_frame& frame = location.frames[index];
        function_keys keys = of_code(location, index);
        if (!frame.named)
            return keys;
        if (frame.qualified)
            add(keys, 'q', frame.name, frame);
        add(keys, frame.qualified ? 'l' : 'b', last_word(frame.name), frame);
        return keys;
    }

    /// Of the same, when it is the function that holds a scope's macro: the keys to look for. Its
    /// full name says more than its bare name, which is looked for only where a frame has no other.
    function_keys of_scope(const native_location& location, std::size_t index) {
        const native_frame& frame = location.frames[index];
        function_keys keys = of_code(location, index);
        if (!frame.named)
            return keys;
        const std::string word = last_word(frame.name);
        add(keys, 'b', word, frame);
        if (frame.qualified)
            add(keys, 'q', frame.name, frame);
        else
            add(keys, 'l', word, frame);
        return keys;
    }

    std::size_t size() const { return numbers_.size(); }

private:
    function_keys of_code(const native_location& location, std::size_t index) {
        function_keys keys;
        const bool physical = index + 1 == location.frames.size();
        if (physical && location.function_start != 0)
            append(keys, 'a' + std::to_string(location.function_start));
        return keys;
    }

    void add(function_keys& keys, char kind, const std::string& name, const native_frame& frame) {
        std::string text(1, kind);
        text += name;
        text += '\n';
        text += file_name(frame.file);
        append(keys, text);
    }

    void append(function_keys& keys, const std::string& text) {
        const auto next = static_cast<std::uint32_t>(numbers_.size());
        keys.values[keys.count++] = numbers_.emplace(text, next).first->second;
    }

    std::unordered_map<std::string, std::uint32_t> numbers_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
