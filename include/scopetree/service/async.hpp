/// Requests that coroutines of Boost.Asio serve. Needs C++20.
#ifndef SCOPETREE_SERVICE_ASYNC_HPP
#define SCOPETREE_SERVICE_ASYNC_HPP

#include <scopetree/service/request.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// A part of a request that goes on now on this thread, now on that, one step after the other, and
/// may be suspended inside scopes. The request is not forgotten while it lives. What goes on at the
/// same time needs a part of its own.
class request_part {
public:
    explicit request_part(const request_handle& of) noexcept {
        if (!detail::request_table::hold(of.request_))
            return;
        request_ = of.request_.context;
        part_ = detail::take_part(*detail::service_registry(), *request_, this);
    }
    ~request_part() {
        detail::registry* const threads = detail::service_registry();
        if (part_ != nullptr)
            part_->inside.store(nullptr, std::memory_order_release);
        if (request_ != nullptr)
            threads->requests.release(*request_, threads->epoch());
    }
    request_part(const request_part&) = delete;
    request_part& operator=(const request_part&) = delete;

    /// Calls `step()` on this thread as the part's next step. Steps that enter scopes come one
    /// after the other.
    template <class Step>
    void run(Step&& step) {
        const running now(*this);
        std::forward<Step>(step)();
    }

private:
    /// An exception may leave the step.
    class running {
    public:
        __attribute__((noinline)) explicit running(request_part& of) noexcept {
            if (of.part_ != nullptr)
                serving_ = detail::start_serving(*detail::service_registry(), *of.request_,
                                                 __builtin_return_address(0),
                                                 detail::monotonic_ns(), of.part_);
        }
        ~running() {
            if (serving_.record != nullptr)
                detail::stop_serving(*detail::service_registry(), serving_);
        }
        running(const running&) = delete;
        running& operator=(const running&) = delete;

    private:
        detail::serving serving_;
    };

    detail::request_context* request_ = nullptr;
    detail::request_context* part_ = nullptr; ///< null: the request has ended
};

/// An executor of Boost.Asio that runs everything as the next step of a part of a request, on the
/// executor inside. Its properties are those of that one.
template <class Executor>
class request_executor {
public:
    request_executor(Executor inner, std::shared_ptr<request_part> part) noexcept
        : inner_(std::move(inner)), part_(std::move(part)) {}

    template <class Function>
    void execute(Function&& function) const {
        inner_.execute(
            [part = part_, work = std::forward<Function>(function)]() mutable { part->run(work); });
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
    std::shared_ptr<request_part> part_;
};

/// Awaits `work` as part of a request: it, and all that it awaits, wherever it is resumed, whatever
/// scopes are open meanwhile. What runs at the same time must each be a part of its own:
/// `co_await (in_request(r, a()) && in_request(r, b()))`.
template <class T>
boost::asio::awaitable<T> in_request(request_handle request, boost::asio::awaitable<T> work) {
    const boost::asio::any_io_executor here = co_await boost::asio::this_coro::executor;
    auto part = std::make_shared<request_part>(request);
    const auto go_on = [&](const auto& on) {
        return boost::asio::co_spawn(request_executor(on, std::move(part)), std::move(work),
                                     boost::asio::use_awaitable);
    };
    // Around the executor itself it is small enough not to be allocated for every operation.
    using context_executor = boost::asio::io_context::executor_type;
    if (const auto* const known = here.target<context_executor>())
        co_return co_await go_on(*known);
    co_return co_await go_on(here);
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
