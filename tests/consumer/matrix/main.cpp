// What must work with every compiler and setting: scopes on threads, exceptions, forks, a report.
#include "scopes.hpp"

#include <scopetree/scopetree.hpp>

#ifdef MATRIX_WITH_JSON // its sources, where there is no library of it for this setting
#include <boost/json/src.hpp>
#endif

#include <cstdio>
#include <set>
#include <sstream>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
    if (!holds)
        std::fprintf(stderr, "not true: %s\n", what);
    failures += holds ? 0 : 1;
}

std::uint64_t calls_of(const scopetree::session& from, const std::string& scope) {
    std::uint64_t calls = 0;
    for (const scopetree::thread_tree& thread : from.threads) {
        std::set<std::uint32_t> entered; // sampled in several functions, it has as many nodes
        for (const scopetree::call_node& node : thread.nodes)
            if (node.scope != scopetree::no_index && from.frames[node.frame].name == scope &&
                entered.insert(node.scope).second)
                calls += thread.scopes[node.scope].calls;
    }
    return calls;
}

#if defined(__cpp_exceptions)
void throw_from(int depth) {
    PROFILE_SCOPE("throws");
    if (depth == 0)
        throw depth;
    throw_from(depth - 1);
}
#endif

} // namespace

int main() {
    scopetree::profiler profiler;
    profiler.start();
    std::thread other(enter_scopes, 20'000);
    enter_scopes(20'000);
    other.join();
#if defined(__cpp_exceptions)
    for (int i = 0; i < 1000; ++i)
        try {
            throw_from(5);
        } catch (int) {
        }
#endif
    const pid_t child = ::fork();
    if (child == 0) {
        enter_scopes(10);
        ::_exit(profiler.is_running() ? 1 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    const scopetree::session result = profiler.stop();
    std::ostringstream text;
    scopetree::write_text(text, result);
    expect(status == 0, "the child of a fork is not profiled");
    expect(calls_of(result, "outer") == 40'000, "scopes are counted");
    expect(calls_of(result, "inner") == 40'000, "timed scopes are counted");
#if defined(__cpp_exceptions)
    expect(calls_of(result, "throws") == 6'000, "scopes that throw are counted");
#endif
    expect(result.figures.samples > 5, "samples are taken");
    expect(text.str().find("outer") != std::string::npos, "the report names the scopes");
    return failures;
}
