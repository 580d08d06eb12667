// Includes every public header, and is linked into every test program beside tests that include
// them too: a function or variable that lacks `inline` is defined twice and does not link.
// The structure test `odr` names what is missing here.

#include <scopetree/config.hpp>
#include <scopetree/fwd.hpp>
#include <scopetree/scope.hpp>
#include <scopetree/version.hpp>

#include <scopetree/model/frame.hpp>
#include <scopetree/model/recording.hpp>
#include <scopetree/model/session.hpp>
