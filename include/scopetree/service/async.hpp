/// Requests that coroutines of Boost.Asio serve. Needs C++20.
#ifndef SCOPETREE_SERVICE_ASYNC_HPP
#define SCOPETREE_SERVICE_ASYNC_HPP

#include <scopetree/service/request.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace scopetree {
inline namespace SCOPETREE_ABI {

namespace detail {

/// Leads to a part of a request that goes on now on this thread, now on that, one step after the
/// other, and may be suspended inside scopes. Plain data; leads nowhere once the part has ended.
struct part_reference {
    request_context* part = nullptr; ///< null: nowhere
    std::uint32_t use = 0;

    friend bool operator==(const part_reference&, const part_reference&) = default;
};

/// What coroutines do in a request from a part's begin to its end; the request is not forgotten
/// meanwhile. What goes on at the same time needs a part of its own.
class request_part {
public:
    explicit request_part(const request_handle& of) noexcept {
        if (!request_table::hold(of.request_))
            return;
        request_context& request = *of.request_.context;
        if (request_context* const part = take_part(*service_registry(), request))
            to_ = {part, part->users.number()};
        else
            leave_request(request);
    }
    ~request_part() { end(); }
    request_part(const request_part&) = delete;
    request_part& operator=(const request_part&) = delete;

    const part_reference& reference() const noexcept { return to_; }

    void end() noexcept { release(std::exchange(to_, {})); }

    /// False: the part has ended.
    static bool hold(const part_reference& wanted) noexcept {
        return wanted.part != nullptr && wanted.part->users.hold(wanted.use);
    }
    static void release(const part_reference& held) noexcept {
        if (held.part == nullptr)
            return;
        request_context& request = held.part->request();
        if (held.part->users.release())
            leave_request(request);
    }

private:
    static void leave_request(request_context& request) noexcept {
        registry& threads = *service_registry();
        threads.requests.release(request, threads.epoch());
    }

    part_reference to_;
};

/// The calling thread takes a step in a part of a request, until the end of the block or until
/// leave(). Steps lie one within the other.
class request_step {
public:
    __attribute__((noinline)) explicit request_step(const part_reference& of) noexcept
        : outer_(std::exchange(innermost, this)) {
        if (!request_part::hold(of))
            return;
        of_ = of;
        serving_ = start_serving(*service_registry(), of.part->request(),
                                 __builtin_return_address(0), monotonic_ns(), of.part);
    }
    ~request_step() {
        innermost = outer_;
        stop();
    }
    request_step(const request_step&) = delete;
    request_step& operator=(const request_step&) = delete;

    /// Whether the calling thread is inside of a step.
    static bool is_taken() noexcept { return innermost != nullptr; }

    /// What the thread goes on to do inside of the steps of that part is no part of it.
    static void leave(const part_reference& part) noexcept {
        for (request_step* step = innermost; step != nullptr && step->of_ == part;
             step = step->outer_)
            step->stop();
    }

private:
    void stop() noexcept {
        if (of_.part == nullptr)
            return;
        if (serving_.record != nullptr)
            stop_serving(*service_registry(), std::exchange(serving_, {}));
        request_part::release(std::exchange(of_, {}));
    }

    static inline thread_local constinit request_step* innermost = nullptr;

    request_step* outer_;
    part_reference of_; ///< null: over
    serving serving_;
};

/// An executor of Boost.Asio that runs everything as the next step of a part of a request, on the
/// executor inside. Its properties are those of that one. A part that has ended changes nothing.
template <class Executor>
class request_executor {
public:
    request_executor(Executor inner, const part_reference& part) noexcept
        : inner_(std::move(inner)), part_(part) {}

    const Executor& inner() const noexcept { return inner_; }

    template <class Function>
    void execute(Function&& function) const {
        inner_.execute([part = part_, work = std::forward<Function>(function)]() mutable {
            const request_step here(part);
            work();
        });
    }

    bool operator==(const request_executor& other) const noexcept {
        return inner_ == other.inner_ && part_ == other.part_;
    }
    bool operator!=(const request_executor& other) const noexcept { return !(*this == other); }

    template <class Property>
    requires(boost::asio::can_query<const Executor&, Property>::value) decltype(auto)
        query(const Property& property) const {
        return boost::asio::query(inner_, property);
    }
    template <class Property>
    requires(boost::asio::can_require<const Executor&, Property>::value) auto require(
        const Property& property) const {
        return around(boost::asio::require(inner_, property));
    }
    template <class Property>
    requires(boost::asio::can_prefer<const Executor&, Property>::value) auto prefer(
        const Property& property) const {
        return around(boost::asio::prefer(inner_, property));
    }

private:
    template <class Other>
    request_executor<Other> around(Other other) const {
        return {std::move(other), part_};
    }

    Executor inner_;
    part_reference part_;
};

/// `work` as a part of a request, which it leaves before whoever awaits it goes on.
///
/// co_spawn has work that never waited wait for its turn once more, so that a loop of such work
/// does not nest ever deeper. `at_once`: it does not; the caller is not nested.
template <class T, class Result>
boost::asio::awaitable<void> as_part(request_part& part, bool at_once,
                                     boost::asio::awaitable<T>& work, Result& result) {
    struct at_end {
        ~at_end() {
            request_step::leave(part.reference());
            part.end();
        }
        request_part& part;
    } const leaves{part};
    if (at_once)
        co_await boost::asio::dispatch(boost::asio::use_awaitable); // co_spawn takes it for a wait
    if constexpr (std::is_void_v<T>)
        co_await std::move(work);
    else
        result.emplace(co_await std::move(work));
}

} // namespace detail

/// Awaits `work` as part of a request: it, and all that it awaits, wherever it is resumed, whatever
/// scopes are open meanwhile. What runs at the same time must each be a part of its own:
/// `co_await (in_request(r, a()) && in_request(r, b()))`. What `work` leaves behind, running, is a
/// part of it only until `work` ends.
template <class T>
boost::asio::awaitable<T> in_request(request_handle request, boost::asio::awaitable<T> work) {
    const boost::asio::any_io_executor here = co_await boost::asio::this_coro::executor;
    detail::request_part part(request);
    std::conditional_t<std::is_void_v<T>, std::monostate, std::optional<T>> result;
    const auto go_on = [&](const auto& on) {
        return boost::asio::co_spawn(
            detail::request_executor(on, part.reference()),
            detail::as_part(part, !detail::request_step::is_taken(), work, result),
            boost::asio::use_awaitable);
    };
    // Around the executor itself it is small enough not to be allocated for every operation.
    using context_executor = boost::asio::io_context::executor_type;
    if (const auto* const known = here.target<context_executor>())
        co_await go_on(*known);
    else if (const auto* const other = here.target<detail::request_executor<context_executor>>())
        co_await go_on(other->inner());
    else
        co_await go_on(here);
    if constexpr (!std::is_void_v<T>)
        co_return std::move(*result);
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
