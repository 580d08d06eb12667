// Includes every public header, and is linked into every test program beside tests that include
// them too: a function or variable that lacks `inline` is defined twice and does not link.
// The structure test `odr` names what is missing here.

#include <scopetree/capture/clock.hpp>
#include <scopetree/capture/mapped_memory.hpp>
#include <scopetree/capture/module_map.hpp>
#include <scopetree/capture/proc.hpp>
#include <scopetree/capture/registry.hpp>
#include <scopetree/capture/runtime.hpp>
#include <scopetree/capture/sample.hpp>
#include <scopetree/capture/sampler.hpp>
#include <scopetree/capture/scope_table.hpp>
#include <scopetree/capture/signal_handler.hpp>
#include <scopetree/capture/thread_record.hpp>
#include <scopetree/capture/ticks.hpp>
#include <scopetree/capture/unwind.hpp>
#include <scopetree/capture/visit_plan.hpp>

#include <scopetree/config.hpp>
#include <scopetree/environment.hpp>
#include <scopetree/exit_report.hpp>
#include <scopetree/fwd.hpp>
#include <scopetree/options.hpp>
#include <scopetree/profiler.hpp>
#include <scopetree/scope.hpp>
#include <scopetree/scopetree.hpp>
#include <scopetree/version.hpp>

#include <scopetree/model/call_tree.hpp>
#include <scopetree/model/frame.hpp>
#include <scopetree/model/hash_index.hpp>
#include <scopetree/model/location_table.hpp>
#include <scopetree/model/recorder.hpp>
#include <scopetree/model/recording.hpp>
#include <scopetree/model/scope_usage.hpp>
#include <scopetree/model/session.hpp>
#include <scopetree/model/session_check.hpp>
#include <scopetree/model/session_combine.hpp>
#include <scopetree/model/session_file.hpp>
#include <scopetree/model/session_format.hpp>
#include <scopetree/model/session_json.hpp>
#include <scopetree/model/session_reader.hpp>
#include <scopetree/model/session_writer.hpp>
#include <scopetree/model/thread_merger.hpp>
#include <scopetree/model/thread_track.hpp>
#include <scopetree/model/track_store.hpp>
#include <scopetree/model/utf8.hpp>
#include <scopetree/model/whole_file.hpp>

#include <scopetree/process/aggregate_repeated_calls.hpp>
#include <scopetree/process/build_view.hpp>
#include <scopetree/process/collapse_runtime.hpp>
#include <scopetree/process/frame_identity.hpp>
#include <scopetree/process/group_library_frames.hpp>
#include <scopetree/process/merge_consecutive_self.hpp>
#include <scopetree/process/processors.hpp>
#include <scopetree/process/remove_irrelevant.hpp>
#include <scopetree/process/remove_unnecessary_self.hpp>
#include <scopetree/process/source_path.hpp>
#include <scopetree/process/view_tree.hpp>

#include <scopetree/render/call_order.hpp>
#include <scopetree/render/call_spans.hpp>
#include <scopetree/render/folded.hpp>
#include <scopetree/render/json_text.hpp>
#include <scopetree/render/json_writer.hpp>
#include <scopetree/render/sanitize.hpp>
#include <scopetree/render/speedscope.hpp>
#include <scopetree/render/terminal.hpp>
#include <scopetree/render/text.hpp>
#include <scopetree/render/text_flat.hpp>
#include <scopetree/render/text_header.hpp>
#include <scopetree/render/text_line.hpp>
#include <scopetree/render/text_numbers.hpp>
#include <scopetree/render/text_style.hpp>
#include <scopetree/render/text_threads.hpp>
#include <scopetree/render/text_tree.hpp>
#include <scopetree/render/trace_events.hpp>

#include <scopetree/symbol/demangle.hpp>
#include <scopetree/symbol/elf_symbols.hpp>
#include <scopetree/symbol/function_identity.hpp>
#include <scopetree/symbol/lambda_name.hpp>
#include <scopetree/symbol/loaded_modules.hpp>
#include <scopetree/symbol/native_frame.hpp>
#include <scopetree/symbol/paths.hpp>
#include <scopetree/symbol/readable_name.hpp>
#include <scopetree/symbol/readable_name_syntax.hpp>
#include <scopetree/symbol/resolve.hpp>
#include <scopetree/symbol/resolve_frames.hpp>
#include <scopetree/symbol/resolve_thread.hpp>
#include <scopetree/symbol/scope_placement.hpp>
#include <scopetree/symbol/symbolizer.hpp>
#include <scopetree/symbol/symbolizer_backtrace.hpp>
