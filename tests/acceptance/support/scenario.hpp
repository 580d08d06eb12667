/// Scenarios that are hard on a profiler: short ones for every day, long ones to be sure.
#ifndef SCOPETREE_TESTS_ACCEPTANCE_SCENARIO_HPP
#define SCOPETREE_TESTS_ACCEPTANCE_SCENARIO_HPP

#include "process.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

// g++ defines a macro for each sanitizer, clang++ has them as features.
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define TEST_ADDRESS_SANITIZER 1
#else
#define TEST_ADDRESS_SANITIZER 0
#endif

namespace test {

/// SCOPETREE_LONG=1 asks for the long forms.
inline bool long_form() {
    const char* const asked = std::getenv("SCOPETREE_LONG");
    return asked != nullptr && std::string(asked) == "1";
}

inline std::string by_form(const char* short_one, const char* long_one) {
    return long_form() ? long_one : short_one;
}

/// Runs one of the programs in programs/ and prints what it was asked and what it answered.
inline outcome run_scenario(const std::string& program, const std::vector<std::string>& arguments,
                            const std::vector<std::string>& variables = {},
                            const std::vector<std::string>& before = {}) {
    std::vector<std::string> words = before;
    words.push_back(built(program));
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::cout << "$ " << program;
    for (const std::string& argument : arguments)
        std::cout << ' ' << argument;
    std::cout << std::endl;
    const outcome ended = run_command(
        words, variables, long_form() ? std::chrono::hours(3) : std::chrono::minutes(4));
    std::istringstream lines(ended.out + ended.error);
    for (std::string line; std::getline(lines, line);)
        std::cout << "    " << line << '\n';
    if (ended.signal != 0)
        std::cout << "    ended by signal " << ended.signal
                  << (ended.timed_out ? ", having run out of time\n" : "\n");
    std::cout << std::flush;
    return ended;
}

/// Whether it crashed; the address sanitizer makes a report and an exit code of that.
inline bool crashed(const outcome& ended) {
    return ended.signal == SIGSEGV || ended.signal == SIGBUS ||
           (TEST_ADDRESS_SANITIZER && ended.signal == 0 && ended.exit_code > 0);
}

/// The same for one that must end well: its figures.
inline figures scenario(const std::string& program, const std::vector<std::string>& arguments,
                        const std::vector<std::string>& variables = {},
                        const std::vector<std::string>& before = {}) {
    const outcome ended = run_scenario(program, arguments, variables, before);
    INFO(ended.out << ended.error);
    REQUIRE(ended.signal == 0);
    REQUIRE(ended.exit_code == 0);
    return figures(ended.out);
}

} // namespace test

#endif
