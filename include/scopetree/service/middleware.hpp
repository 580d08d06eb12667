/// Profiles the requests of a server: what adaptors for frameworks are made of.
#ifndef SCOPETREE_SERVICE_MIDDLEWARE_HPP
#define SCOPETREE_SERVICE_MIDDLEWARE_HPP

#include <scopetree/process/group_library_frames.hpp>
#include <scopetree/profiler.hpp>
#include <scopetree/render/service_html.hpp>
#include <scopetree/render/service_json.hpp>
#include <scopetree/render/service_text.hpp>
#include <scopetree/service/live.hpp>
#include <scopetree/service/middleware_options.hpp>
#include <scopetree/service/profile_outputs.hpp>
#include <scopetree/service/profile_writer.hpp>
#include <scopetree/service/request.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <optional>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {

class profiler_middleware;

/// A request of a server that has a profiler_middleware, from its begin to its end; movable, so
/// that a server can keep it in an object of its own. No thread serves it by itself:
/// `resume_request here(profiled.handle());` says where one does.
///
/// For one thread at a time. The middleware must outlive it. One that is destroyed by an exception
/// counts as a 500.
class profiled_request {
public:
    /// A request that nobody profiles.
    profiled_request() = default;
    profiled_request(profiled_request&& other) noexcept { *this = std::move(other); }
    profiled_request& operator=(profiled_request&& other) noexcept {
        finish();
        middleware_ = std::exchange(other.middleware_, nullptr);
        span_ = std::exchange(other.span_, std::nullopt);
        status_ = other.status_;
        sampled_ = other.sampled_;
        exceptions_ = other.exceptions_;
        return *this;
    }
    ~profiled_request() {
        if (middleware_ != nullptr && std::uncaught_exceptions() > exceptions_)
            status(500);
        finish();
    }

    /// The answer's status, as it is sent. What is never told counts as no error.
    void status(int value) noexcept {
        status_ = value;
        if (span_)
            span_->status(value);
    }

    request_handle handle() const noexcept { return span_ ? span_->handle() : request_handle(); }

    /// Ends it: its latency is what has passed until now.
    inline void finish() noexcept;

private:
    friend class profiler_middleware;
    profiled_request(profiler_middleware& middleware, std::string_view method,
                     std::string_view route, bool sampled) noexcept
        : middleware_(&middleware), span_(std::in_place, method, route), sampled_(sampled),
          exceptions_(std::uncaught_exceptions()) {}

    profiler_middleware* middleware_ = nullptr;
    std::optional<request_span> span_;
    int status_ = 0;
    bool sampled_ = false;
    int exceptions_ = 0;
};

/// How much was put out.
struct middleware_figures {
    std::uint64_t written = 0; ///< reports, on standard error or as files
    std::uint64_t dropped = 0; ///< requests that were to be put out and came too fast
    std::uint64_t failed = 0;  ///< reports that could not be written
};

/// Profiles every request that goes through it, puts out those that are slow or errors, and at its
/// end what all of them took. One object for all servers of a process; thread-safe.
///
/// Serving threads never wait for it: they count a request, and another thread writes. Nothing that
/// goes wrong later is ever thrown into the server.
class profiler_middleware final : detail::requests_reporter {
public:
    /// Throws std::invalid_argument, which names what would be accepted, for an option that makes
    /// no sense, and std::logic_error when there is one in this process already.
    explicit profiler_middleware(const middleware_options& chosen = {})
        : options_((detail::check_middleware_options(chosen), chosen)), outputs_(chosen),
          writer_(outputs_, [] { return take_wanted_requests(); }) {
        enable(chosen.enabled);
        detail::the_requests_reporter().announce(*this);
    }
    profiler_middleware(const profiler_middleware&) = delete;
    profiler_middleware& operator=(const profiler_middleware&) = delete;
    ~profiler_middleware() {
        if (owner_ == ::getpid()) // a forked child's lock may be held for ever
            detail::the_requests_reporter().withdraw(*this);
        shutdown();
    }

    /// Begins a request of a route: its template ("/orders/{id}"), not the path as sent.
    profiled_request begin(std::string_view method, std::string_view route) noexcept {
        if (!is_enabled() || is_filtered(method, route))
            return {};
        return {*this, method, route, is_sampled()};
    }

    /// Calls `handler(profiled_request&)` as a request that this thread serves, and returns what
    /// that returns. The handler tells the status. An exception passes, and counts as a 500.
    template <class Handler>
    decltype(auto) serve(std::string_view method, std::string_view route, Handler&& handler) {
        profiled_request profiled = begin(method, route);
        const resume_request here(profiled.handle());
        return std::forward<Handler>(handler)(profiled);
    }

    /// From now on requests are profiled, or not.
    void enable(bool on = true) noexcept {
        if (on)
            ensure_profiling();
        enabled_.store(on, std::memory_order_relaxed);
    }
    bool is_enabled() const noexcept { return enabled_.load(std::memory_order_relaxed); }

    /// The whole run's profile up to now. Where nothing is profiled, and where nothing was served,
    /// it is a report that says so.
    std::string text() const { return report(detail::write_run_as, output_format::text); }
    std::string json() const { return report(detail::write_run_as, output_format::json); }
    std::string html() const { return report(detail::write_run_as, output_format::html); }

    middleware_figures figures() const noexcept {
        return {outputs_.written(), writer_.dropped(), outputs_.failed()};
    }

    /// Puts out what is still to be put out, and the whole run. Requests are not profiled from then
    /// on. The destructor does it otherwise, or the end of a profile that started by itself, if
    /// that comes first.
    void shutdown() noexcept override {
        if (is_shut_down_.exchange(true))
            return;
        enabled_.store(false, std::memory_order_relaxed);
        writer_.stop();
        if (owner_ != ::getpid()) // a forked child has served nothing
            return;
        const detail::write_signals_blocked blocked;
        try {
            const service_profile run = whole_run();
            outputs_.put_out_run(run);
            if (!run.routes.empty())
                detail::requests_are_reported.store(true);
        } catch (const std::exception& error) {
            detail::complain("no report of the requests: " + detail::text_of(error));
        }
    }

private:
    friend class profiled_request;

    /// One at a time in a process, since it takes all requests that are to be put out.
    class only_one {
    public:
        only_one() {
            if (there().exchange(true))
                throw std::logic_error(
                    "scopetree: there is a profiler_middleware already; one serves a process: give "
                    "the same one to all servers");
        }
        ~only_one() { there().store(false); }
        only_one(const only_one&) = delete;
        only_one& operator=(const only_one&) = delete;

    private:
        static std::atomic<bool>& there() noexcept {
            static std::atomic<bool> is_there{false};
            return is_there;
        }
    };

    bool is_filtered(std::string_view method, std::string_view route) const noexcept {
        return std::any_of(
            options_.filter_routes.begin(), options_.filter_routes.end(),
            [&](const std::string& pattern) { return matches(pattern, method, route); });
    }

    /// `/health` or `GET /health`.
    static bool matches(std::string_view pattern, std::string_view method,
                        std::string_view route) noexcept {
        if (detail::glob_matches(pattern, route))
            return true;
        const std::size_t space = pattern.find(' ');
        return space != std::string_view::npos &&
               detail::glob_matches(pattern.substr(0, space), method) &&
               detail::glob_matches(pattern.substr(space + 1), route);
    }

    /// By a number that the requests' order does not lead to, whatever pattern they come in.
    bool is_sampled() noexcept {
        if (options_.sample_rate >= 1 || options_.sample_rate <= 0)
            return options_.sample_rate >= 1;
        std::uint64_t mixed = requests_.fetch_add(1, std::memory_order_relaxed) + 1;
        mixed *= 0x9e37'79b9'7f4a'7c15u; // splitmix64, of S. Vigna
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9u;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11ebu;
        mixed ^= mixed >> 31;
        return static_cast<double>(mixed >> 11) * 0x1p-53 < options_.sample_rate;
    }

    /// Whether the request, which is about to end, is to be put out by itself.
    bool is_wanted(const request_span& span, int status, bool sampled) const noexcept {
        return options_.print_each_request && span.is_open() &&
               ((sampled && span.elapsed() >= options_.slow_threshold) ||
                (options_.always_profile_errors && status >= 500));
    }

    service_profile whole_run() const {
        service_profile run;
        try {
            run = live_requests();
        } catch (const profiler_error& error) {
            run.trees.version = SCOPETREE_VERSION;
            run.trees.notes.push_back(detail::text_of(error));
        }
        detail::limit_requests(run, options_.max_profiles_per_route);
        add_notes(run.trees.notes);
        return run;
    }

    void add_notes(std::vector<std::string>& notes) const {
        const middleware_figures so_far = figures();
        if (so_far.dropped != 0)
            notes.push_back(detail::plural(so_far.dropped, "request") +
                            " were not put out by themselves: they came too fast");
        if (so_far.failed != 0)
            notes.push_back(detail::plural(so_far.failed, "report") + " could not be written");
    }

    template <class Write>
    std::string report(Write&& write, output_format format) const {
        std::ostringstream stream;
        write(format, stream, whole_run());
        return stream.str();
    }

    only_one only_one_;
    middleware_options options_;
    detail::profile_outputs outputs_;
    detail::profile_writer writer_;
    std::atomic<bool> enabled_{false};
    std::atomic<bool> is_shut_down_{false};
    std::atomic<std::uint64_t> requests_{0};
    pid_t owner_ = ::getpid();
};

inline void profiled_request::finish() noexcept {
    if (middleware_ == nullptr)
        return;
    profiler_middleware& middleware = *std::exchange(middleware_, nullptr);
    const bool wanted =
        middleware.is_wanted(*span_, status_, sampled_) && middleware.writer_.reserve();
    if (wanted)
        span_->keep();
    span_->finish();
    if (wanted)
        middleware.writer_.announce();
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
