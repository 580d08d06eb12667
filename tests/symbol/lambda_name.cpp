#include <scopetree/symbol/lambda_name.hpp>

#include <scopetree/symbol/readable_name.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using scopetree::native_frame;
using scopetree::detail::lambda_argument;
using scopetree::detail::name_lambdas;

namespace {

native_frame inlined(std::string name, std::string file = "/src/app.cpp") {
    native_frame frame;
    frame.name = std::move(name);
    frame.file = std::move(file);
    frame.inlined = true;
    frame.qualified = false;
    return frame;
}

} // namespace

TEST_CASE("the lambda among template arguments is found, whole and alone") {
    const struct {
        const char* name;
        const char* lambda;
    } cases[] = {
        {"f(int)", ""},
        {"apply<main()::<lambda()> >", "main()::<lambda()>"},
        {"apply<main()::{lambda()#1}>(main()::{lambda()#1})", "main()::{lambda()#1}"},
        {"std::__invoke_impl<void, a::f(int, char)::<lambda(std::pair<int, int>)> >",
         "a::f(int, char)::<lambda(std::pair<int, int>)>"},
        {"x<std::tuple<b<int>::g()::{lambda()#2}> >::run()", "b<int>::g()::{lambda()#2}"},
        {"broken<<lambda(", ""},
        {"{lambda(", ""},
    };
    for (const auto& c : cases) {
        CAPTURE(c.name);
        CHECK(lambda_argument(c.name) == c.lambda);
    }
}

TEST_CASE("an inlined lambda is called after the caller that it was an argument of") {
    std::vector<native_frame> frames = {inlined("operator()"),
                                        inlined("apply<main()::<lambda()> >"), inlined("main")};
    name_lambdas(frames);
    CHECK(frames[0].name == "main()::<lambda()>::operator()");
    CHECK(scopetree::readable_name(frames[0].name) == "main::{lambda}");
    CHECK(frames[1].name == "apply<main()::<lambda()> >");
}

TEST_CASE("a lambda that no caller names is just a lambda") {
    std::vector<native_frame> frames = {inlined("operator()"), inlined("main")};
    name_lambdas(frames);
    CHECK(scopetree::readable_name(frames[0].name) == "{lambda}");
}

TEST_CASE("call operators of libraries and those with a full name stay as they are") {
    std::vector<native_frame> frames = {
        inlined("operator()", "/usr/include/c++/12/bits/std_thread.h"), inlined("operator()"),
        inlined("apply<main()::<lambda()> >")};
    frames[1].qualified = true;
    name_lambdas(frames);
    CHECK(frames[0].name == "operator()");
    CHECK(frames[1].name == "operator()");
}
