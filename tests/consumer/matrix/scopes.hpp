#ifndef SCOPETREE_TESTS_MATRIX_SCOPES_HPP
#define SCOPETREE_TESTS_MATRIX_SCOPES_HPP

/// Enters scopes so many times; works meanwhile.
void enter_scopes(int times);

#endif
