/// The profiler as the programs under test use it. profile.cpp alone includes the whole library, so
/// the programs compile as fast as a user's other source files do.
#ifndef SCOPETREE_TESTS_ACCEPTANCE_PROFILE_HPP
#define SCOPETREE_TESTS_ACCEPTANCE_PROFILE_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/options.hpp>
#include <scopetree/scope.hpp>

#include <memory>
#include <string>

namespace test {

enum class capture { boost_stacktrace, frame_pointers };

/// A scopetree::basic_profiler of that policy; errors pass through.
class profile {
public:
    explicit profile(const scopetree::options& chosen = {},
                     capture policy = capture::boost_stacktrace);
    ~profile();
    profile(const profile&) = delete;
    profile& operator=(const profile&) = delete;

    void start();
    scopetree::session stop();
    scopetree::session snapshot();
    bool is_running() const;

private:
    struct part;
    std::unique_ptr<part> part_;
};

std::string to_text(const scopetree::session& result);

/// A program that profiles itself by its macros alone calls this to be linked to the profiler.
void link_profiler();

} // namespace test

#endif
