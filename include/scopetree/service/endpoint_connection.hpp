/// One client of the live endpoint's server.
#ifndef SCOPETREE_SERVICE_ENDPOINT_CONNECTION_HPP
#define SCOPETREE_SERVICE_ENDPOINT_CONNECTION_HPP

#include <scopetree/service/endpoint.hpp>
#include <scopetree/service/endpoint_beast.hpp>
#include <scopetree/service/endpoint_process.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <sys/socket.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

namespace asio = boost::asio;
namespace http = boost::beast::http;

using endpoint_parser = http::request_parser<http::empty_body>;

/// The status, and what to say, for a header that was read and cannot be answered; 0 for others.
inline std::pair<int, std::string> fault_of(const endpoint_parser& parser,
                                            boost::system::error_code failed) {
    if (failed == http::error::header_limit || failed == http::error::buffer_overflow)
        return {431, "The request's header is larger than 8 KiB."};
    if (failed)
        return {400, "This is no HTTP request: " + failed.message() + "."};
    const auto& request = parser.get();
    const auto hosts = request.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && request.version() == 11))
        return {400, "A request must have one Host."};
    const bool reads = request.method() == http::verb::get || //
                       request.method() == http::verb::head;
    if (reads && !parser.is_done())
        return {413, "A request that reads must have no body."};
    return {0, {}};
}

/// Reads requests and answers them, one after the other. All of it happens on the server's thread.
/// Keeps itself alive by the operations that are under way, and ends when none is.
class endpoint_connection : public std::enable_shared_from_this<endpoint_connection> {
public:
    static constexpr std::size_t most_header_bytes = 8 * 1024;

    endpoint_connection(asio::ip::tcp::socket socket, const live_endpoint& endpoint,
                        std::chrono::milliseconds time_limit, std::size_t& connections)
        : socket_(std::move(socket)), endpoint_(endpoint), time_limit_(time_limit),
          connections_(connections), deadline_(socket_.get_executor()),
          profile_(socket_.get_executor()) {
        ++connections_;
        boost::system::error_code failed;
        peer_ = socket_.remote_endpoint(failed).address();
    }
    endpoint_connection(const endpoint_connection&) = delete;
    endpoint_connection& operator=(const endpoint_connection&) = delete;
    ~endpoint_connection() {
        close();
        --connections_;
    }

    /// The whole header must come within the time limit, however it is dealt out.
    void read() {
        parser_.emplace();
        parser_->header_limit(most_header_bytes);
        limit_time();
        http::async_read_header(
            socket_, buffer_, *parser_,
            [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                self->deadline_.cancel();
                self->on_header(failed);
            });
    }

private:
    void on_header(boost::system::error_code failed) {
        if (failed == http::error::end_of_stream || !socket_.is_open() || is_of_system(failed))
            return close();
        const auto& request = parser_->get();
        if (const auto [status, why] = fault_of(*parser_, failed); status != 0)
            return refuse(status, why);
        endpoint_answer answer = endpoint_.answer(to_endpoint_request(request, peer_));
        if (answer.finish)
            wait_for_profile(answer.wait, std::move(answer.finish));
        else
            send(std::move(answer.response), parser_->is_done());
    }

    static bool is_of_system(boost::system::error_code failed) {
        return failed.failed() && failed.category() == boost::system::system_category();
    }

    /// A client that goes ends its profile. One that sends more meanwhile can no longer be seen to
    /// go, and is answered in vain.
    void wait_for_profile(std::chrono::steady_clock::duration wait,
                          std::function<endpoint_response()> finish) {
        finish_ = std::move(finish);
        profile_.expires_after(wait);
        profile_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
            if (cancelled || !self->finish_)
                return;
            boost::system::error_code ignored;
            self->socket_.cancel(ignored);
            self->send(std::exchange(self->finish_, nullptr)(), true);
        });
        socket_.async_wait(
            asio::ip::tcp::socket::wait_read,
            [self = shared_from_this()](boost::system::error_code cancelled) {
                char next;
                if (cancelled || !self->finish_ ||
                    ::recv(self->socket_.native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
                    return;
                self->finish_ = nullptr;
                self->profile_.cancel();
                self->close();
            });
    }

    /// What is no request of HTTP, or too large a one: nothing after it can be read.
    void refuse(int status, std::string why) {
        endpoint_response response = plain_response(status, std::move(why));
        response.headers.emplace_back("Cache-Control", "no-store");
        response.headers.emplace_back("X-Content-Type-Options", "nosniff");
        send(std::move(response), false);
    }

    void send(endpoint_response response, bool may_go_on) {
        response_ = to_beast_response(std::move(response), parser_->get());
        if (!may_go_on)
            response_.keep_alive(false);
        limit_time();
        http::async_write(
            socket_, response_,
            [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                self->deadline_.cancel();
                const bool goes_on = self->response_.keep_alive();
                self->response_ = {};
                if (failed)
                    self->close();
                else if (goes_on)
                    self->read();
                else
                    self->say_goodbye();
            });
    }

    /// To close while bytes of the client's are unread would take the answer away from it: they are
    /// read, for a while.
    void say_goodbye() {
        boost::system::error_code failed;
        socket_.shutdown(asio::ip::tcp::socket::shutdown_send, failed);
        limit_time();
        discard();
    }
    void discard() {
        socket_.async_read_some(
            asio::buffer(discarded_),
            [self = shared_from_this()](boost::system::error_code failed, std::size_t size) {
                self->discarded_bytes_ += size;
                if (!failed && self->discarded_bytes_ < 1024 * 1024)
                    return self->discard();
                self->deadline_.cancel();
                self->close();
            });
    }

    void limit_time() {
        deadline_.expires_after(time_limit_);
        deadline_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
            const bool is_over = self->deadline_.expiry() <= std::chrono::steady_clock::now();
            if (!cancelled && is_over) // or it was set anew when this was on its way
                self->close();
        });
    }

    void close() {
        if (!socket_.is_open())
            return;
        endpoint_process::instance().close(socket_.native_handle(), [&] {
            boost::system::error_code ignored;
            socket_.close(ignored);
        });
    }

    asio::ip::tcp::socket socket_;
    asio::ip::address peer_;
    const live_endpoint& endpoint_;
    const std::chrono::milliseconds time_limit_;
    std::size_t& connections_;
    asio::steady_timer deadline_;
    asio::steady_timer profile_;
    boost::beast::flat_buffer buffer_{most_header_bytes + 4096};
    std::optional<endpoint_parser> parser_;
    std::function<endpoint_response()> finish_; // of the profile that is being taken
    http::response<http::string_body> response_;
    std::array<char, 4096> discarded_{};
    std::size_t discarded_bytes_ = 0;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
