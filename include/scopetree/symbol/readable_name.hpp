/// From full names to names for people: `std::vector<int>::push_back` in place of half a screen.
#ifndef SCOPETREE_SYMBOL_READABLE_NAME_HPP
#define SCOPETREE_SYMBOL_READABLE_NAME_HPP

#include <scopetree/symbol/demangle.hpp>
#include <scopetree/symbol/readable_name_syntax.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Longer template argument lists are printed as `<...>`.
inline constexpr std::size_t longest_arguments = 40;

/// Writes one range of a name in readable form. Every character is looked at a bounded number of
/// times, and nesting is kept on the heap: deep names are no crash.
class name_writer {
public:
    using substitutions = std::vector<std::pair<std::string_view, std::string>>;

    name_writer(const name_syntax& syntax, const substitutions& parameters)
        : syntax_(syntax), text_(syntax.text()), parameters_(parameters) {}

    std::string write(std::size_t begin, std::size_t end) {
        end_ = end;
        for (std::size_t at = begin; at < end;)
            at = step(at);
        return std::move(out_);
    }

private:
    struct open_list {
        std::size_t partner; // position of the closing bracket in the text
        std::size_t begin;   // position behind the opening bracket in out_
        bool angle;
        std::size_t first_comma; // index into commas_
    };

    std::size_t step(std::size_t at);
    std::size_t write_word(std::size_t at);
    std::size_t write_lambda(std::size_t behind, std::string_view number);
    std::size_t write_unnamed(std::size_t at);
    std::size_t write_bracket(std::size_t at);
    std::size_t open(std::size_t at);
    void close_list(std::size_t at);
    void drop_default_arguments(const open_list& list);
    bool is_default(std::string_view argument, std::string_view first,
                    std::string_view owner) const;
    void rename_standard(std::size_t owner_begin, std::size_t list_begin);
    bool is_versioned_namespace(std::string_view word) const;
    std::size_t qualified_begin(std::size_t end) const;

    const name_syntax& syntax_;
    std::string_view text_;
    const substitutions& parameters_;
    std::size_t end_ = 0;
    bool in_conversion_ = false; // in the type that names a conversion operator
    std::string out_;
    std::vector<open_list> lists_;
    std::vector<std::size_t> commas_; // positions in out_, of all open lists
};

inline std::size_t name_writer::step(std::size_t at) {
    const char c = text_[at];
    if (is_word(c))
        return write_word(at);
    const std::size_t behind_unnamed = write_unnamed(at);
    if (behind_unnamed != at)
        return behind_unnamed;
    if (c == '(' || c == '<' || c == '[' || c == '{')
        return write_bracket(at);
    if (!lists_.empty() && lists_.back().partner == at) {
        close_list(at);
        return at + 1;
    }
    if (c == ',' && !lists_.empty())
        commas_.push_back(out_.size());
    if (c != ' ' || !syntax_.has(at + 1, ">"))
        out_ += c;
    return at + 1;
}

/// Namespaces that a library puts between its own and the name only to tell versions apart.
inline bool name_writer::is_versioned_namespace(std::string_view word) const {
    for (std::string_view name :
         {"__cxx11", "__1", "__2", "__ndk1", "_V2", "__fs", "__cxx1998", "__n4861"})
        if (word == name)
            return true;
    const std::size_t v = starts_with(word, "scope_v") ? 6 : 0;
    const bool numbered = word.size() > v + 1 && word[v] == 'v' && is_digit(word[v + 1]);
    if (numbered && (ends_with(out_, "scopetree::") || ends_with(out_, "fmt::")))
        return true;
    return starts_with(word, "lts_") && ends_with(out_, "absl::");
}

inline std::size_t name_writer::write_word(std::size_t at) {
    if (syntax_.is_operator(at)) {
        const std::size_t behind = syntax_.operator_end(at);
        out_.append(text_.substr(at, behind - at));
        in_conversion_ = behind == at + 8;
        return behind;
    }
    const std::size_t behind = syntax_.word_end(at);
    const std::string_view word = text_.substr(at, behind - at);
    if (syntax_.has(behind, "::") && is_versioned_namespace(word))
        return behind + 2;
    if (starts_with(word, "$_") && word.size() > 2)
        return write_lambda(behind, word.substr(2));
    if ((in_conversion_ || !lists_.empty()) && !ends_with(out_, "::"))
        for (const auto& parameter : parameters_)
            if (parameter.first == word) {
                out_ += parameter.second;
                return behind;
            }
    out_.append(word);
    return behind;
}

/// A lambda stands for its call operator: `main::{lambda#1}`. `number` counts from 0.
inline std::size_t name_writer::write_lambda(std::size_t behind, std::string_view number) {
    out_ += "{lambda";
    if (!number.empty() && number.size() < 9) {
        std::size_t value = 1;
        std::size_t digits = 0;
        for (char c : number)
            digits = digits * 10 + static_cast<std::size_t>(c - '0');
        value += digits;
        out_ += '#' + std::to_string(value);
    }
    out_ += '}';
    constexpr std::string_view call = "::operator()";
    if (!syntax_.has(behind, call))
        return behind;
    behind += call.size();
    const bool arguments = syntax_.has(behind, "<") && syntax_.closing(behind) != name_syntax::none;
    return arguments ? syntax_.closing(behind) + 1 : behind;
}

/// Anonymous namespaces and lambdas, in the spellings of both compilers and both demanglers.
/// `at` itself if there is none here.
inline std::size_t name_writer::write_unnamed(std::size_t at) {
    const std::size_t partner = syntax_.closing(at);
    if (syntax_.has(at, "'lambda")) {
        std::size_t behind = at + 7;
        while (behind < text_.size() && is_digit(text_[behind]))
            ++behind;
        if (!syntax_.has(behind, "'"))
            return at;
        // The first is 'lambda', the second 'lambda0'.
        const std::string_view digits = text_.substr(at + 7, behind - at - 7);
        std::size_t next = behind + 1;
        if (syntax_.has(next, "(") && syntax_.closing(next) != name_syntax::none)
            next = syntax_.closing(next) + 1;
        if (digits.empty())
            return write_lambda(next, "0");
        std::size_t value = 0;
        for (char c : digits.substr(0, 8))
            value = value * 10 + static_cast<std::size_t>(c - '0');
        return write_lambda(next, std::to_string(value + 1));
    }
    if (partner == name_syntax::none)
        return at;
    if (syntax_.has(at, "(anonymous namespace)")) {
        out_ += "{anonymous}";
        return partner + 1;
    }
    if (syntax_.has(at, "(anonymous class)") || syntax_.has(at, "(lambda at ") ||
        syntax_.has(at, "<lambda("))
        return write_lambda(partner + 1, {});
    if (!syntax_.has(at, "{lambda("))
        return at;
    const std::size_t parameters = syntax_.closing(at + 7);
    out_ += "{lambda";
    if (parameters != name_syntax::none && parameters < partner)
        out_.append(text_.substr(parameters + 1, partner - parameters - 1));
    out_ += '}';
    constexpr std::string_view call = "::operator()";
    std::size_t behind = partner + 1;
    if (syntax_.has(behind, call)) {
        behind += call.size();
        if (syntax_.has(behind, "<") && syntax_.closing(behind) != name_syntax::none)
            behind = syntax_.closing(behind) + 1;
    }
    return behind;
}

inline std::size_t name_writer::write_bracket(std::size_t at) {
    const std::size_t partner = syntax_.closing(at);
    if (partner == name_syntax::none || partner >= end_) {
        out_ += text_[at];
        return at + 1;
    }
    if (syntax_.has(at, "[abi:"))
        return partner + 1;
    if (text_[at] == '(') {
        // The parameters of a function that something local to it is named after.
        const std::size_t next = syntax_.continuation(partner + 1);
        if (next != name_syntax::none)
            return next;
    }
    return open(at);
}

inline std::size_t name_writer::open(std::size_t at) {
    out_ += text_[at];
    lists_.push_back({syntax_.closing(at), out_.size(), text_[at] == '<', commas_.size()});
    return at + 1;
}

inline void name_writer::close_list(std::size_t at) {
    const open_list list = lists_.back();
    if (list.angle) {
        const std::size_t owner = qualified_begin(list.begin - 1);
        drop_default_arguments(list);
        rename_standard(owner, list.begin);
    }
    if (list.angle && out_.size() >= list.begin && out_.size() - list.begin > longest_arguments) {
        out_.resize(list.begin);
        out_ += "...";
    }
    if (!list.angle || out_.size() >= list.begin)
        out_ += text_[at];
    commas_.resize(list.first_comma);
    lists_.pop_back();
}

/// Start of the qualified name that ends at `end` of out_: `std::f` or `std::operator<< `.
inline std::size_t name_writer::qualified_begin(std::size_t end) const {
    constexpr std::string_view keyword = "operator";
    std::size_t symbol = end;
    while (symbol > 0 && end - symbol < 5 && !is_word(out_[symbol - 1]))
        --symbol;
    if (symbol < end && ends_with(std::string_view(out_).substr(0, symbol), keyword))
        end = symbol;
    while (end > 0 && (is_word(out_[end - 1]) || out_[end - 1] == ':'))
        --end;
    return end;
}

inline bool name_writer::is_default(std::string_view argument, std::string_view first,
                                    std::string_view owner) const {
    if (starts_with(argument, "std::allocator<") ||
        starts_with(argument, "(__gnu_cxx::_Lock_policy)"))
        return true;
    if (owner == "std::queue" || owner == "std::stack")
        return starts_with(argument, "std::deque<");
    if (owner == "std::priority_queue" && starts_with(argument, "std::vector<"))
        return true;
    for (std::string_view name : {"std::char_traits<", "std::less<", "std::hash<", "std::equal_to<",
                                  "std::default_delete<"}) {
        if (!starts_with(argument, name) || argument.back() != '>')
            continue;
        const std::string_view of = argument.substr(name.size(), argument.size() - name.size() - 1);
        return of == first || of == "...";
    }
    return false;
}

inline void name_writer::drop_default_arguments(const open_list& list) {
    const std::size_t begin = qualified_begin(list.begin - 1);
    const std::string owner = out_.substr(begin, std::min<std::size_t>(list.begin - 1 - begin, 64));
    if (!starts_with(owner, "std::") && !starts_with(owner, "__gnu_cxx::"))
        return;
    while (commas_.size() > list.first_comma) {
        const std::string_view all = out_;
        const std::string_view first =
            all.substr(list.begin, commas_[list.first_comma] - list.begin);
        std::string_view last = all.substr(commas_.back() + 1);
        while (!last.empty() && last.front() == ' ')
            last.remove_prefix(1);
        if (last.empty() || !is_default(last, first, owner))
            return;
        out_.resize(commas_.back());
        commas_.pop_back();
    }
}

/// `std::basic_string<char` → `std::string`. The closing bracket is then not written.
inline void name_writer::rename_standard(std::size_t owner_begin, std::size_t list_begin) {
    constexpr std::string_view prefix = "std::basic_";
    const std::string_view all = out_;
    const std::string_view owner = all.substr(owner_begin, list_begin - 1 - owner_begin);
    const std::string_view arguments = all.substr(list_begin);
    if (!starts_with(owner, prefix) || (arguments != "char" && arguments != "wchar_t"))
        return;
    const std::string name(owner.substr(prefix.size()));
    const bool wide = arguments != "char";
    out_.resize(owner_begin);
    out_ += wide ? "std::w" : "std::";
    out_ += name;
}

/// What g++ appends to __PRETTY_FUNCTION__: ` [with T = int; U = char]`. Returns its position, or
/// the length of the text; fills in what the parameters stand for.
inline std::size_t split_parameters(const name_syntax& syntax,
                                    name_writer::substitutions& parameters) {
    const std::string_view text = syntax.text();
    constexpr std::string_view opening = "[with ";
    if (text.empty() || text.back() != ']')
        return text.size();
    // Clang's ` [T = int]` only tells of parameters that its names do not mention.
    std::size_t at = 0;
    while (at < text.size() && !(text[at] == '[' && syntax.closing(at) == text.size() - 1))
        ++at;
    if (at == text.size() || at == 0 || text[at - 1] != ' ')
        return text.size();
    const std::size_t end = at - 1;
    if (!syntax.has(at, opening))
        return text.find(" = ", at) == std::string_view::npos ? text.size() : end;
    at += opening.size();
    for (std::size_t begin = at; begin < text.size() && parameters.size() < 16; begin = at + 2) {
        for (at = begin; at + 1 < text.size() && text[at] != ';'; ++at)
            if (syntax.closing(at) != name_syntax::none)
                at = syntax.closing(at);
        const std::string_view entry = text.substr(begin, std::min(at, text.size() - 1) - begin);
        const std::size_t equals = entry.find(" = ");
        if (equals == std::string_view::npos)
            continue;
        std::string value = name_writer(syntax, {}).write(begin + equals + 3, begin + entry.size());
        if (value.size() > longest_arguments)
            value = "...";
        // `int N = 3`, but also `T = int`.
        const std::string_view declared = entry.substr(0, equals);
        parameters.emplace_back(declared.substr(declared.rfind(' ') + 1), std::move(value));
    }
    return end;
}

} // namespace detail

/// The name to show for a demangled function name or a __PRETTY_FUNCTION__: qualified, with the
/// template arguments that matter; without return type, parameters, qualifiers, default template
/// arguments and namespaces of a library's version. `{anonymous}::f`, `main::{lambda#1}`.
/// What is not a C++ name comes back as it is. Linear in the length; thread-safe.
inline std::string readable_name(std::string_view full) {
    full = detail::without_clone_remark(full);
    for (std::string_view thunk : {"non-virtual thunk to ", "virtual thunk to ",
                                   "covariant return thunk to ", "transaction clone for "})
        if (detail::starts_with(full, thunk))
            full.remove_prefix(thunk.size());
    std::string result;
    for (std::string_view about :
         {"vtable for ", "VTT for ", "typeinfo for ", "typeinfo name for ", "guard variable for ",
          "TLS init function for ", "TLS wrapper function for "})
        if (detail::starts_with(full, about)) {
            result = about;
            full.remove_prefix(about.size());
        }
    detail::name_writer::substitutions parameters;
    const detail::name_syntax whole(full);
    const std::size_t end = detail::split_parameters(whole, parameters);
    const detail::name_syntax syntax(full.substr(0, end));
    const auto name = syntax.function_name(0);
    const std::string written = detail::name_writer(syntax, parameters).write(name.begin, name.end);
    if (written.empty())
        return std::string(full);
    return result + written;
}

namespace detail {

/// The last word of a function's name: `f` of `int ns::C<int>::f<char>(int) const`. What is left of
/// the name where debug information does not say in which namespace a function is.
inline std::string last_word(std::string_view full) {
    const name_syntax syntax(full);
    const auto name = syntax.function_name(0);
    std::size_t end = name.last_component;
    while (end < name.end && !(full[end] == '<' && syntax.closing(end) != name_syntax::none) &&
           full[end] != '[')
        end = syntax.is_operator(end) ? std::max(syntax.operator_end(end), end + 9) : end + 1;
    end = std::min(end, name.end);
    if (end > name.last_component && full[end - 1] == ' ')
        --end;
    return std::string(full.substr(name.last_component, end - name.last_component));
}

} // namespace detail

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
