#include <scopetree/process/collapse_runtime.hpp>

#include "support/view_drawing.hpp"

#include <catch2/catch.hpp>

using namespace scopetree;
using test::draw;
using test::session_builder;

TEST_CASE("collapse runtime: which frames", "[process]") {
    const auto is_runtime = [](const char* name, bool application = false,
                               frame_kind kind = frame_kind::function) {
        frame f;
        f.name = name;
        f.application = application;
        f.kind = kind;
        return detail::is_runtime(f);
    };
    for (const char* name :
         {"_start", "__libc_start_main", "__libc_start_call_main", "__libc_start_main@@GLIBC_2.34",
          "clone", "clone3", "__clone3", "start_thread", "execute_native_thread_routine",
          "std::thread::_State_impl<std::thread::_Invoker<…>>::_M_run",
          "std::thread::_Invoker<std::tuple<void (*)()>>::operator()", "std::__invoke<void (*)()>",
          "void std::__invoke_impl<void, f>(std::__invoke_other, f&&)",
          "scopetree::profiler::stop"}) {
        INFO(name);
        CHECK(is_runtime(name));
    }
    for (const char* name :
         {"", "main", "_start_engine", "shape::clone", "app::start_thread", "std::invoke<int>",
          "f(std::__invoke_other)", "g<std::__invoke_result<int>>", "run scopetree",
          "my::scopetree::run", "std::thread::join"}) {
        INFO(name);
        CHECK_FALSE(is_runtime(name));
    }
    CHECK_FALSE(is_runtime("clone", true));
    CHECK_FALSE(is_runtime("start_thread", true));
    CHECK(is_runtime("_start", true));
    CHECK_FALSE(is_runtime("_start", true, frame_kind::scope));
    CHECK_FALSE(is_runtime("_start", false, frame_kind::synthetic));
}

TEST_CASE("collapse runtime: inlined parts of a thread's start", "[process]") {
    frame f;
    f.name = "__invoke_impl<void, main::{lambda}>";
    CHECK(detail::is_runtime(f));
    f.file = "/usr/include/c++/12/bits/std_thread.h";
    for (const char* name : {"operator()", "_M_invoke<0>", "_M_run"}) {
        f.name = name;
        CHECK(detail::is_runtime(f));
    }
    f.name = "thread<main::{lambda}>"; // starting one is work
    CHECK_FALSE(detail::is_runtime(f));
    f.name = "operator()";
    f.file = "/home/user/std_thread.h";
    CHECK_FALSE(detail::is_runtime(f));
    f.file = "/usr/include/c++/12/bits/std_thread.h";
    f.application = true;
    CHECK_FALSE(detail::is_runtime(f));
}

TEST_CASE("collapse runtime: nameless functions of stripped libraries, above all else",
          "[process]") {
    session_builder built;
    built.thread("worker", R"(
~clone3||0
  ~libc.so.6+0x88fd4||1
    ~libstdc++.so.6+0xd44a3||0
      run|a.cpp:1|2
        ~libstdc++.so.6+0x1||0
          f|a.cpp:2|4
~libc.so.6+0x5||8
~libm.so.6+0x5||0
  g|a.cpp:3|16
)");
    detail::view_tree tree = test::view_of(*built);
    detail::collapse_runtime(tree);
    CHECK(draw(tree) == R"(worker 31
  run 6
    libstdc++.so.6+0x1 4
      f 4
        [self] 4
    [self] 2
  [self] 1
  libc.so.6+0x5 8
    [self] 8
  libm.so.6+0x5 16
    g 16
      [self] 16
)");
}

TEST_CASE("collapse runtime: children take the place", "[process]") {
    session_builder built;
    built.thread("_start", R"(
a|a.cpp:1|1
~_start||2
  ~__libc_start_main||4
    main|main.cpp:1|8
      ~std::__invoke<f>||0
        work|main.cpp:2|16
  exit_handler|main.cpp:3|32
z|a.cpp:2|64
~_start||128
)");
    detail::view_tree tree = test::view_of(*built);
    detail::collapse_runtime(tree);
    CHECK(draw(tree) == R"(_start 255
  a 1
    [self] 1
  main 24
    work 16
      [self] 16
    [self] 8
  [self] 4
  exit_handler 32
    [self] 32
  [self] 2
  z 64
    [self] 64
  [self] 128
)");
}

TEST_CASE("collapse runtime: [self] is the new parent's", "[process]") {
    session_builder built;
    built.thread("main", "main|main.cpp:1|0\n  ~_start||2\n    ~__libc_start_main||3\n");
    detail::view_tree tree = test::view_of(*built);
    detail::collapse_runtime(tree);
    for (const std::uint32_t child : tree.children_of(1)) {
        CHECK(tree.nodes[child].kind == detail::view_kind::self);
        CHECK(tree.nodes[child].frame == tree.nodes[1].frame);
    }
    CHECK(tree.children_of(1).size() == 2);
}

TEST_CASE("collapse runtime: what was absorbed stays accounted for", "[process]") {
    session_builder built;
    built.thread("main", "~_start||0\n  main|main.cpp:1|8\n");
    detail::view_tree tree = test::view_of(*built);
    tree.nodes[1].time += 2;
    tree.nodes[1].absorbed += 2;
    tree.nodes[1].second_absorbed += 3;
    tree.nodes[0].time += 2;
    detail::collapse_runtime(tree);
    CHECK(tree.root().absorbed == 2);
    CHECK(tree.root().second_absorbed == 3);
}
