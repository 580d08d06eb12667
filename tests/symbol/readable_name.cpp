#include <scopetree/symbol/readable_name.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <utility>

using scopetree::readable_name;

namespace {

struct name_case {
    const char* full;
    const char* readable;
};

#define STRING "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >"

// Printed by the C++ runtime's demangler for symbols of g++ 12 and clang++ 14.
const name_case demangled[] = {
    {"main", "main"},
    {"lambdas()", "lambdas"},
    {"ns::S::S(int)", "ns::S::S"},
    {"ns::S::~S()", "ns::S::~S"},
    {"ns::S::vi() const", "ns::S::vi"},
    {"ns::S::rr() &&", "ns::S::rr"},
    {"ns::S::operator=(ns::S const&)", "ns::S::operator="},
    {"ns::S::operator,(int)", "ns::S::operator,"},
    {"ns::S::operator==(int)", "ns::S::operator=="},
    {"ns::S::operator<=(int)", "ns::S::operator<="},
    {"ns::S::operator++(int)", "ns::S::operator++"},
    {"ns::S::operator<(ns::S const&) const", "ns::S::operator<"},
    {"ns::S::operator>(ns::S const&) const", "ns::S::operator>"},
    {"ns::S::operator<<(int)", "ns::S::operator<<"},
    {"ns::S::operator>>(int)", "ns::S::operator>>"},
    {"ns::S::operator->()", "ns::S::operator->"},
    {"ns::S::operator->*(int)", "ns::S::operator->*"},
    {"ns::S::operator()(int, int) const &", "ns::S::operator()"},
    {"ns::S::operator[](int) &&", "ns::S::operator[]"},
    {"ns::S::operator new[](unsigned long)", "ns::S::operator new[]"},
    {"operator new(unsigned long)", "operator new"},
    {"ns::S::operator delete(void*)", "ns::S::operator delete"},
    {"ns::S::operator bool() const", "ns::S::operator bool"},
    {"ns::S::operator unsigned long() const", "ns::S::operator unsigned long"},
    {"ns::S::operator int (*)(int)()", "ns::S::operator int (*)(int)"},
    {"ns::S::operator double*<double>()", "ns::S::operator double*<double>"},
    {"ns::S::operator " STRING "()", "ns::S::operator std::string"},
    {"ns::operator\"\" _km(unsigned long long)", "ns::operator\"\" _km"},
    {"bool ns::S::operator< <double>(double const&) const", "ns::S::operator< <double>"},
    {"bool ns::S::operator<<double>(double const&) const", "ns::S::operator<<double>"},
    {"ns::S ns::S::operator<< <double>(double const&)", "ns::S::operator<< <double>"},
    {"ns::S ns::S::operator<<<double>(double const&)", "ns::S::operator<<<double>"},
    {"ns::(anonymous namespace)::anon()", "ns::{anonymous}::anon"},
    {"void ns::(anonymous namespace)::AS::t<int>(int)", "ns::{anonymous}::AS::t<int>"},
    {"(anonymous namespace)::f(int)", "{anonymous}::f"},
    {"lambdas()::{lambda()#4}::operator()() const", "lambdas::{lambda#4}"},
    {"auto lambdas()::{lambda(auto:1)#2}::operator()<int>(int) const", "lambdas::{lambda#2}"},
    {"lambdas()::{lambda(auto:1)#2}::operator()<int>(int) const::{lambda()#1}::operator()() const",
     "lambdas::{lambda#2}::{lambda#1}"},
    {"main::$_0::operator()(int) const", "main::{lambda#1}"},
    {"main::'lambda'(int)::operator()(int) const", "main::{lambda#1}"},
    {"main::'lambda0'(int)::operator()(int) const", "main::{lambda#2}"},
    {"app::C::f() const::{lambda(int)#1}::operator()(int) const", "app::C::f::{lambda#1}"},
    {"defarg(std::function<void ()>)::{default arg#1}::{lambda()#1}::operator()() const",
     "defarg::{default arg#1}::{lambda#1}"},
    {"auto ns::call<lambdas()::{lambda()#4}>(lambdas()::{lambda()#4})",
     "ns::call<lambdas::{lambda#4}>"},
    {"ns::C<" STRING " >::f(" STRING ")", "ns::C<std::string>::f"},
    {"ns::C<std::unique_ptr<int, std::default_delete<int> > >::In::x()",
     "ns::C<std::unique_ptr<int>>::In::x"},
    {"ns::C<std::map<" STRING ", std::vector<double, std::allocator<double> >, std::less<" STRING
     " >, std::allocator<std::pair<" STRING
     " const, std::vector<double, std::allocator<double> > > > > >::f(int)",
     "ns::C<...>::f"},
    {"std::vector<" STRING ", std::allocator<" STRING " > >::push_back(" STRING " const&)",
     "std::vector<std::string>::push_back"},
    {"std::map<int, double, std::less<int>, std::allocator<std::pair<int const, double> > "
     ">::operator[](int&&)",
     "std::map<int, double>::operator[]"},
    {"std::set<int, std::greater<int>, std::allocator<int> >::insert(int const&)",
     "std::set<int, std::greater<int>>::insert"},
    {"std::unordered_map<" STRING ", int, std::hash<" STRING " >, std::equal_to<" STRING
     " >, std::allocator<std::pair<" STRING " const, int> > >::find(" STRING " const&)",
     "std::unordered_map<std::string, int>::find"},
    {"std::queue<int, std::deque<int, std::allocator<int> > >::push(int const&)",
     "std::queue<int>::push"},
    {"std::priority_queue<int, std::vector<int, std::allocator<int> >, std::less<int> >::pop()",
     "std::priority_queue<int>::pop"},
    {"app::pool<int, std::allocator<int> >::get()", "app::pool<int, std::allocator<int>>::get"},
    {STRING "::basic_string(char const*)", "std::string::basic_string"},
    {"std::basic_ostream<char, std::char_traits<char> >& std::operator<< <char, "
     "std::char_traits<char>, "
     "std::allocator<char> >(std::basic_ostream<char, std::char_traits<char> >&, " STRING
     " const&)",
     "std::operator<< <char>"},
    {"std::basic_ostream<char, std::char_traits<char> >::flush()", "std::ostream::flush"},
    {"std::basic_string_view<wchar_t, std::char_traits<wchar_t> >::size() const",
     "std::wstring_view::size"},
    {"std::__1::vector<int, std::__1::allocator<int> >::push_back(int&&)",
     "std::vector<int>::push_back"},
    {"std::filesystem::__cxx11::path::operator/=(std::filesystem::__cxx11::path const&)",
     "std::filesystem::path::operator/="},
    {"std::_V2::error_category::default_error_condition(int) const",
     "std::error_category::default_error_condition"},
    {"std::__shared_ptr<int, (__gnu_cxx::_Lock_policy)2>::reset()",
     "std::__shared_ptr<int>::reset"},
    {"void std::function<int (int)>::swap(std::function<int (int)>&)",
     "std::function<int (int)>::swap"},
    {"ns::cref[abi:cxx11]()", "ns::cref"},
    {"void (*ns::ret_fp<int>(int))(int)", "ns::ret_fp<int>"},
    {"int (A::*pick(int))(char)", "pick"},
    {"decltype ({parm#1}+{parm#1}) ns::ded<int>(int)", "ns::ded<int>"},
    {"decltype(fp + fp) ns::ded<int>(int)", "ns::ded<int>"},
    {"void ns::var<int, double, char const*>(int, double, char const*)",
     "ns::var<int, double, char const*>"},
    {"void ns::var<>()", "ns::var<>"},
    {"ns::V<3, true, (char)60>::f()", "ns::V<3, true, (char)60>::f"},
    {"void ns::en<(ns::E)1>()", "ns::en<(ns::E)1>"},
    {"void g<(1>0)>(int)", "g<(1>0)>"},
    {"void g<(1<0)>(int)", "g<(1<0)>"},
    {"app::C<p->q + 1>::f()", "app::C<p->q + 1>::f"},
    {"void (*table)(int)", "table"},
    {"std::set<int, std::less<void>, std::allocator<int> >::size() const",
     "std::set<int, std::less<void>>::size"},
    {"void ns::fnarg<&ns::cf>()", "ns::fnarg<&ns::cf>"},
    {"fmt::v9::vprint()", "fmt::vprint"},
    {"app::v7::ver()", "app::v7::ver"},
    {"scopetree::v0_1::readable_name(std::basic_string_view<char, std::char_traits<char> >)",
     "scopetree::readable_name"},
    {"scopetree::scope_v1::detail::enter_new_path(scopetree::scope_v1::detail::scope_site&)",
     "scopetree::detail::enter_new_path"},
    {"absl::lts_20220623::Mutex::Lock()", "absl::Mutex::Lock"},
    {"non-virtual thunk to A::f()", "A::f"},
    {"vtable for ns::C<std::vector<int, std::allocator<int> > >",
     "vtable for ns::C<std::vector<int>>"},
    {"guard variable for f()::x", "guard variable for f::x"},
    {"app::parse(int) [clone .cold]", "app::parse"},
    // g++'s debug information on internal functions
    {"operator()", "operator()"},
    {"for_each<__gnu_cxx::__normal_iterator<int*, std::vector<int> >, lam(int)::<lambda(int)> >",
     "for_each<...>"},
    // not C++
    {"_RNvCs1234_7mycrate4main", "_RNvCs1234_7mycrate4main"},
    {"libfoo.so+0x1234", "libfoo.so+0x1234"},
    {"", ""},
};

// Printed by the programs themselves.
const name_case pretty_functions[] = {
    {"int main()", "main"},
    {"static void ns::S::st()", "ns::S::st"},
    {"virtual void ns::S::vi() const", "ns::S::vi"},
    {"constexpr int ns::f(int)", "ns::f"},
    {"ns::S& ns::S::operator=(const ns::S&)", "ns::S::operator="},
    {"ns::S &ns::S::operator=(const ns::S &)", "ns::S::operator="},
    {"static void* ns::S::operator new [](size_t)", "ns::S::operator new []"},
    {"bool ns::S::operator bool() const", "ns::S::operator bool"},
    {"ns::S::operator std::vector<std::__cxx11::basic_string<char> >*()",
     "ns::S::operator std::vector<std::string>*"},
    {"ns::S::operator T*() [with T = double]", "ns::S::operator double*"},
    {"bool ns::S::operator<(const T&) const [with T = double]", "ns::S::operator<"},
    {"int ns::C<T>::f(T) [with T = int]", "ns::C<int>::f"},
    {"int ns::C<int>::f(T) [T = int]", "ns::C<int>::f"},
    {"int ns::C<T>::f(T) [with T = std::__cxx11::basic_string<char>]", "ns::C<std::string>::f"},
    {"int ns::C<T>::f(T) [with T = std::map<std::__cxx11::basic_string<char>, std::vector<double> "
     ">]",
     "ns::C<...>::f"},
    {"void ns::C<T>::h(U, T) [with U = double; T = int]", "ns::C<int>::h"},
    {"void ns::V<N, B, Ch>::f() [with int N = 3; bool B = true; char Ch = '<']",
     "ns::V<3, true, '<'>::f"},
    {"void ns::V<3, true, '<'>::f() [N = 3, B = true, Ch = '<']", "ns::V<3, true, '<'>::f"},
    {"void ns::var(A ...) [with A = {int, double, const char*}]", "ns::var"},
    {"void (* ns::ret_fp(T))(int) [with T = int]", "ns::ret_fp"},
    {"void (*ns::ret_fp(T) [T = int])(int)", "ns::ret_fp"},
    {"decltype ((t + t)) ns::ded(T) [with T = int; decltype ((t + t)) = int]", "ns::ded"},
    {"void ns::{anonymous}::AS::t(T) [with T = int]", "ns::{anonymous}::AS::t"},
    {"void ns::(anonymous namespace)::AS::t(T) [T = int]", "ns::{anonymous}::AS::t"},
    {"void ns::C2<T>::D<U>::f()::L::g() [with U = char; T = int]", "ns::C2<int>::D<char>::f::L::g"},
    {"ns::C2<int>::D<char>::f()::<lambda()>::<lambda(int)>",
     "ns::C2<int>::D<char>::f::{lambda}::{lambda}"},
    {"auto ns::C2<int>::D<char>::f()::(anonymous class)::operator()()::(anonymous "
     "class)::operator()(int) "
     "const [T = int, U = char]",
     "ns::C2<int>::D<char>::f::{lambda}::{lambda}"},
    {"lambdas()::<lambda(auto:2)> [with auto:2 = int]", "lambdas::{lambda}"},
    {"auto ns::call(F) [F = (lambda at names.cpp:52:147)]", "ns::call"},
};

std::string repeated(const std::string& text, std::size_t length) {
    std::string result;
    while (result.size() < length)
        result += text;
    return result;
}

} // namespace

TEST_CASE("readable_name of demangled symbols") {
    for (const name_case& each : demangled)
        CHECK(readable_name(each.full) == each.readable);
}

TEST_CASE("readable_name of __PRETTY_FUNCTION__") {
    for (const name_case& each : pretty_functions)
        CHECK(readable_name(each.full) == each.readable);
}

TEST_CASE("last_word is what is left of a name without its surroundings") {
    using scopetree::detail::last_word;
    CHECK(last_word("main") == "main");
    CHECK(last_word("int ns::C<int>::f<char>(int) const") == "f");
    CHECK(last_word("app::(anonymous namespace)::anon(int)") == "anon");
    CHECK(last_word("lam(int)::{lambda(int)#1}::operator()(int) const") == "operator()");
    CHECK(last_word("operator()") == "operator()");
    CHECK(last_word("ns::S ns::S::operator<< <double>(double const&)") == "operator<<");
    CHECK(last_word("ns::S::operator<(int)") == "operator<");
    CHECK(last_word("bool ns::S::operator<<double>(double const&) const") == "operator<");
    CHECK(last_word("for_each<int*, lam(int)::<lambda(int)> >") == "for_each");
    CHECK(last_word("ns::cref[abi:cxx11]()") == "cref");
    CHECK(last_word("") == "");
}

TEST_CASE("readable_name takes linear time on hostile names") {
    const std::size_t megabyte = 1'000'000;
    std::string nested;
    for (int i = 0; i < 100'000; ++i)
        nested += "a<b,";
    nested += repeated(">", 100'000);
    std::string defaults;
    for (int i = 0; i < 20'000; ++i)
        defaults += "std::vector<";
    defaults += "int";
    for (int i = 0; i < 20'000; ++i)
        defaults += ", std::allocator<int> >";
    const std::string with = "void f<" + repeated("T, ", megabyte / 2) +
                             ">() [with T = " + repeated("x", megabyte / 2) + "]";
    const std::string hostile[] = {
        repeated("<", megabyte),
        repeated(">", megabyte),
        repeated("(", megabyte),
        repeated("()", megabyte),
        repeated("(*", megabyte),
        repeated(" (*f)", megabyte),
        repeated("a", megabyte),
        repeated("a::", megabyte),
        repeated("a<", megabyte),
        repeated("a<>", megabyte),
        repeated("a<b>::", megabyte),
        repeated("() const", megabyte),
        repeated("f()::", megabyte),
        repeated("f()[]", megabyte),
        repeated("() [a]", megabyte),
        repeated("operator", megabyte),
        repeated("operator ", megabyte),
        repeated("operator<", megabyte),
        repeated("operator<<", megabyte),
        repeated("operator()", megabyte),
        repeated("operator x()::", megabyte),
        repeated("operator x(", megabyte),
        repeated("{lambda(", megabyte),
        repeated("{lambda()#1}::operator()()::", megabyte),
        repeated("'lambda'(", megabyte),
        repeated("'lambda999999999999", megabyte),
        repeated("(anonymous namespace)", megabyte),
        repeated("decltype(", megabyte),
        repeated(" [with ", megabyte),
        repeated(" [with T = ", megabyte) + repeated("]", megabyte),
        repeated("$_9", megabyte),
        repeated("'", megabyte),
        repeated("[abi:x", megabyte),
        repeated(", ", megabyte),
        repeated("std::basic_string<char", megabyte),
        nested,
        defaults,
        with,
    };
    for (const std::string& name : hostile) {
        const std::string result = readable_name(name);
        const auto word = scopetree::detail::last_word(name);
        INFO(name.substr(0, 40));
        CHECK(result.size() <= 3 * name.size());
        CHECK(word.size() <= name.size());
    }
}
