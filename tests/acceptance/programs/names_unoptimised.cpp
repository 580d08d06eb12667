// names, as a debug build has it.
// compile with: -O0

#include "names.cpp"
