/// Puts out profiles of single requests, and of the whole run, in the formats that were asked for.
#ifndef SCOPETREE_SERVICE_PROFILE_OUTPUTS_HPP
#define SCOPETREE_SERVICE_PROFILE_OUTPUTS_HPP

#include <scopetree/capture/clock.hpp>
#include <scopetree/exit_report.hpp>
#include <scopetree/render/output.hpp>
#include <scopetree/render/service_html.hpp>
#include <scopetree/render/service_json.hpp>
#include <scopetree/render/service_text.hpp>
#include <scopetree/render/terminal.hpp>
#include <scopetree/service/middleware_options.hpp>
#include <scopetree/service/profile_files.hpp>
#include <scopetree/service/request_profile.hpp>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <ostream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A run's profile in one of the formats.
inline void write_run_as(output_format format, std::ostream& stream, const service_profile& run) {
    if (format == output_format::text)
        write_text(stream, run);
    else if (format == output_format::json)
        write_json(stream, run);
    else if (format == output_format::html)
        write_html(stream, run);
    else
        writer_of(format)(stream, session_of_routes(run), {});
}

/// The same of profile_of_request.
inline void write_request_as(output_format format, std::ostream& stream,
                             const service_profile& one) {
    if (format == output_format::text)
        write_request_text(stream, one, 0, {}, terminal_of_stream({}));
    else if (format == output_format::json)
        write_json(stream, one);
    else
        writer_of(format)(stream, session_of_request(one), {});
}

/// To standard error in one piece, as far as that goes.
inline std::error_code print_whole(const std::string& text) {
    if (started_without_stderr)
        return {};
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t written = ::write(STDERR_FILENO, text.data() + done, text.size() - done);
        if (written > 0)
            done += static_cast<std::size_t>(written);
        else if (errno != EINTR)
            return {errno, std::generic_category()};
    }
    return {};
}

/// Never throws: what cannot be written is counted, and told once.
class profile_outputs {
public:
    /// The options must be checked ones.
    explicit profile_outputs(const middleware_options& chosen)
        : outputs_(outputs_of(chosen.output_type)), prints_text_(chosen.file_name.empty()),
          files_(chosen.file_name, outputs_, chosen.max_profiles_per_route) {}

    void put_out(const service_profile& taken, std::size_t request) noexcept {
        try {
            const service_profile one = profile_of_request(taken, request);
            for (const middleware_output& output : outputs_)
                attempt([&] { return put_out(one, output); });
        } catch (const std::exception& error) {
            fail(error.what());
        }
    }

    void put_out_run(const service_profile& run) noexcept {
        for (const middleware_output& output : outputs_)
            attempt([&] { return put_out_run(run, output); });
    }

    std::uint64_t written() const noexcept { return written_.load(std::memory_order_relaxed); }
    std::uint64_t failed() const noexcept { return failed_.load(std::memory_order_relaxed); }

private:
    template <class Action>
    void attempt(Action&& action) noexcept {
        try {
            if (const std::error_code failed = action())
                fail(failed.message());
            else
                written_.fetch_add(1, std::memory_order_relaxed);
        } catch (const std::exception& error) {
            fail(error.what());
        }
    }

    std::error_code put_out(const service_profile& one, const middleware_output& output) {
        if (output.format == output_format::text && prints_text_) {
            std::ostringstream text;
            write_request_text(text, one, 0, {}, terminal_for(STDERR_FILENO));
            return print_whole(text.str());
        }
        return files_.write(one.routes.front(), one.requests.front(), output.ending,
                            [&](std::ostream& to) { write_request_as(output.format, to, one); });
    }

    std::error_code put_out_run(const service_profile& run, const middleware_output& output) {
        if (output.format == output_format::text && prints_text_) {
            std::ostringstream text;
            write_text(text, run, {}, terminal_for(STDERR_FILENO));
            return print_whole(text.str());
        }
        return files_.write_run(read_clock(CLOCK_REALTIME), output.ending,
                                [&](std::ostream& to) { write_run_as(output.format, to, run); });
    }

    void fail(const std::string& why) noexcept {
        if (failed_.fetch_add(1, std::memory_order_relaxed) == 0)
            complain("a profile could not be written: " + why +
                     "; this is said once, later ones are only counted");
    }

    std::vector<middleware_output> outputs_;
    bool prints_text_;
    profile_files files_;
    std::atomic<std::uint64_t> written_{0};
    std::atomic<std::uint64_t> failed_{0};
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
