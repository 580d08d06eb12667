#include <scopetree/service/endpoint_beast.hpp>

#include <boost/beast/http/empty_body.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace http = boost::beast::http;

TEST_CASE("endpoint_beast: a request with its fields") {
    http::request<http::string_body> request{http::verb::get, "/profile?seconds=5", 11};
    request.set("X-Answer", "42");
    const auto converted =
        scopetree::to_endpoint_request(request, boost::asio::ip::make_address("::1"));
    CHECK(converted.method == "GET");
    CHECK(converted.target == "/profile?seconds=5");
    CHECK(converted.peer == "::1");
    CHECK(converted.header("x-answer") == "42");
    CHECK(converted.header("x-none") == "");
}

TEST_CASE("endpoint_beast: a response with its length, as the client wants it") {
    const scopetree::endpoint_response from{
        404, {{"Allow", "GET"}, {"A", "1"}, {"A", "2"}}, "none"};
    http::request<http::empty_body> request{http::verb::get, "/", 11};
    auto response = scopetree::to_beast_response(from, request);
    CHECK(response.result_int() == 404);
    CHECK(response[http::field::allow] == "GET");
    CHECK(response.count("A") == 2);
    CHECK(response[http::field::content_length] == "4");
    CHECK(response.body() == "none");
    CHECK(response.keep_alive());
    request.version(10);
    CHECK_FALSE(scopetree::to_beast_response(from, request).keep_alive());
    request.method(http::verb::head);
    response = scopetree::to_beast_response(from, request);
    CHECK(response.body().empty());
    CHECK(response.count(http::field::content_length) == 0);
}
