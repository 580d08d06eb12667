#include <scopetree/process/source_path.hpp>

#include <catch2/catch.hpp>

using namespace scopetree;
using detail::shorten_path;

namespace {

struct row {
    const char* file;
    const char* shown;
    const char* library;
};

session make_session(const std::string& root, const std::string& module) {
    session s;
    s.source_root = root;
    s.modules.emplace_back();
    s.modules.back().path = module;
    return s;
}

frame make_frame(const std::string& file, bool application) {
    frame f;
    f.file = file;
    f.module = 0;
    f.application = application;
    return f;
}

} // namespace

TEST_CASE("source path: of library frames", "[process]") {
    const row rows[] = {
        {"", "libc.so.6", "libc.so.6"},
        {"/", "libc.so.6", "libc.so.6"},
        {"nptl/futex-internal.c", "nptl/futex-internal.c", "libc.so.6"},
        {"./nptl/pthread_mutex_lock.c", "nptl/pthread_mutex_lock.c", "libc.so.6"},
        {"../sysdeps/unix/sysv/linux/read.c", "sysdeps/unix/sysv/linux/read.c", "libc.so.6"},
        {"..", "..", "libc.so.6"},
        {"../../../../src/libstdc++-v3/libsupc++/new_op.cc", "libsupc++/new_op.cc", "libstdc++"},
        {"/usr/include/c++/12/bits/stl_vector.h", "bits/stl_vector.h", "libstdc++"},
        {"/usr/include/x86_64-linux-gnu/c++/12/bits/gthr.h", "bits/gthr.h", "libstdc++"},
        {"/usr/include/c++/12/x86_64-linux-gnu/bits/gthr.h", "bits/gthr.h", "libstdc++"},
        {"/usr/bin/../lib/gcc/x86_64-linux-gnu/12/../../../../include/c++/12/bits/x.h", "bits/x.h",
         "libstdc++"},
        {"/usr/include/c++/12/vector", "vector", "libstdc++"},
        {"/usr/lib/llvm-14/include/c++/v1/vector", "vector", "libc++"},
        {"/usr/lib/gcc/x86_64-linux-gnu/12/include/emmintrin.h", "emmintrin.h", "gcc"},
        {"/usr/include/x86_64-linux-gnu/bits/string_fortified.h", "bits/string_fortified.h",
         "glibc"},
        {"/usr/include/boost/json/value.hpp", "boost/json/value.hpp", "boost"},
        {"/usr/local/include/fmt/core.h", "fmt/core.h", "fmt"},
        {"/usr/include/zlib.h", "zlib.h", "zlib.h"},
        {"/opt/sdk/include/sdk/a.h", "sdk/a.h", "sdk"},
        {"/usr/include", "/usr/include", "libc.so.6"},
        {"/home/user/third_party/asio/run.hpp", "../third_party/asio/run.hpp", "third_party"},
        {"/home/user/../user/./third_party//a.hpp", "../third_party/a.hpp", "third_party"},
        {"/build/glibc-6V9R/nptl/x.c", "/build/glibc-6V9R/nptl/x.c", "libc.so.6"},
    };
    const session s = make_session("/home/user/project", "/usr/lib/x86_64-linux-gnu/libc.so.6");
    for (const row& r : rows) {
        INFO(r.file);
        const detail::source_path path = shorten_path(s, make_frame(r.file, false));
        CHECK(path.shown == r.shown);
        CHECK(path.library == r.library);
    }
}

TEST_CASE("source path: of the program's own frames", "[process]") {
    const row rows[] = {
        {"/home/user/project/src/main.cpp", "src/main.cpp", "src"},
        {"/home/user/project/main.cpp", "main.cpp", "main.cpp"},
        {"/home/user/project/include/a/b.hpp", "include/a/b.hpp", "include"},
        {"/home/user/projectile/main.cpp", "../projectile/main.cpp", "projectile"},
        {"../src/main.cpp", "../src/main.cpp", "src"},
        {"./main.cpp", "main.cpp", "main.cpp"},
    };
    for (const char* root : {"/home/user/project", "/home/user/project/"}) {
        const session s = make_session(root, "/home/user/project/build/program");
        for (const row& r : rows) {
            INFO(r.file);
            const detail::source_path path = shorten_path(s, make_frame(r.file, true));
            CHECK(path.shown == r.shown);
            CHECK(path.library == r.library);
        }
    }
}

TEST_CASE("source path: relative ones as the compiler wrote them", "[process]") {
    for (const char* module : {"", "/usr/lib/libfoo.so", "/home/user/program"}) {
        const session s = make_session("", module);
        CHECK(shorten_path(s, make_frame("foo/x.h", false)).shown == "foo/x.h");
        CHECK(shorten_path(s, make_frame("foo/x.h", false)).library == "foo");
        CHECK(shorten_path(s, make_frame("x.h", false)).library == "x.h");
    }
}

TEST_CASE("source path: nothing is known", "[process]") {
    const session s;
    CHECK(shorten_path(s, frame()).shown.empty());
    CHECK(shorten_path(s, frame()).library.empty());
    frame f;
    f.file = "/elsewhere/a.cpp";
    CHECK(shorten_path(s, f).shown == "/elsewhere/a.cpp");
    CHECK(shorten_path(s, f).library == "elsewhere");
}

TEST_CASE("source path: libstdc++ has one name, whatever is known of the frame", "[process]") {
    const session s = make_session("", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30");
    CHECK(shorten_path(s, make_frame("", false)).shown == "libstdc++.so.6.0.30");
    CHECK(shorten_path(s, make_frame("", false)).library == "libstdc++");
}

TEST_CASE("source path: one for every frame", "[process]") {
    session s = make_session("/p", "");
    s.frames = {make_frame("/p/a.cpp", true), make_frame("/p/b.cpp", true)};
    const std::vector<detail::source_path> paths = detail::shorten_paths(s);
    REQUIRE(paths.size() == 2);
    CHECK(paths[1].shown == "b.cpp");
}
