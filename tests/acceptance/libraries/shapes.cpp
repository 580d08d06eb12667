// A shared object that the program is linked to; it knows scope.hpp only.

#include "shapes.hpp"

namespace shapes {

void in_library() {
    PROFILE_SCOPE("in a library");
    header_from_library();
}

void header_from_library() {
    in_library_header();
}

} // namespace shapes
