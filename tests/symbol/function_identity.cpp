#include <scopetree/symbol/function_identity.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>

namespace {

struct described {
    std::string name;
    std::uintptr_t start = 0; // 0: inlined into something else
    std::string file = "/app/x.cpp";
    bool qualified = true;
    bool named = true;
};

scopetree::native_location location_of(const described& function) {
    scopetree::native_location location;
    location.function_start = function.start == 0 ? 1 : function.start;
    scopetree::native_frame frame;
    frame.name = function.name;
    frame.file = function.file;
    frame.qualified = function.qualified;
    frame.named = function.named;
    frame.inlined = function.start == 0;
    location.frames.push_back(frame);
    if (frame.inlined) {
        frame.name = "around_it()";
        frame.qualified = frame.named = true;
        location.frames.push_back(frame);
    }
    return location;
}

/// Whether a scope in `scope` belongs under a frame of `frame`.
bool match(const described& scope, const described& frame) {
    scopetree::detail::function_identity identity;
    const auto wanted = identity.of_scope(location_of(scope), 0);
    const auto offered = identity.of_frame(location_of(frame), 0);
    for (std::uint32_t key : wanted)
        for (std::uint32_t other : offered)
            if (key == other)
                return true;
    return false;
}

} // namespace

TEST_CASE("functions are the same by the start of their code") {
    CHECK(match({"app+0x10", 100, "", false, false}, {"app+0x20", 100, "", false, false}));
    CHECK_FALSE(match({"app+0x10", 100, "", false, false}, {"app+0x10", 200, "", false, false}));
    CHECK(match({"f()", 100}, {"alias_of_f()", 100}));
}

TEST_CASE("functions are the same by full name and file") {
    CHECK(match({"ns::f(int)", 0}, {"ns::f(int)", 0}));
    CHECK(match({"ns::f(int)", 0}, {"ns::f(int)", 100}));
    CHECK(match({"ns::f(int)", 100}, {"ns::f(int)", 200})); // split into hot and cold
    CHECK(match({"ns::f(int)", 0, "/a/../app/x.hpp"}, {"ns::f(int)", 0, "/other/x.hpp"}));
    CHECK_FALSE(match({"ns::f(int)", 0}, {"ns::f(char)", 0}));
    CHECK_FALSE(match({"f()", 100, "/app/x.cpp"}, {"f()", 200, "/app/y.cpp"})); // two static ones
}

TEST_CASE("a bare name stands for any full one of its file") {
    CHECK(match({"f", 0, "/app/x.cpp", false}, {"ns::(anonymous namespace)::f(int)", 100}));
    CHECK(match({"ns::(anonymous namespace)::f(int)", 100}, {"f", 0, "/app/x.cpp", false}));
    CHECK(match({"operator()", 0, "/app/x.cpp", false},
                {"g()::{lambda()#1}::operator()() const", 100}));
    CHECK(match({"f", 0, "/app/x.cpp", false}, {"f", 0, "/app/x.cpp", false}));
    CHECK_FALSE(match({"f", 0, "/app/x.cpp", false}, {"ns::f(int)", 100, "/app/y.cpp"}));
    CHECK_FALSE(match({"a::f()", 0}, {"b::f()", 0}));
}

TEST_CASE("an address that has no name is no name") {
    CHECK_FALSE(match({"app+0x10", 0, "", false, false}, {"app+0x10", 0, "", false, false}));
}
