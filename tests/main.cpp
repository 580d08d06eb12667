#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include "support/scratch_folder.hpp"

#include <cstdlib>

namespace {

/// What programs under test find, whoever tests: sessions are kept below a folder that goes again,
/// and the terminal shows Unicode.
struct own_environment {
    own_environment() {
        ::setenv("XDG_STATE_HOME", folder.path().c_str(), 1);
        ::setenv("LC_ALL", "C.UTF-8", 1);
    }
    test::scratch_folder folder;
} const environment;

} // namespace
