/// One profile sent, and what the server says to it.
#ifndef SCOPETREE_SERVICE_PUSH_EXCHANGE_HPP
#define SCOPETREE_SERVICE_PUSH_EXCHANGE_HPP

#include <scopetree/service/push_options.hpp>
#include <scopetree/service/push_queue.hpp>
#include <scopetree/version.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

struct push_result {
    push_outcome outcome = push_outcome::try_again;
    std::string error; ///< empty if accepted
};

/// Lives until it has called its handler, which it does once, on the io_context's thread. Every
/// exchange has a connection of its own: there is one in ten seconds.
class push_exchange : public std::enable_shared_from_this<push_exchange> {
public:
    using handler = std::function<void(const push_result&)>;

    push_exchange(boost::asio::io_context& io, const push_url& url, const push_options& chosen)
        : socket_(io), resolver_(io), timer_(io), url_(url), time_limit_(chosen.time_limit) {
        request_.method(boost::beast::http::verb::post);
        request_.version(11);
        request_.set(boost::beast::http::field::host, url.host_header());
        request_.set(boost::beast::http::field::user_agent, "scopetree/" SCOPETREE_VERSION);
        request_.set(boost::beast::http::field::content_type, "application/octet-stream");
        request_.set(boost::beast::http::field::connection, "close");
        const std::string authorization = push_authorization(chosen);
        if (!authorization.empty())
            request_.set(boost::beast::http::field::authorization, authorization);
        if (!chosen.tenant.empty())
            request_.set("X-Scope-OrgID", chosen.tenant);
    }

    void start(const std::string& target, const std::string& body, handler done) {
        done_ = std::move(done);
        request_.target(target);
        request_.body() = body;
        request_.prepare_payload();
        timer_.expires_after(time_limit_);
        timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (!error)
                self->time_is_up();
        });
        error_code no_address;
        const auto address = boost::asio::ip::make_address(url_.host, no_address);
        if (!no_address) {
            connect({tcp::endpoint(address, url_.port)});
            return;
        }
        resolver_.async_resolve(
            url_.host, std::to_string(url_.port),
            [self = shared_from_this()](const error_code& error,
                                        const tcp::resolver::results_type& found) {
                if (error)
                    self->fail("the host's name is not known: ", error);
                else
                    self->connect({found.begin(), found.end()});
            });
    }

private:
    using error_code = boost::system::error_code;
    using tcp = boost::asio::ip::tcp;

    void connect(std::vector<tcp::endpoint> places) {
        places_ = std::move(places);
        boost::asio::async_connect(
            socket_, places_,
            [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
                if (error)
                    self->fail("no connection: ", error);
                else
                    self->send();
            });
    }

    void send() {
        ::fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);
        boost::beast::http::async_write(
            socket_, request_, [self = shared_from_this()](const error_code& error, std::size_t) {
                if (error)
                    self->fail("the profile could not be sent: ", error);
                else
                    self->receive();
            });
    }

    /// Of what the server says, the status and the beginning of an explanation matter.
    void receive() {
        parser_.body_limit(64 * 1024);
        boost::beast::http::async_read(
            socket_, buffer_, parser_,
            [self = shared_from_this()](const error_code& error, std::size_t) {
                if (error && !(error == boost::beast::http::error::body_limit &&
                               self->parser_.is_header_done()))
                    self->fail("no answer: ", error);
                else
                    self->judge();
            });
    }

    void judge() {
        push_result result;
        const unsigned status = parser_.get().result_int();
        result.outcome = outcome_of_status(status);
        if (result.outcome != push_outcome::accepted) {
            result.error = "the server answers " + std::to_string(status);
            const std::string said = sanitize(parser_.get().body().substr(0, 300), true);
            result.error += said.empty() ? "" : ": " + said;
        }
        finish(result);
    }

    void time_is_up() {
        timed_out_ = true;
        resolver_.cancel();
        error_code ignored;
        socket_.close(ignored);
    }

    void fail(const std::string& what, const error_code& error) {
        push_result result;
        result.error = timed_out_
                           ? "no answer within " + std::to_string(time_limit_.count()) + " ms"
                           : what + error.message();
        finish(result);
    }

    void finish(const push_result& result) {
        timer_.cancel();
        error_code ignored;
        socket_.close(ignored);
        std::exchange(done_, nullptr)(result);
    }

    tcp::socket socket_;
    tcp::resolver resolver_;
    boost::asio::steady_timer timer_;
    push_url url_;
    std::chrono::milliseconds time_limit_;
    std::vector<tcp::endpoint> places_;
    boost::beast::http::request<boost::beast::http::string_body> request_;
    boost::beast::http::response_parser<boost::beast::http::string_body> parser_;
    boost::beast::flat_buffer buffer_{128 * 1024};
    bool timed_out_ = false;
    handler done_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
