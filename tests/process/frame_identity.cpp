#include <scopetree/process/frame_identity.hpp>

#include <catch2/catch.hpp>

using namespace scopetree;

TEST_CASE("frame identity: function, file and kind", "[process]") {
    session s;
    frame f;
    f.name = "f";
    f.file = "a.cpp";
    f.line = 1;
    s.frames.push_back(f);
    f.line = 2; // inlined somewhere, or from another module: still the same function
    f.inlined = true;
    f.module = 3;
    s.frames.push_back(f);
    f.file = "b.cpp";
    s.frames.push_back(f);
    f.kind = frame_kind::scope;
    s.frames.push_back(f);
    f.full_name = "f(int)"; // overloads look alike, and are two functions
    s.frames.push_back(f);
    f.full_name = "f(long)";
    s.frames.push_back(f);
    CHECK(detail::frame_identities(s) == std::vector<std::uint32_t>{0, 0, 1, 2, 3, 4});
    CHECK(detail::frame_identities(session()).empty());
}
