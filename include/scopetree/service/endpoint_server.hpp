/// The live endpoint's own small server.
#ifndef SCOPETREE_SERVICE_ENDPOINT_SERVER_HPP
#define SCOPETREE_SERVICE_ENDPOINT_SERVER_HPP

#include <scopetree/service/endpoint_connection.hpp>

#include <boost/asio/io_context.hpp>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A socket that listens, or endpoint_error that names address, port and reason.
inline int listen_on(const asio::ip::tcp::endpoint& place) {
    const int descriptor = ::socket(place.protocol().family(),
                                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    const int on = 1; // not to wait for old connections when a service is started anew
    if (descriptor >= 0 &&
        ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        ::bind(descriptor, place.data(), static_cast<socklen_t>(place.size())) == 0 &&
        ::listen(descriptor, SOMAXCONN) == 0)
        return descriptor;
    const int reason = errno;
    if (descriptor >= 0)
        ::close(descriptor);
    throw endpoint_error("scopetree: cannot listen on " + place.address().to_string() + " port " +
                         std::to_string(place.port()) + ": " + std::strerror(reason) +
                         (reason == EADDRINUSE || reason == EACCES
                              ? "; choose another endpoint_options::port, or 0 for one that is free"
                              : ""));
}

class endpoint_server_state : public ends_at_exit {
public:
    endpoint_server_state(const endpoint_options& chosen, endpoint_source source)
        : chosen_(chosen), endpoint_(chosen, std::move(source)), acceptor_(io_), retry_(io_) {
        check_server(chosen);
        const asio::ip::tcp::endpoint place(asio::ip::make_address(chosen.address), chosen.port);
        const int listening = endpoint_process::instance().open([&] { return listen_on(place); });
        acceptor_.assign(place.protocol(), listening);
        acceptor_.non_blocking(true);
        port_ = acceptor_.local_endpoint().port();
        wait_for_clients();
        try {
            start_thread();
        } catch (...) {
            stop_listening();
            throw;
        }
    }
    ~endpoint_server_state() override {
        end();
        stop_listening();
    }

    /// Waits for the answer that is being made, at most; those that wait for a profile are closed.
    void end() noexcept override {
        const std::lock_guard<std::mutex> lock(ending_);
        io_.stop();
        if (thread_.joinable())
            thread_.join();
    }

    std::uint16_t port() const noexcept { return port_; }
    std::string url() const {
        const bool is_v6 = chosen_.address.find(':') != std::string::npos;
        return "http://" + (is_v6 ? "[" + chosen_.address + "]" : chosen_.address) + ":" +
               std::to_string(port_) + chosen_.path + "/";
    }
    bool is_own_process() const noexcept { return pid_ == ::getpid(); }

private:
    /// The program's signals are not for this thread.
    void start_thread() {
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            thread_ = std::thread([this] { run(); });
        } catch (const std::exception& error) {
            ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
            throw endpoint_error(std::string("scopetree: the endpoint's thread could not be "
                                             "started: ") +
                                 error.what());
        }
        ::pthread_setname_np(thread_.native_handle(), "scopetree-http");
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    void run() noexcept {
        for (;;) {
            try {
                io_.run();
                return;
            } catch (const std::exception&) { // no memory for one client: the others go on
            }
        }
    }

    void stop_listening() {
        endpoint_process::instance().close(acceptor_.native_handle(), [&] {
            boost::system::error_code ignored;
            acceptor_.close(ignored);
        });
    }

    void wait_for_clients() {
        acceptor_.async_wait(asio::ip::tcp::acceptor::wait_read,
                             [this](boost::system::error_code failed) {
                                 if (!failed)
                                     accept();
                             });
    }

    void accept() {
        constexpr int most_at_once = 100; // those who are here already want answers, too
        for (int i = 0; i < most_at_once; ++i) {
            const int client = endpoint_process::instance().open([&] {
                return ::accept4(acceptor_.native_handle(), nullptr, nullptr,
                                 SOCK_CLOEXEC | SOCK_NONBLOCK);
            });
            if (client >= 0)
                welcome(client);
            else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                return retry_later();
            else if (errno != ECONNABORTED && errno != EINTR)
                break;
        }
        wait_for_clients();
    }

    /// The program is out of descriptors: not to ask again and again.
    void retry_later() {
        retry_.expires_after(std::chrono::milliseconds(200));
        retry_.async_wait([this](boost::system::error_code failed) {
            if (!failed)
                wait_for_clients();
        });
    }

    void welcome(int client) {
        if (connections_ >= chosen_.most_connections) {
            constexpr std::string_view busy =
                "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\n"
                "Connection: close\r\nRetry-After: 1\r\nContent-Length: 31\r\n\r\n"
                "Too many connections are open.\n";
            static_cast<void>(
                ::send(client, busy.data(), busy.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
            endpoint_process::instance().close(client, [&] { ::close(client); });
            return;
        }
        asio::ip::tcp::socket socket(io_);
        socket.assign(acceptor_.local_endpoint().protocol(), client);
        std::make_shared<endpoint_connection>(std::move(socket), endpoint_, chosen_.time_limit,
                                              connections_)
            ->read();
    }

    const endpoint_options chosen_;
    const live_endpoint endpoint_;
    std::size_t connections_ = 0; // open ones; of the server's thread
    asio::io_context io_{1};      // with it go the connections: behind all that they refer to
    asio::ip::tcp::acceptor acceptor_;
    asio::steady_timer retry_;
    std::uint16_t port_ = 0;
    const pid_t pid_ = ::getpid();
    std::mutex ending_;
    std::thread thread_;
};

} // namespace detail

/// A running server: ends with this object, by stop(), or when the program exits. It has a thread
/// of its own, named scopetree-http, which takes no signals. After a fork the child has none of it.
class endpoint_server {
public:
    /// Throws std::invalid_argument for options that make no sense; endpoint_error if others could
    /// reach it and there is no token, or if the address or the port cannot be had.
    endpoint_server(const endpoint_options& chosen, endpoint_source source)
        : state_(std::make_shared<detail::endpoint_server_state>(chosen, std::move(source))) {
        detail::endpoint_process::instance().end_at_exit(state_);
    }
    endpoint_server(endpoint_server&& other) noexcept = default;
    endpoint_server& operator=(endpoint_server&& other) noexcept {
        stop();
        state_ = std::move(other.state_);
        return *this;
    }
    ~endpoint_server() { stop(); }

    /// Ends the server: connections are closed, profiles under way are dropped. Takes no longer
    /// than the answer that is being made, a second at most in large programs.
    void stop() noexcept {
        if (state_ != nullptr && !state_->is_own_process())
            detail::endpoint_process::instance().keep(state_); // its thread is not here
        state_ = nullptr;
    }

    /// Where it listens; 0 after stop().
    std::uint16_t port() const noexcept { return state_ == nullptr ? 0 : state_->port(); }

    /// `http://127.0.0.1:6060/`, to be opened in a browser; empty after stop().
    std::string url() const { return state_ == nullptr ? std::string() : state_->url(); }

private:
    std::shared_ptr<detail::endpoint_server_state> state_;
};

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
