#include <scopetree/symbol/paths.hpp>

#include <catch2/catch.hpp>

#include <string>

using scopetree::application_rule;
using scopetree::common_folder;
using scopetree::normalized_path;

TEST_CASE("normalized_path works on the spelling alone") {
    CHECK(normalized_path("/a/b/c.cpp") == "/a/b/c.cpp");
    CHECK(normalized_path("/a/./b//c.cpp") == "/a/b/c.cpp");
    CHECK(normalized_path("/build/../src/x.cpp") == "/src/x.cpp");
    CHECK(normalized_path(
              "/usr/bin/../lib/gcc/x86_64-linux-gnu/12/../../../../include/c++/12/vector") ==
          "/usr/include/c++/12/vector");
    CHECK(normalized_path("/../../x") == "/x");
    CHECK(normalized_path("../sysdeps/x86_64/start.S") == "../sysdeps/x86_64/start.S");
    CHECK(normalized_path("a/../../b") == "../b");
    CHECK(normalized_path("../../b/..") == "../..");
    CHECK(normalized_path("./csu/init.c") == "csu/init.c");
    CHECK(normalized_path("a/..") == "");
    CHECK(normalized_path("/") == "/");
    CHECK(normalized_path("") == "");
    CHECK(normalized_path("/a..b/...") == "/a..b/...");
}

TEST_CASE("application code is what was compiled from the program's own tree") {
    application_rule rule;
    rule.own_headers = "/opt/include/scopetree";
    rule.library_paths = {"/home/me/third_party/", "/home/me/app/generated.cpp"};
    const std::string program = "/home/me/build/app";
    CHECK(rule.is_application("f()", "/home/me/app/main.cpp", program));
    CHECK(rule.is_application("f()", "", program));
    CHECK(rule.is_application("f()", "src/main.cpp", program)); // built with -ffile-prefix-map
    CHECK(rule.is_application("f()", "/home/me/app/x.cpp", "/home/me/build/libplugin.so"));
    CHECK(rule.is_application("f()", "", "/usr/bin/installed_program"));
    CHECK(rule.is_application("f()", "", "/home/me/lib/libmine.so"));
    CHECK(rule.is_application("f()", "/home/me/app/usr/include/x.hpp", program));
    CHECK(rule.is_application("f()", "/home/me/third_party_not/x.hpp", program));
    for (const char* file :
         {"/usr/include/c++/12/bits/stl_algo.h", "/usr/local/include/boost/x.hpp",
          "/usr/lib/llvm/x.h", "/opt/gcc/lib/gcc/x86_64-linux-gnu/12/include/emmintrin.h",
          "/build/gcc-12/src/libstdc++-v3/src/c++11/thread.cc",
          "../sysdeps/nptl/libc_start_call_main.h", "../csu/libc-start.c", "csu/libc-start.c",
          "nptl/pthread_create.c", "/home/me/third_party/json/json.hpp",
          "/home/me/app/generated.cpp", "/opt/include/scopetree/scope.hpp"})
        CHECK_FALSE(rule.is_application("f()", file, program));
    for (const char* module :
         {"/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/libfoo.so", "/lib64/ld-linux-x86-64.so.2",
          "", "linux-vdso.so.1", "/home/me/third_party/libx.so"})
        CHECK_FALSE(rule.is_application("f()", "", module));
    CHECK_FALSE(rule.is_application("f()", "/home/distro/foo/foo.cpp", "/usr/lib/libfoo.so"));
    CHECK_FALSE(rule.is_application("scopetree::v0_1::f()", "", program));
}

TEST_CASE("this library's own headers are found") {
    const std::string own = scopetree::detail::own_include_folder();
    CHECK((own.empty() || scopetree::detail::ends_with(own, "/scopetree")));
}

TEST_CASE("common_folder") {
    CHECK(common_folder({}) == "");
    CHECK(common_folder({"/home/me/app/main.cpp"}) == "/home/me/app");
    CHECK(common_folder({"/home/me/app/main.cpp", "/home/me/app/src/x.cpp"}) == "/home/me/app");
    CHECK(common_folder({"/home/me/app/a/x.cpp", "/home/me/app/b/x.cpp"}) == "/home/me/app");
    CHECK(common_folder({"/home/me/app/x.cpp", "/home/me/apple/x.cpp"}) == "/home/me");
    CHECK(common_folder({"/a/x.cpp", "/b/x.cpp"}) == "");
    CHECK(common_folder({"x.cpp"}) == "");
}
