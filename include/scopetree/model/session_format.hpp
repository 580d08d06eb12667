/// What a session file holds: the one description that its writer and its reader follow.
#ifndef SCOPETREE_MODEL_SESSION_FORMAT_HPP
#define SCOPETREE_MODEL_SESSION_FORMAT_HPP

#include <scopetree/model/session.hpp>

#include <cstdint>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

inline constexpr std::string_view session_format_name = "scopetree-session";
inline constexpr std::int64_t session_format_version = 1;

/// Describes the members of the outermost object behind "format", "version" and "strings".
///
/// `members` writes or reads: `text`, `texts` and `number` are members, `group` an object, `list`
/// an array of objects, `table` an object with an array for each column, all of one length;
/// `optional_table` may be left out when it has no rows. Integers are nanoseconds or counts. In a
/// column, an index that is none is -1, a text is an index into "strings", a bool is 0 or 1, a
/// frame_kind is its number.
template <class Members, class Session>
void describe_session(Members& members, Session& s) {
    members.text("scopetree_version", s.version);
    members.text("program", s.program);
    members.text("source_root", s.source_root);
    members.number("recorded_unix_ns", s.recorded_unix_ns);
    members.number("duration_ns", s.duration_ns);
    members.number("cpu_ns", s.cpu_ns);
    members.number("interval_ns", s.interval_ns);
    members.number("pid", s.pid);
    members.group("figures", s.figures, [](auto& figures, auto& f) {
        for_each_figure([&](const char* name, auto figure) { figures.number(name, f.*figure); });
    });
    members.texts("notes", s.notes);
    members.table("frames", s.frames, [](auto& frames) {
        frames.column(
            "name", [](auto& f) -> auto& { return f.name; });
        frames.column(
            "full_name", [](auto& f) -> auto& { return f.full_name; });
        frames.column(
            "file", [](auto& f) -> auto& { return f.file; });
        frames.column(
            "line", [](auto& f) -> auto& { return f.line; });
        frames.column(
            "module", [](auto& f) -> auto& { return f.module; });
        frames.column(
            "kind", [](auto& f) -> auto& { return f.kind; });
        frames.column(
            "inlined", [](auto& f) -> auto& { return f.inlined; });
        frames.column(
            "application", [](auto& f) -> auto& { return f.application; });
    });
    members.table("modules", s.modules, [](auto& modules) {
        modules.column(
            "path", [](auto& m) -> auto& { return m.path; });
        modules.column(
            "build_id", [](auto& m) -> auto& { return m.build_id; });
        modules.column(
            "load_address", [](auto& m) -> auto& { return m.load_address; });
        modules.column(
            "begin", [](auto& m) -> auto& { return m.begin; });
        modules.column(
            "end", [](auto& m) -> auto& { return m.end; });
    });
    members.list("threads", s.threads, [](auto& thread, auto& t) {
        thread.text("name", t.name);
        thread.number("tid", t.tid);
        thread.number("wall_ns", t.wall_ns);
        thread.number("cpu_ns", t.cpu_ns);
        thread.table("nodes", t.nodes, [](auto& nodes) {
            nodes.column(
                "parent", [](auto& n) -> auto& { return n.parent; });
            nodes.column(
                "frame", [](auto& n) -> auto& { return n.frame; });
            nodes.column(
                "scope", [](auto& n) -> auto& { return n.scope; });
            nodes.column(
                "wall_ns", [](auto& n) -> auto& { return n.wall_ns; });
            nodes.column(
                "cpu_ns", [](auto& n) -> auto& { return n.cpu_ns; });
            nodes.column(
                "samples", [](auto& n) -> auto& { return n.samples; });
        });
        thread.table("scopes", t.scopes, [](auto& scopes) {
            scopes.column(
                "calls", [](auto& e) -> auto& { return e.calls; });
            scopes.column(
                "timed", [](auto& e) -> auto& { return e.timed; });
            scopes.column(
                "total_ns", [](auto& e) -> auto& { return e.times.total_ns; });
            scopes.column(
                "min_ns", [](auto& e) -> auto& { return e.times.min_ns; });
            scopes.column(
                "max_ns", [](auto& e) -> auto& { return e.times.max_ns; });
            scopes.column(
                "p50_ns", [](auto& e) -> auto& { return e.times.p50_ns; });
            scopes.column(
                "p99_ns", [](auto& e) -> auto& { return e.times.p99_ns; });
        });
        thread.optional_table("timeline", t.timeline, [](auto& runs) {
            runs.column(
                "node", [](auto& r) -> auto& { return r.node; });
            runs.column(
                "start_ns", [](auto& r) -> auto& { return r.start_ns; });
            runs.column(
                "duration_ns", [](auto& r) -> auto& { return r.duration_ns; });
        });
    });
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
