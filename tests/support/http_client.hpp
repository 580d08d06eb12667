/// A client that says exactly what a test wants said.
#ifndef SCOPETREE_TESTS_SUPPORT_HTTP_CLIENT_HPP
#define SCOPETREE_TESTS_SUPPORT_HTTP_CLIENT_HPP

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace test {

/// A connection to a port of 127.0.0.1. Waits a minute at most, then takes it that nothing comes.
class http_client {
public:
    explicit http_client(std::uint16_t port, int receive_buffer = 0)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval minute{60, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof minute);
        if (receive_buffer != 0)
            ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
            ::close(socket_);
            throw std::runtime_error("no connection");
        }
    }
    http_client(http_client&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
    http_client& operator=(http_client&&) = delete;
    ~http_client() { close(); }

    void close() {
        if (socket_ >= 0)
            ::close(std::exchange(socket_, -1));
    }

    http_client& send(const std::string& text) {
        static_cast<void>(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL));
        return *this;
    }

    http_client& get(const std::string& target, const std::string& fields = "",
                     const std::string& method = "GET") {
        return send(method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + fields + "\r\n");
    }

    /// All that comes until the server closes.
    std::string rest() {
        while (more()) {
        }
        return std::exchange(received_, {});
    }

    /// The next response, with its header; as much as came if the server closed before its end.
    std::string response(bool has_body = true) {
        std::size_t end = 0;
        while ((end = received_.find("\r\n\r\n")) == std::string::npos)
            if (!more())
                return std::exchange(received_, {});
        end += 4;
        const std::size_t length = received_.find("Content-Length: ");
        if (has_body && length < end)
            end += static_cast<std::size_t>(std::atoll(received_.c_str() + length + 16));
        while (received_.size() < end)
            if (!more())
                break;
        std::string whole = received_.substr(0, end);
        received_.erase(0, end);
        return whole;
    }

    bool is_closed() { return received_.empty() && !more(); }

private:
    bool more() {
        char buffer[16'384];
        ssize_t size;
        do // samples of a thread interrupt what has a time limit
            size = ::recv(socket_, buffer, sizeof buffer, 0);
        while (size < 0 && errno == EINTR);
        if (size > 0)
            received_.append(buffer, static_cast<std::size_t>(size));
        return size > 0;
    }

    int socket_;
    std::string received_;
};

/// The number in the first line of a response; 0 if there is none.
inline int status_of(const std::string& response) {
    return response.compare(0, 7, "HTTP/1.") == 0 ? std::atoi(response.c_str() + 9) : 0;
}

} // namespace test

#endif
