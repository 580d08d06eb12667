/// What a report says.
#ifndef SCOPETREE_TESTS_SUPPORT_TEXT_SEARCH_HPP
#define SCOPETREE_TESTS_SUPPORT_TEXT_SEARCH_HPP

#include <cstddef>
#include <string>

namespace test {

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Those that overlap, too.
inline std::size_t times_in(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

} // namespace test

#endif
