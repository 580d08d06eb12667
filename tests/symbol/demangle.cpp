#include <scopetree/symbol/demangle.hpp>

#include <catch2/catch.hpp>

#include <string>

using scopetree::demangle;

TEST_CASE("demangle gives the full name without clone suffixes") {
    CHECK(demangle("_ZN3app5parseEi") == "app::parse(int)");
    CHECK(demangle("_ZN3app12_GLOBAL__N_14anonEi.constprop.0") ==
          "app::(anonymous namespace)::anon(int)");
    CHECK(demangle("_Z4workv.part.3.cold") == "work()");
    CHECK(demangle("_ZZ3lamiENKUliE_clEi.isra.0") ==
          "lam(int)::{lambda(int)#1}::operator()(int) const");
    CHECK(demangle("_Z4workv.llvm.1234567890") == "work()");
    CHECK(demangle("_Z4workv.lto_priv.0") == "work()");
    CHECK(demangle("_ZNSt6thread4joinEv@@GLIBCXX_3.4.11") == "std::thread::join()");
    CHECK(demangle("_ZN1AC4Ev") == "A::A()"); // as debug information names both kinds at once
}

TEST_CASE("demangle leaves the names of other languages alone") {
    CHECK(demangle("main") == "main");
    CHECK(demangle("main.cold") == "main");
    CHECK(demangle("qsort_r.part.0") == "qsort_r");
    CHECK(demangle("step.isra.0.constprop.12.cold.1") == "step");
    CHECK(demangle("memcpy@@GLIBC_2.14") == "memcpy");
    CHECK(demangle("_RNvCs1234_7mycrate4main") == "_RNvCs1234_7mycrate4main");
    CHECK(demangle("__GI_getenv") == "getenv");
    CHECK(demangle("main.main") == "main.main"); // Go
    CHECK(demangle("camlList__map_123") == "camlList__map_123");
    CHECK(demangle(".cold") == ".cold");
    CHECK(demangle("part.1") == "part.1");
    CHECK(demangle("") == "");
}

TEST_CASE("demangle removes the hash of Rust's older names") {
    CHECK(demangle("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE") ==
          "core::fmt::Formatter::pad");
}

TEST_CASE("demangle removes the remarks of other demanglers") {
    CHECK(demangle("app::parse(int) [clone .cold]") == "app::parse(int)");
    CHECK(demangle("app::parse(int) [clone .part.0] [clone .cold]") == "app::parse(int)");
    CHECK(demangle("app::parse(int) (.cold)") == "app::parse(int)");
}

TEST_CASE("demangle outlines names that are too long for the standard library") {
    std::string arguments;
    for (int i = 0; i < 1000; ++i)
        arguments += "3abc";
    CHECK(demangle("_ZN3app5parseIN" + arguments + "EEEvv") == "app::parse<...>");
    CHECK(demangle("_ZNSt6vectorIN" + arguments + "EE4pushEv") == "std::vector<...>");
    CHECK(demangle("_Z5parseIN" + arguments + "EEvv") == "parse<...>");
}

TEST_CASE("demangle survives nonsense") {
    for (const char* name : {"_Z", "_ZN", "_Z99999999999999999999999999x", "_ZN3", "_ZN3ab", "__Z",
                             "_Z.", "_ZN3app99999999999999999999ab"})
        CHECK_FALSE(demangle(name).empty());
    CHECK(demangle("_Z" + std::string(1'000'000, '9')).size() > 2);
    CHECK(demangle(std::string(1'000'000, '.')).size() == 1'000'000);
    CHECK(demangle("x" + std::string(1'000'000, '1')).size() == 1'000'001);
}
