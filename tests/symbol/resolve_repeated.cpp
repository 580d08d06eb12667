#include <scopetree/symbol/resolve.hpp>

#include "staged_recording.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <dlfcn.h>

using scopetree::detail::frame_table;
using staged::recording_builder;

namespace {

scopetree::session resolve_again(recording_builder& run, frame_table& known) {
    known.resolve(run.data,
                  [&](const scopetree::raw_location& asked) { return run.look_up(asked); });
    return scopetree::detail::build_session(run.data, known);
}

/// All of a session but the order of its frames.
std::string text_of(const scopetree::session& from) {
    std::string text;
    for (const scopetree::thread_tree& thread : from.threads) {
        for (const scopetree::call_node& node : thread.nodes) {
            const scopetree::frame& frame = from.frames.at(node.frame);
            text += std::to_string(node.parent) + ' ' + frame.name + '|' + frame.full_name + '|' +
                    frame.file + ':' + std::to_string(frame.line) + '|' +
                    std::to_string(static_cast<int>(frame.kind)) +
                    (frame.inlined ? " inlined " : " ") + (frame.application ? "own " : "") +
                    std::to_string(node.scope) + ' ' + std::to_string(node.wall_ns) + '\n';
        }
    }
    return text + std::to_string(from.frames.size()) + ' ' + from.source_root;
}

scopetree::recording with_address(const void* code) {
    scopetree::recording run;
    run.modules = scopetree::loaded_modules();
    run.locations.push_back({reinterpret_cast<std::uintptr_t>(code), true, 0});
    run.threads.emplace_back();
    scopetree::raw_thread& thread = run.threads[0];
    thread.name = "main";
    thread.paths = {{}, {0, 0}};
    thread.scopes.emplace_back();
    thread.leaves.resize(1);
    thread.leaves[0].path = 1;
    thread.leaves[0].wall_ns = 1;
    return run;
}

} // namespace

TEST_CASE("resolved again, only what is new is looked up") {
    recording_builder run;
    frame_table known(scopetree::application_rule{});
    run.sample({"main", "f"}, {"S@f"});
    resolve_again(run, known);
    CHECK(run.look_ups == 2);
    resolve_again(run, known);
    CHECK(run.look_ups == 2);
    run.sample({"main", "g"}, {});
    CHECK(staged::outline(resolve_again(run, known)) == "main\n  g 1\n  f\n    [S] 1\n");
    CHECK(run.look_ups == 3);
}

TEST_CASE("a line that is learnt late is told to the frames that are there") {
    recording_builder run;
    frame_table known(scopetree::application_rule{});
    run.sample({"main", "g+f"}, {});
    const auto line_of = [&](const std::string& name) {
        for (const scopetree::frame& each : resolve_again(run, known).frames)
            if (each.name == name && each.inlined)
                return each.line;
        return scopetree::no_index;
    };
    CHECK(line_of("f") == 0);
    run.sample({"main", "f"}, {}); // its own code
    CHECK(line_of("f") == 10);
    run.sample({"main", "f2"}, {}); // another of that name and file: it could be either
    run.code[run.pc_of("f2")].frames[0] = run.code[run.pc_of("f")].frames[0];
    run.code[run.pc_of("f2")].frames[0].line = 20;
    CHECK(line_of("f") == 0);
}

TEST_CASE("resolved again and again, a run is what it is resolved at once") {
    const auto seed = GENERATE(range(0u, 30u));
    std::mt19937 random(seed);
    const std::vector<std::string> code = {"main", "f",    "g",    "f+g",    "g+f", "f+g+h", "h",
                                           "h?",   "g+h?", "x::f", "f+x::f", "y~",  "h+f"};
    recording_builder run;
    frame_table known(scopetree::application_rule{});
    for (int step = 0; step < 12; ++step) {
        for (int sample = 0; sample < 3; ++sample) {
            std::vector<std::string> stack{"main"};
            while (stack.size() < 5 && random() % 4 != 0)
                stack.push_back(code[random() % code.size()]);
            std::vector<std::string> scopes;
            if (random() % 2 == 0)
                scopes.push_back("S@" + stack[random() % stack.size()]);
            const bool whole = random() % 5 != 0;
            run.sample(stack, scopes, 1 + random() % 9,
                       whole ? scopetree::stack_extent::complete
                             : scopetree::stack_extent::truncated);
        }
        const std::string again = text_of(resolve_again(run, known));
        REQUIRE(again == text_of(run.resolve()));
    }
}

TEST_CASE("what is known is kept while modules and options stay") {
    scopetree::repeated_resolver resolver;
    scopetree::recording run = with_address(reinterpret_cast<const void*>(&with_address));
    const auto name = [&](const scopetree::resolve_options& options) {
        const scopetree::session result = resolver.resolve(run, options);
        const scopetree::frame& frame = result.frames.at(result.threads[0].nodes[1].frame);
        return frame.name + (frame.application ? " own" : "");
    };
    const std::string first = name({});
    CHECK(first.find("with_address own") != std::string::npos);
    CHECK(name({}) == first);
    scopetree::resolve_options chosen;
    chosen.library_paths = {run.modules[0].path};
    CHECK(name(chosen) + " own" == first);
    CHECK(name({}) == first);

    void* const library = ::dlopen("libresolv.so.2", RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library != nullptr);
    CHECK(name({}) == first);
    ::dlclose(library);
    CHECK(name({}) == first);
}
