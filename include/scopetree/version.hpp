/// The version, in the one place where it stands; CMake and Meson read it from here.
#ifndef SCOPETREE_VERSION_HPP
#define SCOPETREE_VERSION_HPP

#define SCOPETREE_VERSION_MAJOR 0
#define SCOPETREE_VERSION_MINOR 1
#define SCOPETREE_VERSION_PATCH 0
#define SCOPETREE_VERSION "0.1.0"

#endif
