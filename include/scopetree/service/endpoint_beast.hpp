/// Between the live endpoint and Boost.Beast's messages.
#ifndef SCOPETREE_SERVICE_ENDPOINT_BEAST_HPP
#define SCOPETREE_SERVICE_ENDPOINT_BEAST_HPP

#include <scopetree/service/endpoint_request.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string>
#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// The request as the endpoint takes it; it looks into `from`, which must live until it has
/// answered.
template <class Body, class Fields>
endpoint_request to_endpoint_request(const boost::beast::http::request<Body, Fields>& from,
                                     const boost::asio::ip::address& peer) {
    return {std::string(from.method_string()), std::string(from.target()), peer.to_string(),
            [&from](const char* name) { return std::string(from[name]); }};
}

/// The endpoint's response as an answer to `request`; it says whether the connection stays open as
/// the client asked.
template <class Body, class Fields>
boost::beast::http::response<boost::beast::http::string_body>
to_beast_response(endpoint_response from,
                  const boost::beast::http::request<Body, Fields>& request) {
    namespace http = boost::beast::http;
    http::response<http::string_body> response;
    response.version(request.version());
    response.result(static_cast<unsigned>(from.status));
    for (const auto& [name, value] : from.headers)
        response.insert(name, value);
    if (request.method() != http::verb::head) {
        response.body() = std::move(from.body);
        response.content_length(response.body().size());
    }
    response.keep_alive(request.keep_alive());
    return response;
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
