/// A session as a file for pprof: `go tool pprof`, and the services that take its format.
#ifndef SCOPETREE_RENDER_PPROF_HPP
#define SCOPETREE_RENDER_PPROF_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/process/build_view.hpp>
#include <scopetree/render/gzip.hpp>
#include <scopetree/render/pprof_tables.hpp>
#include <scopetree/render/protobuf.hpp>
#include <scopetree/render/text_threads.hpp>

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

class pprof_writer {
public:
    pprof_writer(std::ostream& stream, const session& source)
        : out_(stream), source_(source), locations_(source) {}

    void write() {
        write_message(profile_field::sample_type, value_type("samples", "count"));
        write_message(profile_field::sample_type, value_type("wall", "nanoseconds"));
        write_message(profile_field::sample_type, value_type("cpu", "nanoseconds"));
        for (const thread_tree* thread : ordered_threads(source_))
            write_thread(*thread);
        write_mappings();
        locations_.write_locations(
            [&](const protobuf_message& m) { write_message(profile_field::location, m); });
        locations_.write_functions(strings_, [&](const protobuf_message& m) {
            write_message(profile_field::function, m);
        });
        write_run();
        protobuf_message table; // last, when all are known
        for (const std::string* text : strings_.all())
            table.bytes(profile_field::string_table, *text);
        out_.write(table.encoded());
        out_.finish();
    }

private:
    void write_message(std::uint32_t field, const protobuf_message& message) {
        protobuf_message outer;
        outer.message(field, message);
        out_.write(outer.encoded());
    }

    protobuf_message value_type(std::string_view type, std::string_view unit) {
        protobuf_message message;
        message.number(value_type_field::type, strings_.number_of(type));
        message.number(value_type_field::unit, strings_.number_of(unit));
        return message;
    }

    /// A sample for every place with figures of its own. The thread itself is a function only where
    /// there is no other.
    void write_thread(const thread_tree& thread) {
        check_thread(source_, thread);
        const std::vector<call_node>& nodes = thread.nodes;
        const std::string labels = labels_of(thread);
        std::vector<std::uint64_t> places(nodes.size()); // by node: its location
        std::vector<std::uint32_t> callers(
            nodes.size()); // by node: the next one in another location
        std::vector<std::uint32_t> routes(nodes.size(), no_index); // by node: a frame
        for (std::uint32_t i = 0; i < nodes.size(); ++i) {
            const std::uint32_t parent = i == 0 ? 0 : nodes[i].parent;
            const bool within = parent != 0 && source_.frames[nodes[i].frame].inlined;
            places[i] = locations_.number_of(nodes[i].frame, within ? places[parent] : 0);
            callers[i] = within ? callers[parent] : parent;
            routes[i] = is_request(source_.frames[nodes[i].frame]) ? nodes[i].frame
                        : i == 0                                   ? no_index
                                                                   : routes[parent];
        }
        std::vector<std::uint64_t> stack;
        for (std::uint32_t i = 0; i < nodes.size(); ++i) {
            const call_node& node = nodes[i];
            if (node.samples == 0 && node.wall_ns == 0 && node.cpu_ns == 0)
                continue;
            stack.assign(1, places[i]);
            for (std::uint32_t at = callers[i]; at != 0; at = callers[at])
                stack.push_back(places[at]);
            for (const std::uint64_t place : stack)
                locations_.use(place);
            protobuf_message sample;
            sample.packed(sample_field::location_id, stack);
            sample.packed(sample_field::value,
                          std::vector<std::int64_t>{static_cast<std::int64_t>(node.samples),
                                                    node.wall_ns, node.cpu_ns});
            sample.append(labels);
            if (routes[i] != no_index)
                sample.message(sample_field::label, route_label(routes[i]));
            write_message(profile_field::sample, sample);
        }
    }

    /// Fields of every sample of the thread.
    std::string labels_of(const thread_tree& thread) {
        protobuf_message name;
        name.number(label_field::key, strings_.number_of("thread"));
        name.number(label_field::text, strings_.number_of(name_of_thread(thread)));
        protobuf_message tid;
        tid.number(label_field::key, strings_.number_of("tid"));
        tid.number(label_field::number, thread.tid);
        protobuf_message labels;
        labels.message(sample_field::label, name);
        labels.message(sample_field::label, tid);
        return labels.encoded();
    }

    protobuf_message route_label(std::uint32_t frame) {
        protobuf_message route;
        route.number(label_field::key, strings_.number_of("route"));
        route.number(label_field::text, strings_.number_of(source_.frames[frame].name));
        return route;
    }

    /// All is known of them that ever will be: pprof must not look into the files for more.
    void write_mappings() {
        for (std::size_t i = 0; i < source_.modules.size(); ++i) {
            const module_info& module = source_.modules[i];
            protobuf_message message;
            message.number(mapping_field::id, std::uint64_t{i} + 1);
            message.number(mapping_field::memory_start, module.begin);
            message.number(mapping_field::memory_limit, module.end);
            message.number(mapping_field::filename,
                           strings_.number_of(module.path.empty() ? "[vdso]" : module.path));
            message.number(mapping_field::build_id, strings_.number_of(module.build_id));
            message.number(mapping_field::has_functions, std::uint64_t{1});
            message.number(mapping_field::has_filenames, std::uint64_t{1});
            message.number(mapping_field::has_line_numbers, std::uint64_t{1});
            message.number(mapping_field::has_inline_frames, std::uint64_t{1});
            write_message(profile_field::mapping, message);
        }
    }

    void write_run() {
        protobuf_message run;
        run.number(profile_field::time_nanos, source_.recorded_unix_ns);
        run.number(profile_field::duration_nanos, source_.duration_ns);
        run.message(profile_field::period_type, value_type("wall", "nanoseconds"));
        run.number(profile_field::period, source_.interval_ns);
        std::vector<std::int64_t> comments{strings_.number_of(source_.program),
                                           strings_.number_of("scopetree " + source_.version)};
        for (const std::string& note : source_.notes)
            comments.push_back(strings_.number_of(note));
        run.packed(profile_field::comment, comments);
        run.number(profile_field::default_sample_type, strings_.number_of("wall"));
        out_.write(run.encoded());
    }

    gzip_writer out_;
    const session& source_;
    pprof_strings strings_;
    pprof_locations locations_;
};

} // namespace detail

/// Writes the session as pprof's profile.proto, gzipped. Read it with
/// `go tool pprof -symbolize=none FILE`.
///
/// Sample types are samples/count, wall/nanoseconds (what is shown unless another is asked for) and
/// cpu/nanoseconds; labels are `thread` and `tid`, and `route` while serving a request; comments
/// are the command line, our version and the session's notes. All frames are there; processors do
/// not apply. Inlined functions share a location with their caller. Lines are those of functions'
/// definitions, and there are no addresses. Control characters and bytes that are not UTF-8 become
/// U+FFFD. Throws std::invalid_argument if the session is inconsistent. Linear in what is written,
/// which are whole stacks. Any threads may write the same session at once.
inline void write_pprof(std::ostream& stream, const session& source) {
    detail::pprof_writer(stream, source).write();
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
