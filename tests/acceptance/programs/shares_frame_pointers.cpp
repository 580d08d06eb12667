// shares, for the capture policy that follows frame pointers.
// compile with: -fno-omit-frame-pointer

#include "shares.cpp"
