/// What stands above the trees: what was profiled, the run's figures, and what a reader must know.
#ifndef SCOPETREE_RENDER_TEXT_HEADER_HPP
#define SCOPETREE_RENDER_TEXT_HEADER_HPP

#include <scopetree/render/text_line.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Local time, to the second.
inline std::string format_moment(std::int64_t unix_ns) {
    const auto seconds = static_cast<std::time_t>(unix_ns / 1'000'000'000);
    std::tm local{};
    char text[32];
    if (::localtime_r(&seconds, &local) == nullptr)
        return "unknown";
    return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local));
}

inline std::string plural(std::uint64_t count, std::string_view noun) {
    return format_count(count).append(" ").append(noun).append(count == 1 ? "" : "s");
}

/// What the numbers of the lines are, where it is not simply wall time in seconds.
inline std::string describe_times(const text_options& chosen) {
    std::string text = chosen.clock == report_clock::cpu    ? "CPU"
                       : chosen.clock == report_clock::both ? "wall/CPU"
                                                            : "wall";
    if (chosen.flat)
        text += chosen.flat_time == flat_time_kind::self ? ", self" : ", total";
    if (chosen.timeline)
        text += ", in the order of the calls";
    if (chosen.time == time_display::percent_of_total)
        text += ", share of the total";
    return text == "wall" ? std::string() : text;
}

/// What profiling cost; empty if that is not known.
inline std::string describe_overhead(const session& source, bool unicode) {
    const run_figures& f = source.figures;
    const auto duration = [&](std::int64_t ns) {
        return format_duration(static_cast<double>(ns), unicode);
    };
    if (f.handler_ns + f.sampler_cpu_ns == 0)
        return {};
    return format_percent(f.handler_ns + f.sampler_cpu_ns, source.duration_ns) +
           " of the duration: " + duration(f.handler_ns) + " in signal handlers, " +
           duration(f.sampler_cpu_ns) + " in the sampling thread";
}

/// What a reader must know of how the run was sampled.
struct run_warning {
    std::string_view label;
    std::string text;
};

/// Those of a run; nothing that is zero.
inline std::vector<run_warning> run_warnings(const session& source) {
    const run_figures& f = source.figures;
    const auto share = [](std::uint64_t part, std::uint64_t whole) {
        return format_percent(static_cast<std::int64_t>(part), static_cast<std::int64_t>(whole));
    };
    std::vector<run_warning> warnings;
    if (f.dropped != 0)
        warnings.push_back({"Dropped", plural(f.dropped, "sample") + " (" +
                                           share(f.dropped, f.samples + f.dropped) +
                                           "), as they came faster than they were taken up"});
    if (f.truncated != 0)
        warnings.push_back({"Truncated", plural(f.truncated, "stack") + " (" +
                                             share(f.truncated, f.samples) +
                                             "), too deep: the outer frames are missing"});
    if (f.unwinding != 0)
        warnings.push_back(
            {"Unwinding", plural(f.unwinding, "sample") + " (" + share(f.unwinding, f.samples) +
                              ") met an exception in flight: scopes without functions"});
    if (f.thinned_ticks != 0)
        warnings.push_back({"Thinned", format_count(f.thinned_ticks) + " of " +
                                           plural(f.ticks, "tick") +
                                           " came later, or looked at some of the threads "
                                           "only, to keep within the CPU budget"});
    return warnings;
}

/// Two figures that share a line.
struct header_pair {
    std::string_view left;
    std::string value;
    std::string_view right;
    std::string other;
};

/// Those of a run's threads.
inline std::vector<header_pair> run_pairs(const session& source, int decimals) {
    const auto seconds = [&](std::int64_t ns) { return format_seconds(ns, decimals) + " s"; };
    // In ASCII even for the column's sake: the micro sign takes two bytes.
    return {{"Recorded:", format_moment(source.recorded_unix_ns), //
             "Samples:", format_count(source.figures.samples)},
            {"Duration:", seconds(source.duration_ns), "CPU time:", seconds(source.cpu_ns)},
            {"Interval:", format_round_duration(static_cast<double>(source.interval_ns), false),
             "Threads:", format_count(source.threads.size())}};
}

class header_writer {
public:
    header_writer(text_writer& out, const report_context& context)
        : out_(out), source_(context.source), chosen_(context.chosen) {}

    void write(const std::vector<header_pair>& pairs) {
        out_.end_line();
        out_.paint(ink::bold, sanitize("scopetree " + source_.version, out_.unicode()));
        out_.end_line();
        out_.end_line();
        field("Program:", program());
        for (const header_pair& pair : pairs)
            write_pair(pair);
        field("Times:", describe_times(chosen_));
        write_warnings();
        for (const std::string& note : source_.notes)
            field("Note:", sanitize(note, out_.unicode()));
        out_.end_line();
    }

private:
    static constexpr std::size_t label_width = 11;
    static constexpr std::size_t left_width = 24;

    /// Command lines can be very long; on a terminal one line will do.
    std::string program() const {
        const std::string text = sanitize(source_.program, out_.unicode());
        const int width = out_.properties().width;
        constexpr int margin = 2 + static_cast<int>(label_width);
        constexpr int least = 40;
        return width == 0
                   ? text
                   : elide_middle(text, static_cast<std::size_t>(std::max(width - margin, least)),
                                  out_.unicode());
    }

    void label(std::string_view text) {
        out_.paint(ink::faint, text);
        out_ << std::string(label_width - text.size(), ' ');
    }

    /// A line of its own; nothing if there is nothing to say.
    void field(std::string_view name, std::string_view value) {
        if (value.empty())
            return;
        out_ << "  ";
        label(name);
        out_ << value;
        out_.end_line();
    }

    void write_pair(const header_pair& pair) {
        out_ << "  ";
        label(pair.left);
        const std::size_t width = pair.value.size();
        out_ << pair.value << std::string(width < left_width ? left_width - width : 1, ' ');
        label(pair.right);
        out_ << pair.other;
        out_.end_line();
    }

    void write_warnings() {
        field("Overhead:", describe_overhead(source_, out_.unicode()));
        for (const run_warning& warning : run_warnings(source_))
            field(std::string(warning.label) + ":", warning.text);
    }

    text_writer& out_;
    const session& source_;
    const text_options& chosen_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
