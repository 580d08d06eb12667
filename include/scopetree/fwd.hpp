/// Forward declarations of the types that user code names. Includes no standard header.
#ifndef SCOPETREE_FWD_HPP
#define SCOPETREE_FWD_HPP

#include <scopetree/config.hpp>

namespace scopetree {
inline namespace SCOPETREE_ABI {

struct frame;
struct options;
struct session;
struct text_options;
struct tree_options;

struct boost_stacktrace;
struct frame_pointers;
template <class Capture>
class basic_profiler;
using profiler = basic_profiler<boost_stacktrace>;

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
