/// Compile-time settings. Includes nothing; scope.hpp depends on that.
#ifndef SCOPETREE_CONFIG_HPP
#define SCOPETREE_CONFIG_HPP

#include <scopetree/version.hpp>

#if !defined(__linux__)
#error "scopetree needs Linux: it samples with thread-directed signals and per-thread CPU clocks."
#endif
#if !defined(__GNUC__)
#error "scopetree needs g++ or clang++."
#endif

/// 0 turns every macro of scope.hpp into nothing.
#ifndef SCOPETREE_ENABLED
#define SCOPETREE_ENABLED 1
#endif

/// 1 when <backtrace.h> and libbacktrace are there (the CMake and Meson targets set it): inlined
/// functions then get frames of their own. 0 falls back on boost::stacktrace::frame.
#ifndef SCOPETREE_LIBBACKTRACE
#define SCOPETREE_LIBBACKTRACE 0
#endif

/// The inline namespace that everything lives in. It names what changes a definition, so that two
/// versions or settings of these headers in one program are linked apart, never mixed.
#if SCOPETREE_LIBBACKTRACE
#define SCOPETREE_ABI v0_1_backtrace
#else
#define SCOPETREE_ABI v0_1
#endif

#endif
