/// What the example's routes do: work that takes time in different ways.
#ifndef SCOPETREE_EXAMPLES_SERVICE_WORK_HPP
#define SCOPETREE_EXAMPLES_SERVICE_WORK_HPP

#include <string>

namespace shop {

/// An order as JSON: parsed, its lines added up, written again. One order in 50 has a history that
/// is far too long.
std::string order(unsigned id);

/// The most frequent words of a catalogue, sorted.
std::string best_sellers();

/// Throws std::runtime_error.
[[noreturn]] void fail();

} // namespace shop

#endif
