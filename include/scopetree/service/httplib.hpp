/// Profiles the requests of a cpp-httplib server. Includes no header of it.
#ifndef SCOPETREE_SERVICE_HTTPLIB_HPP
#define SCOPETREE_SERVICE_HTTPLIB_HPP

#include <scopetree/service/middleware.hpp>
#include <scopetree/service/request.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The request that this thread answers, from its handler's begin until the answer was sent.
struct httplib_request {
    explicit httplib_request(profiled_request&& begun)
        : profiled(std::move(begun)), here(profiled.handle()) {}

    static std::unique_ptr<httplib_request>& of_this_thread() {
        static thread_local std::unique_ptr<httplib_request> current;
        return current;
    }

    profiled_request profiled;
    resume_request here; ///< goes first
};

} // namespace detail

/// A cpp-httplib server, `httplib::Server` or `httplib::SSLServer`, whose requests are profiled:
///
///     scopetree::profiler_middleware middleware;
///     scopetree::profiled_server<httplib::Server> server(middleware);
///
/// and all else as before. A request begins with its handler, whose pattern is its route, and ends
/// when the answer has been sent, with the status that was sent: an exception is what the server
/// makes of it. What no handler answers (unknown paths, files of a mount point) counts as
/// "(no handler)". The middleware must outlive the server. Threads that answer two servers'
/// requests one within the other are not supported.
template <class Server>
class profiled_server : public Server {
public:
    /// The other arguments are the server's own.
    template <class... Arguments>
    explicit profiled_server(profiler_middleware& middleware, Arguments&&... arguments)
        : Server(std::forward<Arguments>(arguments)...), middleware_(&middleware) {
        set_logger(nullptr);
    }

    template <class Handler>
    profiled_server& Get(const std::string& pattern, Handler handler) {
        Server::Get(pattern, wrap(pattern, std::move(handler)));
        return *this;
    }
    template <class Handler>
    profiled_server& Post(const std::string& pattern, Handler handler) {
        Server::Post(pattern, wrap(pattern, std::move(handler)));
        return *this;
    }
    template <class Handler>
    profiled_server& Put(const std::string& pattern, Handler handler) {
        Server::Put(pattern, wrap(pattern, std::move(handler)));
        return *this;
    }
    template <class Handler>
    profiled_server& Patch(const std::string& pattern, Handler handler) {
        Server::Patch(pattern, wrap(pattern, std::move(handler)));
        return *this;
    }
    template <class Handler>
    profiled_server& Delete(const std::string& pattern, Handler handler) {
        Server::Delete(pattern, wrap(pattern, std::move(handler)));
        return *this;
    }
    template <class Handler>
    profiled_server& Options(const std::string& pattern, Handler handler) {
        Server::Options(pattern, wrap(pattern, std::move(handler)));
        return *this;
    }

    /// The server calls its logger when an answer has been sent: there a request ends.
    template <class Logger>
    profiled_server& set_logger(Logger logger) {
        Server::set_logger(
            [this, logger = std::move(logger)](const auto& request, const auto& response) {
                end_request(request.method, response.status);
                if constexpr (!std::is_same_v<Logger, std::nullptr_t>)
                    logger(request, response);
            });
        return *this;
    }

private:
    using plain_handler = typename Server::Handler;
    using reading_handler = typename Server::HandlerWithContentReader;

    template <class Handler>
    auto wrap(const std::string& pattern, Handler handler) {
        using wrapped = std::conditional_t<std::is_constructible_v<plain_handler, Handler&>,
                                           plain_handler, reading_handler>;
        return wrapped(
            [this, pattern, handler = std::move(handler)](const auto& request, auto&... others) {
                begin_request(request.method, pattern);
                handler(request, others...);
            });
    }

    void begin_request(const std::string& method, const std::string& pattern) {
        std::unique_ptr<detail::httplib_request>& current =
            detail::httplib_request::of_this_thread();
        current.reset(); // never there, unless an answer ended without the logger
        current = std::make_unique<detail::httplib_request>(middleware_->begin(method, pattern));
    }

    void end_request(const std::string& method, int status) {
        std::unique_ptr<detail::httplib_request>& current =
            detail::httplib_request::of_this_thread();
        if (current) {
            current->profiled.status(status);
            current.reset();
        } else {
            middleware_->begin(method, "(no handler)").status(status);
        }
    }

    profiler_middleware* middleware_;
};

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
