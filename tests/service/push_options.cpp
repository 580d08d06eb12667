#include <scopetree/service/push_options.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace scopetree;
using namespace std::chrono_literals;
using Catch::Contains;
using Catch::StartsWith;

namespace {

push_options good() {
    push_options chosen;
    chosen.application = "shop";
    return chosen;
}

std::string refusal_of(const push_options& chosen) {
    try {
        detail::check_push_options(chosen);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "not refused";
}

std::string refusal_of_url(const std::string& url) {
    push_options chosen = good();
    chosen.url = url;
    return refusal_of(chosen);
}

std::string refusal_of_label(const std::string& name, const std::string& value) {
    push_options chosen = good();
    chosen.labels = {{name, value}};
    return refusal_of(chosen);
}

} // namespace

TEST_CASE("push options: URLs are taken apart") {
    const auto parts = [](const std::string& url) {
        const detail::push_url parsed = detail::parse_push_url(url);
        return parsed.host + ' ' + std::to_string(parsed.port) + ' ' + parsed.prefix + ' ' +
               parsed.host_header();
    };
    CHECK(parts("http://pyroscope") == "pyroscope 80  pyroscope");
    CHECK(parts("http://pyroscope:4040/") == "pyroscope 4040  pyroscope:4040");
    CHECK(parts("http://10.0.0.1:80/a/b//") == "10.0.0.1 80 /a/b 10.0.0.1");
    CHECK(parts("http://[::1]/x") == "::1 80 /x [::1]");
    CHECK(parts("http://[fd00::1]:65535") == "fd00::1 65535  [fd00::1]:65535");
}

TEST_CASE("push options: URLs that lead nowhere are refused with what would be accepted") {
    for (const std::string url :
         {"", "pyroscope:4040", "ftp://x", "http://", "http:///x", "http://x:", "http://x:0",
          "http://x:65536", "http://x:99999999999", "http://x:4a", "http://a b", "http://x/?q=1",
          "http://x/#f", "http://x/\r\nHost: y", "http://[::1", "http://[]:1", "http://x_/y z",
          "http://\xff", "http://a/b\x7f"}) {
        INFO(url);
        CHECK_THAT(refusal_of_url(url), Contains("push_options::url is") &&
                                            Contains("accepted: http://HOST[:PORT][/PREFIX]"));
    }
    CHECK_THAT(refusal_of_url("https://pyroscope"), Contains("no TLS library"));
    CHECK_THAT(refusal_of_url("http://me:secret@x"),
               Contains("options of their own") && !Contains("secret"));
}

TEST_CASE("push options: the application's name is checked") {
    push_options chosen = good();
    for (const std::string name : {"", "a b", "a{", "gr\xc3\xb6\xc3\x9f", "a,b", "a\n"}) {
        chosen.application = name;
        CHECK_THAT(refusal_of(chosen), Contains("push_options::application") &&
                                           Contains("letters, digits and _ . - /"));
    }
    chosen.application = "Shop_2.front-end/eu";
    CHECK_NOTHROW(detail::check_push_options(chosen));
}

TEST_CASE("push options: labels are checked") {
    for (const std::string name : {"", "1a", "a-b", "a.b", "__name__", "a=b", "service_name"})
        CHECK_THAT(refusal_of_label(name, "x"), Contains("as a name"));
    for (const std::string value : {"", "a,b", "a}", "a\nb", "\xff", " a", "a "})
        CHECK_THAT(refusal_of_label("a", value), Contains("as a value"));
    push_options chosen = good();
    chosen.labels = {{"a", "{x=y}"}};
    CHECK_THAT(refusal_of(chosen), Contains("without , and }"));
    chosen.labels = {{"a", "x"}, {"a", "y"}};
    CHECK_THAT(refusal_of(chosen), Contains("each name once"));
    chosen.labels.clear();
    for (int i = 0; i < 26; ++i)
        chosen.labels.emplace_back("l" + std::to_string(i), "x");
    CHECK_THAT(refusal_of(chosen), Contains("at most 25"));
    chosen.labels = {{"region", "eu=1 {gr\xc3\xb6\xc3\x9f"}, {"_v2", "x"}};
    CHECK_NOTHROW(detail::check_push_options(chosen));
}

TEST_CASE("push options: times and sizes that make no sense are refused") {
    const auto refusal = [](auto&& change) {
        push_options chosen = good();
        change(chosen);
        return refusal_of(chosen);
    };
    CHECK_THAT(refusal([](push_options& o) { o.interval = 0ms; }),
               StartsWith("scopetree: push_options::interval is \"0ms\"; accepted: 10ms to "));
    CHECK_THAT(refusal([](push_options& o) { o.interval = 31min; }), Contains("interval"));
    CHECK_THAT(refusal([](push_options& o) { o.time_limit = -1ms; }), Contains("time_limit"));
    CHECK_THAT(refusal([](push_options& o) { o.shortest_pause = 0ms; }), Contains("shortest_"));
    CHECK_THAT(refusal([](push_options& o) { o.longest_pause = 999ms; }),
               Contains("longest_pause is \"999ms\"; accepted: 1000ms to"));
    CHECK_THAT(refusal([](push_options& o) { o.stop_limit = 6min; }), Contains("stop_limit"));
    CHECK_THAT(refusal([](push_options& o) { o.queue_limit = 65535; }), Contains("queue_limit"));
}

TEST_CASE("push options: what cannot stand in a header is refused, and not repeated") {
    push_options chosen = good();
    chosen.token = "secret\r\nX: y";
    CHECK_THAT(refusal_of(chosen), Contains("token") && !Contains("secret"));
    chosen.token = "x";
    chosen.user = "me";
    CHECK_THAT(refusal_of(chosen), Contains("both a user and a token"));
    chosen.token = "";
    chosen.password = "secret\n";
    CHECK_THAT(refusal_of(chosen), Contains("password") && !Contains("secret"));
    chosen.password = "p:w";
    CHECK_NOTHROW(detail::check_push_options(chosen));
    chosen.user = "m:e";
    CHECK_THAT(refusal_of(chosen), Contains("no colon in user"));
    chosen.user = "";
    CHECK_THAT(refusal_of(chosen), Contains("no user"));
    chosen = good();
    chosen.tenant = "a b";
    CHECK_THAT(refusal_of(chosen), Contains("push_options::tenant"));
}

TEST_CASE("push options: the target is what the server documents") {
    push_options chosen = good();
    const detail::push_url url = detail::parse_push_url("http://x/base");
    CHECK(detail::push_target(url, chosen, 1'700'000'000'000'000'000, 1'700'000'010'000'000'001,
                              1'000'000) == "/base/ingest?name=shop&from=1700000000"
                                            "&until=1700000010&sampleRate=1000"
                                            "&spyName=scopetree&format=pprof");
    chosen.labels = {{"a", "1 %"}, {"b", "\xc3\xb6&+"}};
    CHECK(detail::push_name(chosen) == "shop{a=1 %,b=\xc3\xb6&+}");
    CHECK_THAT(detail::push_target(url, chosen, 0, 0, 10'000'000),
               StartsWith("/base/ingest?name=shop%7Ba%3D1%20%25%2Cb%3D%C3%B6%26%2B%7D&") &&
                   Contains("&sampleRate=100&"));
    CHECK_THAT(detail::push_target(url, chosen, 5'000'000'000, 5'900'000'000, 1),
               Contains("&from=5&until=6&"));
    CHECK_THAT(detail::push_target(url, chosen, 0, 0, 0), Contains("&sampleRate=1000000000&"));
    CHECK_THAT(detail::push_target(url, chosen, 0, 0, 10'000'000'000), Contains("&sampleRate=1&"));
}

TEST_CASE("push options: authorization is basic, bearer or none") {
    push_options chosen = good();
    CHECK(detail::push_authorization(chosen).empty());
    chosen.token = "abc";
    CHECK(detail::push_authorization(chosen) == "Bearer abc");
    chosen.token = "";
    chosen.user = "Aladdin";
    chosen.password = "open sesame"; // the example of RFC 7617
    CHECK(detail::push_authorization(chosen) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    for (const auto& [plain, coded] : std::vector<std::pair<std::string, std::string>>{
             {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}})
        CHECK(detail::base64(plain) == coded);
}
