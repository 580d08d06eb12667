/// Marks what a service does for a request, on whatever threads it does it.
#ifndef SCOPETREE_SERVICE_REQUEST_HPP
#define SCOPETREE_SERVICE_REQUEST_HPP

#include <scopetree/capture/serving.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <string_view>
#include <type_traits>
#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {

namespace detail {

/// The registry of this process, looked up once; null where another version has taken charge.
inline registry* service_registry() noexcept {
    static registry* const found = find_registry();
    return found;
}

class request_part;

} // namespace detail

/// Leads to a request, for work that goes on elsewhere. Copyable, two words; any thread. Once the
/// request has ended it leads nowhere, and what is done with it has no effect.
class request_handle {
public:
    request_handle() = default;

    /// The request that the calling thread serves; leads nowhere if it serves none.
    static request_handle current() noexcept {
        detail::registry* const threads = detail::service_registry();
        if (threads == nullptr)
            return {};
        const detail::thread_record* const record = threads->this_thread_state().record;
        detail::request_context* const served =
            record == nullptr ? nullptr : record->request.load(std::memory_order_relaxed);
        return served == nullptr ? request_handle() : request_handle(detail::reference_to(*served));
    }

private:
    friend class request_span;
    friend class resume_request;
    friend class detail::request_part;
    explicit request_handle(const detail::request_reference& to) noexcept : request_(to) {}

    detail::request_reference request_;
};

/// A request from its begin to its end, without a thread that serves it: for servers that keep it
/// in an object. resume_request says when a thread does. Where this process is not being profiled,
/// it does nothing.
///
/// Costs about 100 ns. For one thread at a time; handles may be used by any number of others.
class request_span {
public:
    /// Begins a request of a route: its template ("/orders/{id}"), not the path as sent, since the
    /// figures are kept by route; at most 1,000 routes in a process, the rest count as "(other
    /// routes)". Copied.
    request_span(std::string_view method, std::string_view route) noexcept
        : threads_(detail::service_registry()) {
        if (threads_ != nullptr)
            request_ = detail::begin_request(*threads_, method, route);
    }
    request_span(request_span&& other) noexcept
        : threads_(other.threads_), request_(std::exchange(other.request_, {})) {}
    request_span& operator=(request_span&& other) noexcept {
        finish();
        threads_ = other.threads_;
        request_ = std::exchange(other.request_, {});
        return *this;
    }
    ~request_span() { finish(); }

    /// The answer's status; 500 and above count as errors.
    void status(int value) noexcept {
        if (is_open())
            request_.context->status.store(value, std::memory_order_relaxed);
    }

    /// Its own tree is wanted, although it may not be among the slowest; see take_wanted_requests.
    void keep() noexcept {
        if (is_open())
            request_.context->wanted.store(true, std::memory_order_relaxed);
    }

    /// The time since it began; 0 once it has ended, or if this process is not being profiled.
    std::chrono::nanoseconds elapsed() const noexcept {
        return std::chrono::nanoseconds(
            is_open() ? detail::monotonic_ns() - request_.context->begun_ns : 0);
    }

    request_handle handle() const noexcept { return request_handle(request_); }

    /// Whether it has not ended. False from the beginning where this process is not being profiled.
    bool is_open() const noexcept { return request_.context != nullptr; }

    /// Ends the request: its latency is what has passed until now.
    void finish() noexcept { finish_at(is_open() ? detail::monotonic_ns() : 0); }

private:
    friend class request;
    friend class resume_request;

    void finish_at(std::int64_t now_ns) noexcept {
        if (is_open())
            detail::end_request(*threads_, *std::exchange(request_, {}).context, now_ns);
    }

    detail::registry* threads_;
    detail::request_reference request_;
};

/// The calling thread works for a request until the end of the block: the scopes that it enters and
/// the samples of it are the request's. Blocks lie one within the other; the innermost counts.
///
/// Several threads may work for a request at once; each has scopes of its own.
class resume_request {
public:
    SCOPETREE_DETAIL_INLINE explicit resume_request(const request_handle& of) noexcept {
        start(of, 0);
    }
    ~resume_request() { stop(); }
    resume_request(const resume_request&) = delete;
    resume_request& operator=(const resume_request&) = delete;

private:
    friend class request;

    /// From the request's own begin on.
    SCOPETREE_DETAIL_INLINE explicit resume_request(const request_span& begun) noexcept {
        start(begun.handle(), begun.is_open() ? begun.request_.context->begun_ns : 0);
    }

    /// Out of line, so that its return address lies in the function that holds the object. 0 as
    /// `now_ns`: the time is not known yet.
    __attribute__((noinline)) void start(const request_handle& of, std::int64_t now_ns) noexcept {
        if (!detail::request_table::hold(of.request_))
            return;
        held_ = of.request_.context;
        serving_ =
            detail::start_serving(*detail::service_registry(), *held_, __builtin_return_address(0),
                                  now_ns != 0 ? now_ns : detail::monotonic_ns());
    }

    std::int64_t stop() noexcept {
        if (held_ == nullptr)
            return detail::monotonic_ns();
        detail::registry& threads = *detail::service_registry();
        const std::int64_t now = detail::stop_serving(threads, serving_);
        threads.requests.release(*std::exchange(held_, nullptr), threads.epoch());
        return now;
    }

    detail::request_context* held_ = nullptr;
    detail::serving serving_;
};

/// A request that the calling thread serves until the end of the block. An exception that leaves
/// the block makes it a 500.
///
/// Not for coroutines: a request that is suspended would leave its thread marked. They have
/// service/async.hpp.
class request {
public:
    SCOPETREE_DETAIL_INLINE request(std::string_view method, std::string_view route) noexcept
        : span_(method, route), here_(span_) {}
    ~request() {
        if (std::uncaught_exceptions() > exceptions_)
            span_.status(500);
        finish();
    }
    request(const request&) = delete;
    request& operator=(const request&) = delete;

    void status(int value) noexcept { span_.status(value); } ///< see request_span
    void keep() noexcept { span_.keep(); }                   ///< see request_span
    std::chrono::nanoseconds elapsed() const noexcept { return span_.elapsed(); }
    request_handle handle() const noexcept { return span_.handle(); }

    /// Ends it before the block ends.
    void finish() noexcept {
        if (span_.is_open())
            span_.finish_at(here_.stop());
    }

private:
    int exceptions_ = std::uncaught_exceptions();
    request_span span_;
    resume_request here_;
};

/// `function`, to be called later or elsewhere, as part of the request that the calling thread
/// serves now: for boost::asio::post, completion handlers, thread pools.
template <class Function>
auto bind_request(Function&& function) {
    return [handle = request_handle::current(), work = std::forward<Function>(function)](
               auto&&... arguments) mutable -> decltype(auto) {
        const resume_request here(handle);
        return work(std::forward<decltype(arguments)>(arguments)...);
    };
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
