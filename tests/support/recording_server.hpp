/// A small HTTP server that keeps what it is sent and answers as a test wants.
#ifndef SCOPETREE_TESTS_SUPPORT_RECORDING_SERVER_HPP
#define SCOPETREE_TESTS_SUPPORT_RECORDING_SERVER_HPP

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/socket.h>

namespace test {

/// Listens on 127.0.0.1 while it lives; takes one client after the other.
class recording_server {
public:
    using request = boost::beast::http::request<boost::beast::http::string_body>;
    /// The status to answer with; `silent`: the client waits for an answer for ever.
    using judge = std::function<unsigned(std::size_t number, const request&)>;
    static constexpr unsigned silent = 0;

    /// `port` 0: any that is free.
    explicit recording_server(judge answer, std::uint16_t port = 0)
        : answer_(std::move(answer)),
          acceptor_(io_, {boost::asio::ip::make_address("127.0.0.1"), port}),
          port_(acceptor_.local_endpoint().port()), thread_([this] { run(); }) {}
    ~recording_server() {
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR); // ends accept()
        thread_.join();
    }
    recording_server(const recording_server&) = delete;
    recording_server& operator=(const recording_server&) = delete;

    std::uint16_t port() const { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    std::vector<request> requests() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        return requests_;
    }

    /// Throws if there are not so many within a minute.
    std::vector<request> wait_for(std::size_t count) const {
        std::unique_lock<std::mutex> lock(mutex_);
        if (!came_.wait_for(lock, std::chrono::minutes(1),
                            [&] { return requests_.size() >= count; }))
            throw std::runtime_error("the server got " + std::to_string(requests_.size()) +
                                     " requests, not " + std::to_string(count));
        return requests_;
    }

private:
    using socket = boost::asio::ip::tcp::socket;

    void run() {
        for (;;) {
            boost::system::error_code error;
            socket client = acceptor_.accept(error);
            if (error)
                return;
            try {
                serve(client);
            } catch (const std::exception&) { // the client is gone
            }
        }
    }

    void serve(socket& client) {
        namespace http = boost::beast::http;
        boost::beast::flat_buffer buffer;
        http::request_parser<http::string_body> parser;
        parser.body_limit(64 * 1024 * 1024);
        http::read(client, buffer, parser);
        const request got = parser.release();
        std::size_t number = 0;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            number = requests_.size();
            requests_.push_back(got);
            came_.notify_all();
        }
        const unsigned status = answer_(number, got);
        if (status == silent) {
            waiting_.push_back(std::move(client));
            return;
        }
        http::response<http::string_body> response(http::int_to_status(status), 11);
        response.result(status);
        response.body() = "because of " + std::to_string(status);
        response.prepare_payload();
        http::write(client, response);
    }

    judge answer_;
    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::uint16_t port_;
    mutable std::mutex mutex_;
    mutable std::condition_variable came_;
    std::vector<request> requests_;
    std::vector<socket> waiting_; ///< the thread's own
    std::thread thread_;
};

} // namespace test

#endif
