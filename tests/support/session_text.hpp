/// Sessions as the text of their files, and back.
#ifndef SCOPETREE_TESTS_SUPPORT_SESSION_TEXT_HPP
#define SCOPETREE_TESTS_SUPPORT_SESSION_TEXT_HPP

#include <scopetree/model/session_reader.hpp>
#include <scopetree/model/session_writer.hpp>

#include "support/session_builder.hpp"

#include <sstream>
#include <string>
#include <utility>

namespace test {

inline std::string session_text(const scopetree::session& source) {
    std::ostringstream stream;
    scopetree::write_session(stream, source);
    return stream.str();
}

/// What reading the text is refused with; empty if it is not refused.
inline std::string refusal_of(const std::string& text) {
    try {
        scopetree::read_session(text, "x.scopetree");
    } catch (const scopetree::session_error& error) {
        return error.what();
    }
    return {};
}

/// A small session that has something in every column of the file.
inline scopetree::session full_session() {
    scopetree::scope_figures parse;
    parse.calls = 7;
    scopetree::scope_figures load;
    load.calls = 3;
    load.timed = true;
    load.times = {30, 5, 20, 8, 19};
    session_builder built;
    built.thread("main",
                 "main|main.cpp:10|10\n"
                 "  >parse|parse.cpp:7|40/30|0\n"
                 "    >>load|load.cpp:9|5/0|1\n"
                 "  ~std::sort|/usr/include/c++/12/bits/stl_algo.h:99|20\n",
                 {parse, load});
    built.thread("worker", "run|worker.cpp:3|60/50\n");
    built->recorded_unix_ns = 1'748'786'602'000'000'000;
    built->source_root = "/home/me/program";
    built->notes = {"A note."};
    built->modules = {
        {"/usr/bin/program", "00ff", 0x5555'5555'0000, 0x5555'5555'0000, 0x5555'5556'0000},
        {"", "", 0xffff'ffff'ff60'0000, 0xffff'ffff'ff60'0000, 0xffff'ffff'ff60'1000}};
    built->frames[1].module = 0;
    built->frames[2].inlined = true;
    built->threads[0].timeline = {{1, 0, 10'000'000}, {2, 10'000'000, 40'000'000}};
    built->figures = {135, 1, 2, 3, 140, 4, 130, 500'000, 600'000};
    return std::move(*built);
}

} // namespace test

#endif
