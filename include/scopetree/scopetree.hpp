/// All of scopetree but service/. Include it in one source file of the program; the others need
/// <scopetree/scope.hpp> only.
#ifndef SCOPETREE_SCOPETREE_HPP
#define SCOPETREE_SCOPETREE_HPP

#include <scopetree/exit_report.hpp>
#include <scopetree/fwd.hpp>
#include <scopetree/model/session_combine.hpp>
#include <scopetree/model/session_file.hpp>
#include <scopetree/model/session_store.hpp>
#include <scopetree/options.hpp>
#include <scopetree/process/session_diff.hpp>
#include <scopetree/profiler.hpp>
#include <scopetree/render/folded.hpp>
#include <scopetree/render/html.hpp>
#include <scopetree/render/json.hpp>
#include <scopetree/render/output.hpp>
#include <scopetree/render/pprof.hpp>
#include <scopetree/render/speedscope.hpp>
#include <scopetree/render/text.hpp>
#include <scopetree/render/text_diff.hpp>
#include <scopetree/render/trace_events.hpp>
#include <scopetree/scope.hpp>
#include <scopetree/stack_switch.hpp>

#endif
