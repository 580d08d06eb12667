/// Profiling by hand: start, stop, snapshot.
#ifndef SCOPETREE_PROFILER_HPP
#define SCOPETREE_PROFILER_HPP

#include <scopetree/capture/runtime.hpp>
#include <scopetree/capture/sampler.hpp>
#include <scopetree/fwd.hpp>
#include <scopetree/model/recorder.hpp>
#include <scopetree/model/request_recorder.hpp>
#include <scopetree/options.hpp>
#include <scopetree/render/text_numbers.hpp>
#include <scopetree/symbol/resolve.hpp>
#include <scopetree/symbol/resolve_requests.hpp>

#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <dlfcn.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// Profiling could not be started, or was not running; what() says why.
class profiler_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

namespace detail {

struct starts_by_itself {};

enum class request_selection : std::uint8_t {
    slowest, ///< of each route
    wanted   ///< what request_span::keep() asked for since the last time
};

/// The profiler that runs, as those see it who did not start it: the registry knows it from the end
/// of its start() to the beginning of its stop().
class live_profiler {
public:
    /// The run as it is now. Takes the registry's lock for as long as it takes to copy it.
    virtual recording record() = 0;
    /// What resolves this run's recordings, even when the run has ended.
    virtual std::shared_ptr<repeated_resolver> resolver() const = 0;

    /// The same of its requests.
    virtual raw_requests record_requests(request_selection which) = 0;

protected:
    ~live_profiler() = default;
};

/// The command line, as the kernel keeps it; at most 1,000 bytes.
inline std::string command_line() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::string text(1000, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    while (!text.empty() && text.back() == '\0')
        text.pop_back();
    for (char& c : text)
        c = c == '\0' ? ' ' : c;
    return text;
}

/// A report's name for a thread that the program did not name.
inline std::string thread_name(const thread_account& account, std::int64_t pid) {
    if (account.named)
        return account.name;
    if (account.tid == pid)
        return "main";
    char program[64];
    read_thread_name(static_cast<pid_t>(pid), program);
    const bool inherited = std::strcmp(account.name, program) == 0;
    return account.name[0] == '\0' || inherited ? "thread" : account.name;
}

/// The handler's code must stay mapped while the process lives: a late signal would kill it.
inline void pin_module_of(const void* code) noexcept {
    Dl_info info;
    if (::dladdr(code, &info) != 0 && info.dli_fname != nullptr)
        ::dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

inline service_profile resolve_run(const raw_requests& source, const resolve_options& chosen,
                                   repeated_resolver& resolver) {
    return finish_requests(source, resolver.resolve(source.trees, chosen));
}

inline session resolve_run(const recording& source, const resolve_options& chosen,
                           repeated_resolver& resolver) {
    session result = resolver.resolve(source, chosen);
    for (const thread_tree& thread : result.threads)
        result.cpu_ns += thread.cpu_ns;
    return result;
}

} // namespace detail

/// Profiles this process between start() and stop(). One runs at a time in a process.
///
/// `Capture` is how stacks are taken: boost_stacktrace, or frame_pointers for programs built with
/// -fno-omit-frame-pointer. The functions of one object are for one thread at a time. Making an
/// object keeps profiling from starting by itself at the first scope.
template <class Capture>
class basic_profiler final : private detail::live_profiler {
public:
    /// Throws std::invalid_argument for options that make no sense, and profiler_error when another
    /// version or setting of these headers has taken charge of this process.
    explicit basic_profiler(const options& chosen = {})
        : basic_profiler(chosen, detail::starts_by_itself{}) {
        registry_->decide();
    }

    /// For the run that starts by itself: until it has, threads that meet a scope wait for it.
    basic_profiler(const options& chosen, detail::starts_by_itself)
        : options_(chosen), registry_(detail::find_registry()) {
        using namespace std::chrono_literals;
        if (chosen.interval < 10us || chosen.interval > 10s)
            throw std::invalid_argument("scopetree: interval must be from 10us to 10s");
        if (!(chosen.cpu_budget > 0.0 && chosen.cpu_budget <= 1.0))
            throw std::invalid_argument("scopetree: cpu_budget must be above 0 and at most 1");
        static_assert(most_frames + Capture::extra_frames <= detail::sample_ring::max_pcs);
        if (chosen.max_frames < 1 || chosen.max_frames > most_frames)
            throw std::invalid_argument("scopetree: max_frames must be from 1 to 4000");
        if (chosen.timeline_limit < least_timeline_limit)
            throw std::invalid_argument(
                "scopetree: timeline_limit must be at least 64 KiB (65536)");
        if (registry_ == nullptr)
            throw profiler_error("scopetree: this process runs another version of scopetree, or "
                                 "one built with another setting of SCOPETREE_LIBBACKTRACE");
    }
    basic_profiler(const basic_profiler&) = delete;
    basic_profiler& operator=(const basic_profiler&) = delete;

    /// Ends a run that was not stopped; its result is lost.
    ~basic_profiler() {
        registry_->live.withdraw(*this);
        if (is_running())
            sampler_->stop();
        else if (sampler_ != nullptr)
            static_cast<void>(
                sampler_.release()); // after fork its thread is not there to be joined
    }

    /// Scopes and samples count from now on. Throws profiler_error when a profiler runs already, in
    /// this object or elsewhere in the process, or when the kernel refuses a thread or a handler.
    void start() {
        if (!is_running() && sampler_ != nullptr)
            static_cast<void>(sampler_.release());
        if (sampler_ != nullptr)
            throw profiler_error(already_running);
        auto made = std::make_unique<sampler>(*registry_, options_);
        auto resolver = std::make_shared<repeated_resolver>();
        detail::pin_module_of(reinterpret_cast<const void*>(&detail::handle_signal));
        lost_scopes_before_ = registry_->lost_scopes();
        started_unix_ns_ = detail::read_clock(CLOCK_REALTIME);
        started_ = detail::mark_ticks(registry_->ticks); // before any thread's account begins
        switch (made->start()) {
        case sampler::start_error::none:
            break;
        case sampler::start_error::already_running:
            throw profiler_error(already_running);
        case sampler::start_error::no_handler:
            throw profiler_error("scopetree: the handler of SIGURG could not be installed");
        case sampler::start_error::no_thread:
            throw profiler_error("scopetree: the timer thread could not be started");
        }
        pid_ = ::getpid();
        sampler_ = std::move(made);
        resolver_ = std::move(resolver);
        registry_->live.announce(*this);
    }

    /// Ends the run. Resolving names takes time (about a second for a large program).
    /// Throws profiler_error when it is not running.
    session stop(const resolve_options& chosen = {}) {
        expect_running();
        registry_->live.withdraw(*this);
        sampler_->stop();
        const std::int64_t now = detail::monotonic_ns();
        const auto ended = std::exchange(sampler_, nullptr);
        recording result;
        ended->with_lock([&](const store& threads, const detail::sampler_figures& figures) {
            detail::recorder copy(threads.locations, ns_per_tick(), started_.ns);
            threads.for_each_ended([&](const detail::thread_account& account) {
                copy.add(account, detail::thread_name(account, pid_));
            });
            result = copy.take();
            result.about = about(figures, threads.timelines(), now);
        });
        return detail::resolve_run(result, chosen, *std::exchange(resolver_, nullptr));
    }

    /// What stop() would return now; the run goes on. Throws profiler_error when it is not running.
    session snapshot(const resolve_options& chosen = {}) {
        expect_running();
        return detail::resolve_run(record(), chosen, *resolver_);
    }

    /// What the requests (service/request.hpp) of this run took so far, by route, and the slowest
    /// of each. The run goes on. Throws profiler_error when it is not running.
    service_profile requests(const resolve_options& chosen = {}) {
        expect_running();
        return detail::resolve_run(record_requests(detail::request_selection::slowest), chosen,
                                   *resolver_);
    }

    /// False in a forked child, which is not profiled until it starts again.
    bool is_running() const noexcept { return sampler_ != nullptr && pid_ == ::getpid(); }

private:
    using store = detail::track_store;
    using sampler = detail::sampler<Capture, store>;

    static constexpr const char* already_running =
        "scopetree: a profiler is running already; one runs at a time in a process. If it started "
        "by itself at the first PROFILE_SCOPE, make the scopetree::profiler before that, or set "
        "SCOPETREE=off";

    recording record() override {
        detail::mapped_vector<detail::thread_account> accounts;
        detail::location_table locations;
        detail::sampler_figures figures;
        detail::timeline_budget timelines;
        std::int64_t now = 0;
        sampler_->with_lock([&](const store& threads, const detail::sampler_figures& so_far) {
            figures = so_far;
            timelines = threads.timelines();
            now = detail::monotonic_ns();
            locations = threads.locations;
            threads.for_each_ended(
                [&](const detail::thread_account& account) { accounts.push_back(account); });
            for (detail::thread_record* const record : registry_->threads())
                if (store::account_of(*record) != nullptr)
                    accounts.push_back(
                        threads.copy(*record, now, detail::read_clock(record->cpu_clock)));
        });
        detail::recorder copy(locations, ns_per_tick(), started_.ns);
        for (const detail::thread_account& account : accounts)
            copy.add(account, detail::thread_name(account, pid_));
        recording result = copy.take();
        result.about = about(figures, timelines, now);
        return result;
    }

    std::shared_ptr<repeated_resolver> resolver() const override { return resolver_; }

    raw_requests record_requests(detail::request_selection which) override {
        detail::request_accounts accounts;
        detail::location_table locations;
        detail::sampler_figures figures;
        std::uint64_t dropped = 0;
        sampler_->with_lock([&](store& threads, const detail::sampler_figures& so_far) {
            figures = so_far;
            dropped = threads.requests.dropped();
            locations = threads.locations;
            accounts = which == detail::request_selection::slowest
                           ? threads.requests.copy_slowest(registry_->requests, registry_->epoch())
                           : threads.requests.take_wanted(registry_->requests, registry_->epoch());
        });
        raw_requests result = detail::request_recorder(accounts, locations, ns_per_tick(),
                                                       started_.ns, started_unix_ns_)
                                  .record();
        result.trees.about = about(figures, {}, detail::monotonic_ns());
        if (dropped != 0)
            result.trees.about.notes.push_back(
                std::to_string(dropped) +
                " requests that were to be kept were dropped: nobody took those before in time");
        return result;
    }

    void expect_running() const {
        if (!is_running())
            throw profiler_error("scopetree: the profiler is not running");
    }

    double ns_per_tick() const noexcept {
        return detail::ns_per_tick(started_, detail::mark_ticks(registry_->ticks));
    }

    session about(const detail::sampler_figures& from, const detail::timeline_budget& timelines,
                  std::int64_t now_ns) const {
        session result;
        result.program = detail::command_line();
        result.version = SCOPETREE_VERSION;
        result.recorded_unix_ns = started_unix_ns_;
        result.duration_ns = now_ns - started_.ns;
        result.interval_ns = options_.interval.count();
        result.pid = pid_;
        result.figures = {from.samples,   from.dropped,    from.truncated,
                          from.unwinding, from.ticks,      from.thinned_ticks,
                          from.signals,   from.handler_ns, from.sampler_cpu_ns};
        if (from.refused_signals != 0)
            result.notes.push_back(std::to_string(from.refused_signals) +
                                   " sampling signals were refused by the kernel (too many "
                                   "pending, or a sandbox): there the scopes alone were recorded");
        if (from.ignored_signals != 0)
            result.notes.push_back(std::to_string(from.ignored_signals) +
                                   " times a thread ran on without taking the sampling signal "
                                   "(SIGURG), which it holds back, or the thread sanitizer does: "
                                   "there the scopes alone were recorded");
        if (::access("/proc/self/task", X_OK) != 0)
            result.notes.push_back("there is no /proc: names of threads and of the program's own "
                                   "functions may be missing");
        if (!detail::is_handler_ours())
            result.notes.push_back("the program has put a handler of its own for SIGURG in the "
                                   "place of the profiler's: what it does not pass on is missing");
        if (!detail::handler.dangerous.separate && !Capture::needs_stack_bounds)
            result.notes.push_back("libgcc is linked statically, where unwinding from a signal is "
                                   "not safe: native stacks were not recorded");
        if (const std::uint64_t lost = registry_->lost_scopes() - lost_scopes_before_)
            result.notes.push_back(std::to_string(lost) +
                                   " scopes were not entered: nested more than 1,000 deep");
        if (options_.timeline)
            add_notes(timelines, result.notes);
        return result;
    }

    static void add_notes(const detail::timeline_budget& timelines, std::vector<std::string>& to) {
        if (timelines.shortest_ns != 0)
            to.push_back(
                "the timeline reached its limit of memory (timeline_limit) and was "
                "thinned: what took less than " +
                detail::format_round_duration(static_cast<double>(timelines.shortest_ns), false) +
                " may be missing in it, its time given to a neighbour");
        if (timelines.dropped != 0)
            to.push_back(std::to_string(timelines.dropped) +
                         " threads that ended and were added up have no timeline");
    }

    options options_;
    detail::registry* registry_;
    std::unique_ptr<sampler> sampler_;
    std::shared_ptr<repeated_resolver> resolver_; ///< of the run; null: there is none
    detail::tick_mark started_{};
    std::int64_t started_unix_ns_ = 0;
    std::uint64_t lost_scopes_before_ = 0;
    pid_t pid_ = 0;
};

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
