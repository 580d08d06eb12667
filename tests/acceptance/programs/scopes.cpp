// Scopes in all the places where they may stand, each entered a known number of times.
// uses library: shapes

#include "../libraries/shapes.hpp"
#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

template <class Value>
Value in_template(Value value) {
    PROFILE_SCOPE("in a template");
    return value;
}

inline void in_inline_function() {
    PROFILE_SCOPE("in an inline function");
}

void in_function() {
    PROFILE_FUNCTION();
}

void two_on_one_line() {
    // clang-format off
    PROFILE_SCOPE("left"); PROFILE_SCOPE("right");
    // clang-format on
}

void throws(int depth) {
    PROFILE_SCOPE("throws");
    if (depth == 0)
        throw std::runtime_error("from the innermost scope");
    throws(depth - 1);
}

void catches() {
    PROFILE_SCOPE("catches");
    try {
        throws(9);
    } catch (const std::exception&) {
    }
    PROFILE_SCOPE("after the exception");
}

void recurses(int depth) {
    PROFILE_SCOPE("recurses");
    if (depth > 0)
        recurses(depth - 1);
}

void timed(std::uint64_t us) {
    PROFILE_TIMED_SCOPE("timed");
    test::work(us);
}

void count_everything(std::uint64_t us) {
    for (int i = 0; i < 100; ++i) {
        in_template(i);
        in_template(0.5 * i);
        in_inline_function();
        in_function();
        two_on_one_line();
        catches();
        recurses(4);
        [] { PROFILE_SCOPE("in a lambda"); }();
        shapes::in_library();
        shapes::in_library_header();
    }
    for (std::uint64_t i = 0; i < 1000; ++i)
        timed((1 + i % 10) * us);
}

void print_timed(const scopetree::session& result) {
    const scopetree::thread_tree& tree = test::thread_named(result, "main");
    for (const scopetree::scope_figures& scope : tree.scopes) {
        if (!scope.timed)
            continue;
        test::print("timed min", scope.times.min_ns);
        test::print("timed p50", scope.times.p50_ns);
        test::print("timed p99", scope.times.p99_ns);
        test::print("timed max", scope.times.max_ns);
        test::print("timed total", scope.times.total_ns);
    }
}

} // namespace

int main() {
    const std::uint64_t us = test::steps_per_us();
    test::profile profile;
    profile.start();
    const std::int64_t before = test::wall_ns();
    count_everything(us);
    test::print("main took", test::wall_ns() - before);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([] {
            for (int k = 0; k < 250'000; ++k) {
                PROFILE_SCOPE("from four threads");
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    const scopetree::session result = profile.stop();
    for (const char* const name :
         {"in a template", "in an inline function", "left", "right", "throws", "catches",
          "after the exception", "recurses", "in a lambda", "in a library", "in a library's header",
          "timed", "from four threads"})
        test::print(name, test::calls_of(result, name));
    test::print("in_function", test::calls_of(result, "in_function") +
                                   test::calls_of(result, "(anonymous namespace)::in_function") +
                                   test::calls_of(result, "{anonymous}::in_function"));
    for (const std::string& path : test::all_paths(result))
        std::printf("%s\n", path.c_str());
    print_timed(result);
    return 0;
}
