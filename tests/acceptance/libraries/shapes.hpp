#ifndef SCOPETREE_TESTS_ACCEPTANCE_SHAPES_HPP
#define SCOPETREE_TESTS_ACCEPTANCE_SHAPES_HPP

#include <scopetree/scope.hpp>

namespace shapes {

void in_library();

/// Compiled into the program as well as into the library.
inline void in_library_header() {
    PROFILE_SCOPE("in a library's header");
}

void header_from_library();

} // namespace shapes

#endif
