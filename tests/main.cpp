#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include "support/scratch_folder.hpp"

#include <cstdlib>

namespace {

/// Programs keep their sessions below this folder; those under test must not fill the tester's own.
struct own_state_folder {
    own_state_folder() { ::setenv("XDG_STATE_HOME", folder.path().c_str(), 1); }
    test::scratch_folder folder;
} const state;

} // namespace
