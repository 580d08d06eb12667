#include <scopetree/service/endpoint_access.hpp>

#include "support/staged_endpoint.hpp"

#include <catch2/catch.hpp>

#include <string>

using Catch::Matchers::Contains;
using scopetree::endpoint_options;
using test::headers;
using test::request_for;
using namespace scopetree::detail;

namespace {

const std::string token = "0123456789abcdef";

int status_for(const endpoint_options& chosen, const scopetree::endpoint_request& request) {
    std::string why;
    const int status = refusal(chosen, request, why);
    CHECK(why.empty() == (status == 0));
    return status;
}

} // namespace

TEST_CASE("endpoint_access: constant-time comparison compares") {
    CHECK(equal_in_constant_time("secret", "secret"));
    for (const char* const sent : {"", "s", "secre", "secret!", "Secret", "secreT", "secretsecret"})
        CHECK_FALSE(equal_in_constant_time("secret", sent));
    CHECK_FALSE(equal_in_constant_time("", "a"));
}

TEST_CASE("endpoint_access: base64") {
    CHECK(base64_decoded("") == "");
    CHECK(base64_decoded("Zg==") == "f");
    CHECK(base64_decoded("Zm8=") == "fo");
    CHECK(base64_decoded("Zm9vYmFy") == "foobar");
    CHECK(base64_decoded("Zm9v!mFy") == "");
    CHECK(base64_decoded("Z") == "");
    CHECK(base64_decoded("////") == "\xff\xff\xff");
}

TEST_CASE("endpoint_access: the token of an Authorization") {
    CHECK(sent_token("Bearer abc") == "abc");
    CHECK(sent_token("bearer   abc") == "abc");
    CHECK(sent_token("Basic OnNlY3JldA==") == "secret");      // :secret
    CHECK(sent_token("Basic bWU6c2U6Y3JldA==") == "se:cret"); // me:se:cret
    for (const char* const none :
         {"", "Bearer", "Bearer ", "abc", "Digest abc", "Basic bm9uZQ==", "Basic !", "Bearerabc"})
        CHECK(sent_token(none) == "");
}

TEST_CASE("endpoint_access: with a token, whoever sends it") {
    endpoint_options chosen;
    chosen.token = token;
    const auto status = [&](const headers& fields, const std::string& peer = "127.0.0.1") {
        return status_for(chosen, request_for("/", fields, peer));
    };
    CHECK(status({}) == 401);
    CHECK(status({{"Authorization", "Bearer 0123456789abcdeg"}}) == 401);
    CHECK(status({{"Authorization", "Bearer " + token + "0"}}) == 401);
    CHECK(status({{"Authorization", token}}) == 401);
    CHECK(status({{"Authorization", "Bearer " + token}}) == 0);
    CHECK(status({{"Authorization", "Bearer " + token}}, "10.1.2.3") == 0);
    CHECK(status({{"Authorization", "Bearer " + token}, {"Host", "shop.example"}}) == 0);
    CHECK(status({{"Authorization", "Basic OjAxMjM0NTY3ODlhYmNkZWY="}}) == 0);
}

TEST_CASE("endpoint_access: without a token, this machine alone") {
    for (const char* const peer : {"127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"})
        CHECK(status_for({}, request_for("/", {}, peer)) == 0);
    for (const char* const peer : {"10.1.2.3", "192.168.0.1", "fe80::1", "", "localhost"})
        CHECK(status_for({}, request_for("/", {}, peer)) == 403);
}

TEST_CASE("endpoint_access: a name that leads here does not let a page in") {
    for (const char* const host : {"localhost", "LocalHost:6060", "127.0.0.1", "127.0.0.1:6060",
                                   "127.5.0.1:1", "[::1]", "[::1]:6060", ""})
        CHECK(status_for({}, request_for("/", {{"Host", host}})) == 0);
    for (const char* const host :
         {"evil.example", "evil.example:6060", "127.0.0.1.evil.example", "localhost.evil.example",
          "10.0.0.1", "[::2]", "[::1", "::1", "localhost@evil.example", " "})
        CHECK(status_for({}, request_for("/", {{"Host", host}})) == 403);
}

TEST_CASE("endpoint_access: neither a proxy's clients nor pages of other sites") {
    CHECK(status_for({}, request_for("/", {{"X-Forwarded-For", "10.1.2.3"}})) == 403);
    CHECK(status_for({}, request_for("/", {{"Forwarded", "for=10.1.2.3"}})) == 403);
    CHECK(status_for({}, request_for("/", {{"Sec-Fetch-Site", "cross-site"},
                                           {"Sec-Fetch-Mode", "no-cors"}})) == 403);
    // A link that was followed there, and the page's own requests.
    CHECK(status_for({}, request_for("/", {{"Sec-Fetch-Site", "cross-site"},
                                           {"Sec-Fetch-Mode", "navigate"}})) == 0);
    CHECK(status_for({}, request_for("/", {{"Sec-Fetch-Site", "same-origin"},
                                           {"Sec-Fetch-Mode", "cors"}})) == 0);
}
