/// The little that must be understood of a demangled name to cut it up: which brackets belong
/// together, where an operator's name ends, and which part is the function's own name.
#ifndef SCOPETREE_SYMBOL_READABLE_NAME_SYNTAX_HPP
#define SCOPETREE_SYMBOL_READABLE_NAME_SYNTAX_HPP

#include <scopetree/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

constexpr bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

/// A demangled name or __PRETTY_FUNCTION__ with its brackets matched. Everything here is linear in
/// the length of the text, whatever the text is: it may come from a hostile binary.
class name_syntax {
public:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    explicit name_syntax(std::string_view text) : text_(text), match_(text.size(), 0) { match(); }

    std::string_view text() const { return text_; }

    /// Position of the bracket that closes the one at `at`; none if it has no partner.
    std::size_t closing(std::size_t at) const { return match_[at] == 0 ? none : match_[at]; }

    bool has(std::size_t at, std::string_view what) const {
        return at <= text_.size() && text_.substr(at, what.size()) == what;
    }

    /// One past the identifier at `at`.
    std::size_t word_end(std::size_t at) const {
        while (at < text_.size() && is_word(text_[at]))
            ++at;
        return at;
    }

    /// One past the name of the operator whose keyword stands at `at`: `operator<<`, `operator
    /// new[]`. For a conversion, whose name is a type, one past the keyword.
    std::size_t operator_end(std::size_t at) const {
        at += 8;
        for (std::string_view name : {"()", "[]", " new[]", " new []", " new", " delete[]",
                                      " delete []", " delete", " co_await"})
            if (has(at, name))
                return at + name.size();
        if (has(at, "\"\""))
            return word_end(at + (has(at + 2, " ") ? 3 : 2));
        return symbol_end(at);
    }

    /// Whether the word `operator` stands at `at`.
    bool is_operator(std::size_t at) const {
        return has(at, "operator") && (at + 8 >= text_.size() || !is_word(text_[at + 8])) &&
               (at == 0 || !is_word(text_[at - 1]));
    }

    /// Past the qualifiers and remarks that may follow a parameter list when a local entity's name
    /// goes on behind it: `f(int) const::{lambda()#1}`. none if it does not go on.
    std::size_t continuation(std::size_t at) const {
        while (at < text_.size()) {
            if (has(at, "::"))
                return at;
            if (text_[at] == ' ' || text_[at] == '&')
                ++at;
            else if (text_[at] == '[' && closing(at) != none)
                at = closing(at) + 1;
            else if (has(at, "const") || has(at, "volatile") || has(at, "noexcept"))
                at = word_end(at);
            else
                return none;
        }
        return none;
    }

    struct range {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::size_t last_component = 0; ///< behind the last `::` outside of brackets
    };

    /// The qualified name in a signature: without return type, parameters and qualifiers.
    range function_name(std::size_t begin) const;

private:
    std::size_t symbol_end(std::size_t at) const;
    void match();
    bool close(std::vector<std::uint32_t>& open, char opening, std::size_t at);
    bool is_character_literal(std::size_t at) const {
        return has(at, "'") &&
               ((at + 2 < text_.size() && text_[at + 2] == '\'') || has(at + 1, "\\"));
    }
    std::size_t conversion_end(std::size_t at) const;

    std::string_view text_;
    std::vector<std::uint32_t> match_; // 0: no partner; a closing bracket is never at 0
};

inline std::size_t name_syntax::symbol_end(std::size_t at) const {
    if (has(at, "<<<") || (has(at, "<<") && !has(at, "<<="))) {
        // `operator<<int>` is operator< with an argument, `operator<<` may end in few ways.
        const char next = at + 2 < text_.size() ? text_[at + 2] : '(';
        const bool shift = next == '<' || next == '(' || next == ' ' || next == '[' ||
                           next == ',' || next == ')' || next == '>';
        return at + (shift ? 2 : 1);
    }
    for (std::string_view symbol : {"<=>", "->*", "<<=", ">>="})
        if (has(at, symbol))
            return at + 3;
    for (std::string_view symbol : {"->", ">>", "<=", ">=", "==", "!=", "&&", "||", "++", "--",
                                    "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|="})
        if (has(at, symbol))
            return at + 2;
    if (at < text_.size() &&
        std::string_view("+-*/%^&|~!=<>,").find(text_[at]) != std::string_view::npos)
        return at + 1;
    return at;
}

inline bool name_syntax::close(std::vector<std::uint32_t>& open, char opening, std::size_t at) {
    // An unmatched `<` inside of ( ) is a comparison.
    while (!open.empty() && opening != '<' && text_[open.back()] == '<')
        open.pop_back();
    if (open.empty() || text_[open.back()] != opening)
        return false;
    match_[open.back()] = static_cast<std::uint32_t>(at);
    open.pop_back();
    return true;
}

inline void name_syntax::match() {
    if (text_.size() >= 0xffff'ffffu)
        return;
    std::vector<std::uint32_t> open;
    for (std::size_t at = 0; at < text_.size();) {
        const char c = text_[at];
        if (is_word(c)) {
            at = is_operator(at) ? operator_end(at) : word_end(at);
            continue;
        }
        if (is_character_literal(at)) {
            at += 3;
            continue;
        }
        if (c == '(' || c == '[' || c == '{' || c == '<')
            open.push_back(static_cast<std::uint32_t>(at));
        else if (c == ')')
            close(open, '(', at);
        else if (c == ']')
            close(open, '[', at);
        else if (c == '}')
            close(open, '{', at);
        else if (c == '>' && !(at > 0 && text_[at - 1] == '-'))
            close(open, '<', at);
        ++at;
    }
}

/// The name of a conversion operator is a type, up to its empty parameter list.
inline std::size_t name_syntax::conversion_end(std::size_t at) const {
    for (; at < text_.size(); ++at) {
        const std::size_t partner = closing(at);
        if (partner == none)
            continue;
        const bool empty_list = text_[at] == '(' && partner == at + 1;
        const bool last = partner + 1 >= text_.size() || text_[partner + 1] == ' ';
        if (empty_list && (last || continuation(partner + 1) != none))
            return at;
        at = partner;
    }
    return at;
}

inline name_syntax::range name_syntax::function_name(std::size_t begin) const {
    range name{begin, text_.size(), begin};
    std::size_t end = text_.size();
    for (std::size_t at = begin; at < end;) {
        const char c = text_[at];
        if (is_operator(at)) {
            const std::size_t behind = operator_end(at);
            at = behind == at + 8 ? conversion_end(behind) : behind;
            if (has(at, " <") && closing(at + 1) != none)
                at = closing(at + 1) + 1;
        } else if (is_word(c)) {
            const std::size_t behind = word_end(at);
            const std::size_t bracket = has(behind, " ") ? behind + 1 : behind;
            const bool type = text_.substr(at, behind - at) == "decltype" && has(bracket, "(");
            at = type && closing(bracket) != none ? closing(bracket) + 1 : behind;
        } else if (has(at, "(anonymous ")) {
            at = closing(at) == none ? at + 1 : closing(at) + 1;
        } else if (c == '(') {
            const std::size_t partner = closing(at);
            const std::size_t next = partner == none ? none : continuation(partner + 1);
            if (next != none && next < end) {
                at = next;
            } else if (at == name.begin && partner != none) {
                // `void (*f(int))(char)`: a function that returns a pointer to a function.
                end = partner;
                name = {at + 1, partner, at + 1};
                ++at;
            } else {
                name.end = at;
                return name;
            }
        } else if ((c == '<' || c == '{' || c == '[') && closing(at) != none) {
            at = closing(at) + 1;
        } else if (has(at, "::")) {
            at += 2;
            name.last_component = at;
        } else {
            ++at;
            if (c == ' ' || c == '*' || c == '&')
                name.begin = name.last_component = at;
        }
    }
    name.end = end;
    return name;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
