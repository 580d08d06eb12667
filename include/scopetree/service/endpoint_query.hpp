/// The path and the parameters that a request asks with.
#ifndef SCOPETREE_SERVICE_ENDPOINT_QUERY_HPP
#define SCOPETREE_SERVICE_ENDPOINT_QUERY_HPP

#include <scopetree/render/sanitize.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A request that is answered with 400: what() says what is wrong and what would be accepted.
class bad_request : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What a client sent, as an answer may quote it: short, and without control characters.
inline std::string shown_input(std::string_view text) {
    constexpr std::size_t most = 60;
    const std::string shown = sanitize(text.substr(0, most), true);
    return "'" + shown + (text.size() > most ? "…'" : "'");
}

inline int hexadecimal_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// RFC 3986, 2.1; in a query `+` stands for a blank (as forms are sent).
inline std::string percent_decoded(std::string_view text, bool in_query) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && in_query) {
            decoded += ' ';
        } else if (text[i] != '%') {
            decoded += text[i];
        } else {
            const int high = i + 2 < text.size() ? hexadecimal_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hexadecimal_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                throw bad_request("In " + shown_input(text) +
                                  " a '%' is not followed by two hexadecimal digits.");
            decoded += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return decoded;
}

/// The parameters of one request.
class endpoint_query {
public:
    explicit endpoint_query(std::string_view text) {
        while (!text.empty()) {
            const std::string_view item = text.substr(0, text.find('&'));
            text.remove_prefix(item.size() == text.size() ? item.size() : item.size() + 1);
            if (item.empty())
                continue;
            const std::size_t equals = item.find('=');
            std::string name = percent_decoded(item.substr(0, equals), true);
            if (find(name) != nullptr)
                throw bad_request("The parameter " + shown_input(name) + " is given twice.");
            const std::string_view value =
                equals == std::string_view::npos ? "" : item.substr(equals + 1);
            items_.emplace_back(std::move(name), percent_decoded(value, true));
        }
    }

    /// Throws unless all parameters are of these.
    void expect_only(std::initializer_list<std::string_view> known) const {
        for (const auto& [name, value] : items_) {
            bool found = false;
            std::string list;
            for (const std::string_view each : known) {
                found = found || each == name;
                list.append(list.empty() ? "" : ", ").append(each);
            }
            if (!found)
                throw bad_request(
                    "There is no parameter " + shown_input(name) + "; " +
                    (list.empty() ? "none is accepted here." : "accepted are: " + list + "."));
        }
    }

    bool has(std::string_view name) const { return find(name) != nullptr; }

    std::string text(std::string_view name) const {
        const std::string* const value = find(name);
        return value == nullptr ? std::string() : *value;
    }

    /// A whole number from `least` to `most`; `otherwise` if it is not given.
    std::uint64_t number(std::string_view name, std::uint64_t least, std::uint64_t most,
                         std::uint64_t otherwise) const {
        const std::string* const value = find(name);
        if (value == nullptr)
            return otherwise;
        std::uint64_t result = 0;
        bool valid = !value->empty() && value->size() <= 19; // the largest of 19 digits fits
        for (const char c : *value) {
            valid = valid && c >= '0' && c <= '9';
            result = valid ? result * 10 + static_cast<std::uint64_t>(c - '0') : 0;
        }
        if (!valid || result < least || result > most)
            throw bad_request("The parameter '" + std::string(name) + "' is " +
                              shown_input(*value) + "; it must be a whole number from " +
                              std::to_string(least) + " to " + std::to_string(most) + ".");
        return result;
    }

    /// Which of `words` is given, or `otherwise`.
    std::size_t choice(std::string_view name, const std::vector<std::string_view>& words,
                       std::size_t otherwise) const {
        const std::string* const value = find(name);
        if (value == nullptr)
            return otherwise;
        std::string list;
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (*value == words[i])
                return i;
            list.append(i == 0 ? "" : ", ").append(words[i]);
        }
        throw bad_request("The parameter '" + std::string(name) + "' is " + shown_input(*value) +
                          "; it must be one of: " + list + ".");
    }

private:
    const std::string* find(std::string_view name) const {
        for (const auto& item : items_)
            if (item.first == name)
                return &item.second;
        return nullptr;
    }

    std::vector<std::pair<std::string, std::string>> items_;
};

/// The parts of a request's target.
struct endpoint_target {
    std::string path;
    std::string_view query;
};

/// Parts the target, which must begin with '/'.
inline endpoint_target parse_target(std::string_view target) {
    if (target.empty() || target.front() != '/')
        throw bad_request("The request's target is " + shown_input(target) +
                          "; it must be a path that begins with '/'.");
    target = target.substr(0, target.find('#'));
    const std::size_t mark = target.find('?');
    endpoint_target parts;
    parts.path = percent_decoded(target.substr(0, mark), false);
    if (mark != std::string_view::npos)
        parts.query = target.substr(mark + 1);
    return parts;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
