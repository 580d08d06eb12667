/// The tables of a pprof file that its samples refer to.
#ifndef SCOPETREE_RENDER_PPROF_TABLES_HPP
#define SCOPETREE_RENDER_PPROF_TABLES_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/process/frame_identity.hpp>
#include <scopetree/render/protobuf.hpp>
#include <scopetree/render/sanitize.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Field numbers of https://github.com/google/pprof/blob/main/proto/profile.proto, by message.
namespace profile_field {
enum : std::uint32_t {
    sample_type = 1,
    sample,
    mapping,
    location,
    function,
    string_table,
    time_nanos = 9,
    duration_nanos,
    period_type,
    period,
    comment,
    default_sample_type
};
}
namespace value_type_field {
enum : std::uint32_t { type = 1, unit };
}
namespace sample_field {
enum : std::uint32_t { location_id = 1, value, label };
}
namespace label_field {
enum : std::uint32_t { key = 1, text, number };
}
namespace mapping_field {
enum : std::uint32_t {
    id = 1,
    memory_start,
    memory_limit,
    filename = 5,
    build_id,
    has_functions,
    has_filenames,
    has_line_numbers,
    has_inline_frames
};
}
namespace location_field {
enum : std::uint32_t { id = 1, mapping_id, line = 4 };
}
namespace line_field {
enum : std::uint32_t { function_id = 1, line };
}
namespace function_field {
enum : std::uint32_t { id = 1, name, system_name, filename, start_line };
}

/// Every text once, numbered; the first is empty. Control characters are replaced: pprof prints
/// names to terminals as they are.
class pprof_strings {
public:
    pprof_strings() { number_of(""); }

    std::int64_t number_of(std::string_view text) {
        const auto number = static_cast<std::int64_t>(all_.size());
        const auto [entry, added] = numbers_.emplace(sanitize(text, true), number);
        if (added)
            all_.push_back(&entry->first);
        return entry->second;
    }

    /// In the order of their numbers.
    const std::vector<const std::string*>& all() const { return all_; }

private:
    std::unordered_map<std::string, std::int64_t> numbers_;
    std::vector<const std::string*> all_;
};

/// Functions, and the places that samples are at: a function with those that the compiler expanded
/// into it. Numbers begin with 1.
class pprof_locations {
public:
    explicit pprof_locations(const session& source)
        : source_(source), functions_(frame_identities(source)) {}

    /// The place of a frame: for an inlined one, within the place of its caller; 0 is none.
    std::uint64_t number_of(std::uint32_t frame, std::uint64_t around) {
        const std::uint64_t key = around << 32 | functions_[frame];
        const auto [entry, added] = numbers_.emplace(key, all_.size() + 1);
        if (added)
            all_.push_back({frame, around});
        return entry->second;
    }

    /// Only what is used is written: of deep chains of inlined functions, every place that stands
    /// for all of those around it would take too much.
    void use(std::uint64_t number) { all_[number - 1].used = true; }

    /// Calls `write(message)` for every place that is used.
    template <class Write>
    void write_locations(Write&& write) const {
        for (std::uint64_t number = 1; number <= all_.size(); ++number) {
            if (!all_[number - 1].used)
                continue;
            protobuf_message message;
            message.number(location_field::id, number);
            std::uint32_t module = no_index; // of the function that is not inlined, the last one
            for (std::uint64_t at = number; at != 0; at = all_[at - 1].around) {
                const frame& f = source_.frames[all_[at - 1].frame];
                protobuf_message line;
                line.number(line_field::function_id,
                            std::uint64_t{functions_[all_[at - 1].frame]} + 1);
                line.number(line_field::line, std::uint64_t{f.line});
                message.message(location_field::line, line);
                module = f.module;
            }
            if (module < source_.modules.size())
                message.number(location_field::mapping_id, std::uint64_t{module} + 1);
            write(message);
        }
    }

    /// Calls `write(message)` for every function.
    template <class Write>
    void write_functions(pprof_strings& strings, Write&& write) const {
        std::uint64_t written = 0;
        for (std::size_t i = 0; i < functions_.size(); ++i) {
            if (functions_[i] != written)
                continue; // the same as one before
            const frame& f = source_.frames[i];
            protobuf_message message;
            message.number(function_field::id, ++written);
            message.number(function_field::name, strings.number_of(f.name));
            message.number(function_field::system_name, strings.number_of(f.full_name));
            message.number(function_field::filename, strings.number_of(f.file));
            message.number(function_field::start_line, std::uint64_t{f.line});
            write(message);
        }
    }

private:
    struct location {
        std::uint32_t frame;
        std::uint64_t around;
        bool used = false;
    };

    const session& source_;
    std::vector<std::uint32_t> functions_; // by frame, in the order of the first frame of each
    std::vector<location> all_;
    std::unordered_map<std::uint64_t, std::uint64_t> numbers_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
