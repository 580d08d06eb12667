#include <scopetree/service/endpoint.hpp>

#include "support/staged_endpoint.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using scopetree::endpoint_answer;
using scopetree::endpoint_options;
using scopetree::endpoint_response;
using scopetree::live_endpoint;
using test::field;
using test::request_for;
using namespace std::chrono_literals;

namespace {

struct staged : test::staged_source {
    explicit staged(const endpoint_options& chosen = {}) : endpoint(chosen, source()) {}

    endpoint_answer answer(const std::string& target, const test::headers& fields = {}) {
        return endpoint.answer(request_for(target, fields));
    }
    /// What comes at once.
    endpoint_response get(const std::string& target) {
        endpoint_answer answer = this->answer(target);
        CHECK_FALSE(answer.finish);
        return answer.response;
    }

    live_endpoint endpoint;
};

} // namespace

TEST_CASE("endpoint: every path answers, and says what it is") {
    staged service;
    const std::vector<std::pair<const char*, const char*>> paths = {
        {"/", "text/html; charset=utf-8"},
        {"/routes", "application/json"},
        {"/routes?format=html", "text/html; charset=utf-8"},
        {"/routes?format=text&clock=cpu", "text/plain; charset=utf-8"},
        {"/routes?format=json", "application/json"},
        {"/routes?route=/orders", "text/html; charset=utf-8"},
        {"/slowest", "application/json"},
        {"/slowest?id=17&format=pprof", "application/octet-stream"},
        {"/threads", "application/json"},
        {"/profile?seconds=0&format=folded", "text/plain; charset=utf-8"},
        {"/debug/pprof", "text/plain; charset=utf-8"},
        {"/debug/pprof/", "text/plain; charset=utf-8"},
        {"/debug/pprof/symbol", "text/plain; charset=utf-8"},
        {"/debug/pprof/cmdline", "text/plain; charset=utf-8"}};
    for (const auto& [path, type] : paths) {
        INFO(path);
        const endpoint_response response = service.get(path);
        CHECK(response.status == 200);
        CHECK(field(response, "Content-Type") == type);
        CHECK_FALSE(response.body.empty());
    }
}

TEST_CASE("endpoint: every answer keeps browsers from doing harm") {
    staged service;
    for (const char* const path :
         {"/", "/routes", "/nothing", "/profile?x", "/profile?seconds=0"}) {
        INFO(path);
        const endpoint_response response = service.get(path);
        CHECK(field(response, "Cache-Control") == "no-store");
        CHECK(field(response, "X-Content-Type-Options") == "nosniff");
        CHECK(field(response, "Cross-Origin-Resource-Policy") == "same-origin");
        CHECK_THAT(field(response, "Content-Security-Policy"), Contains("frame-ancestors 'none'"));
    }
    CHECK_THAT(field(service.get("/"), "Content-Security-Policy"), Contains("script-src 'sha256-"));
}

TEST_CASE("endpoint: what is not there is answered with what is") {
    staged service;
    for (const char* const path : {"/nothing", "/profile/", "//", "/debug/pprof/heap", "/..%2f"}) {
        INFO(path);
        const endpoint_response response = service.get(path);
        CHECK(response.status == 404);
        CHECK_THAT(response.body, Contains("There is nothing at '/"));
        CHECK_THAT(response.body, Contains("/profile") && Contains("/routes") &&
                                      Contains("/slowest") && Contains("/threads") &&
                                      Contains("/debug/pprof/profile"));
    }
    CHECK(service.get("/routes?route=/none").status == 404);
    CHECK(service.get("/routes?route=/orders&method=PUT").status == 404);
    CHECK(service.get("/slowest?id=16").status == 404);
}

TEST_CASE("endpoint: parameters of every wrong kind are named") {
    staged service;
    const std::vector<std::pair<const char*, const char*>> wrong = {
        {"/profile?seconds=x", "'seconds' is 'x'; it must be a whole number from 0 to 60"},
        {"/profile?seconds=61", "from 0 to 60"},
        {"/profile?seconds=-1", "from 0 to 60"},
        {"/profile?seconds=", "from 0 to 60"},
        {"/profile?seconds=5&seconds=6", "given twice"},
        {"/profile?second=5", "accepted are: seconds, format, clock"},
        {"/profile?format=xml", "html, text, json, speedscope, folded, pprof, trace"},
        {"/profile?clock=both", "wall, cpu"},
        {"/profile?seconds=%zz", "two hexadecimal digits"},
        {"/debug/pprof/profile?seconds=ten", "from 0 to 60"},
        {"/slowest?id=0", "'id'"},
        {"/slowest?id=a", "'id'"},
        {"/slowest?format=html", "name it with 'id'"},
        {"/slowest?id=17&format=xml", "html, text"},
        {"/slowest?name=17", "accepted are: id, format, clock"},
        {"/routes?method=GET", "name it with 'route'"},
        {"/routes?format=pprof", "html, text, json."},
        {"/routes?route=/orders&format=xml", "pprof"},
        {"/threads?x=1", "none is accepted here"},
        {"/?x=1", "none is accepted here"},
        {"profile", "begins with '/'"},
        {"*", "begins with '/'"},
        {"", "begins with '/'"}};
    for (const auto& [target, named] : wrong) {
        INFO(target);
        const endpoint_response response = service.get(target);
        CHECK(response.status == 400);
        CHECK(field(response, "Content-Type") == "text/plain; charset=utf-8");
        CHECK_THAT(response.body, Contains(named));
    }
    CHECK(service.profiles == 0);
}

TEST_CASE("endpoint: nothing but reading") {
    staged service;
    for (const char* const method : {"POST", "PUT", "DELETE", "OPTIONS", "get", "<script>"}) {
        const endpoint_response response =
            service.endpoint.answer(request_for("/profile", {}, "127.0.0.1", method)).response;
        CHECK(response.status == 405);
        CHECK(field(response, "Allow") == "GET, HEAD");
    }
    CHECK(service.profiles == 0);
}

TEST_CASE("endpoint: HEAD asks for no profile") {
    staged service;
    for (const char* const path : {"/", "/profile?seconds=60", "/routes"}) {
        const endpoint_answer answer =
            service.endpoint.answer(request_for(path, {}, "127.0.0.1", "HEAD"));
        CHECK_FALSE(answer.finish);
        CHECK(answer.response.status == 200);
        CHECK(answer.response.body.empty());
        CHECK_FALSE(field(answer.response, "Content-Type").empty());
    }
    CHECK(service.profiles == 0);
}

TEST_CASE("endpoint: who does not belong learns nothing") {
    staged service;
    const endpoint_response foreign =
        service.endpoint.answer(request_for("/profile", {}, "10.1.2.3")).response;
    CHECK(foreign.status == 403);
    CHECK_THAT(foreign.body, StartsWith("Only this machine is answered"));
    CHECK(service.answer("/", {{"Host", "evil.example"}}).response.status == 403);

    endpoint_options chosen;
    chosen.token = "0123456789abcdef";
    staged guarded(chosen);
    const endpoint_response refused = guarded.get("/nothing");
    CHECK(refused.status == 401);
    CHECK(refused.headers[1] ==
          std::pair<std::string, std::string>("WWW-Authenticate", "Bearer realm=\"scopetree\""));
    CHECK(guarded.answer("/threads", {{"Authorization", "Bearer 0123456789abcdef"}})
              .response.status == 200);
    CHECK(guarded.profiles == 1);
    CHECK(service.profiles == 0);
}

TEST_CASE("endpoint: a profile is what happened between") {
    staged service;
    service.profile_takes = 300ms;
    endpoint_answer answer = service.answer("/profile?seconds=5&format=folded");
    REQUIRE(answer.finish);
    CHECK(service.profiles == 1);
    CHECK(answer.wait == 4700ms); // what was begun counts
    const endpoint_response response = answer.finish();
    CHECK(response.status == 200);
    CHECK(response.body == "main;main;work 10000000\n");
    CHECK(field(response, "Content-Disposition") == "attachment; filename=\"profile-5s.folded\"");
    CHECK(field(response, "Cache-Control") == "no-store");
    CHECK(service.get("/profile?seconds=0&format=folded").body == "main;main;work 1020000000\n");
}

TEST_CASE("endpoint: Go's path takes a pprof profile") {
    staged service;
    for (const auto& [target, seconds] :
         {std::pair("/debug/pprof/profile", 30s), std::pair("/debug/pprof/profile?seconds=0", 30s),
          std::pair("/debug/pprof/profile?seconds=2&debug=1", 2s)}) {
        endpoint_answer answer = service.answer(target);
        REQUIRE(answer.finish);
        CHECK(answer.wait == seconds);
        const endpoint_response response = answer.finish();
        CHECK(field(response, "Content-Type") == "application/octet-stream");
        CHECK(response.body.substr(0, 2) == "\x1f\x8b");
        CHECK(field(response, "X-Go-Pprof") == "1");
    }
    endpoint_options chosen;
    chosen.longest_profile = 10s;
    CHECK(staged(chosen).answer("/debug/pprof/profile").wait == 10s);
    CHECK(field(service.get("/debug/pprof/profile?seconds=x"), "X-Go-Pprof") == "1");
}

TEST_CASE("endpoint: so many profiles at the same time, and no more") {
    endpoint_options chosen;
    chosen.most_profiles = 2;
    staged service(chosen);
    endpoint_answer first = service.answer("/profile");
    endpoint_answer second = service.answer("/debug/pprof/profile");
    const endpoint_response refused = service.get("/profile?seconds=7");
    CHECK(refused.status == 503);
    CHECK(field(refused, "Retry-After") == "7");
    CHECK_THAT(refused.body, Contains("2 profiles are being taken already"));
    CHECK(service.profiles == 2);
    first.finish = nullptr; // its client has gone
    CHECK(service.answer("/profile").finish);
    CHECK(service.answer("/profile").finish); // nobody held on to that one
    second.finish();
    second = {};
    CHECK(service.answer("/profile").finish);
}

TEST_CASE("endpoint: a source that fails is an answer") {
    staged service;
    endpoint_answer begun = service.answer("/profile");
    service.fails = true;
    const endpoint_response finished = begun.finish();
    CHECK(finished.status == 503);
    CHECK(finished.body == "nothing is profiled\n");
    CHECK(service.get("/profile").status == 503);
    CHECK(service.get("/threads").status == 503);
    CHECK(service.get("/routes").status == 200);
    service.fails = false;
    CHECK(service.get("/threads").status == 200);
}

TEST_CASE("endpoint: who asks again and again costs the service little") {
    staged service;
    for (int i = 0; i < 1'000; ++i) {
        service.get("/threads");
        service.get("/routes");
        service.get("/slowest");
    }
    CHECK(service.profiles == 1);
    CHECK(service.looks == 1);
    service.now += 1s;
    service.get("/threads");
    service.get("/slowest?id=17");
    CHECK(service.profiles == 2);
    CHECK(service.looks == 2);
}

TEST_CASE("endpoint: below a path of the user's server") {
    endpoint_options chosen;
    chosen.path = "/internal/live";
    staged service(chosen);
    CHECK(service.get("/internal/live/").status == 200);
    CHECK(service.get("/internal/live/threads").status == 200);
    CHECK(service.answer("/internal/live/profile").finish);
    const endpoint_response moved = service.get("/internal/live");
    CHECK(moved.status == 308);
    CHECK(field(moved, "Location") == "/internal/live/");
    for (const char* const elsewhere : {"/", "/threads", "/internal/lively", "/internal"}) {
        CHECK(service.get(elsewhere).status == 404);
        CHECK_THAT(service.get(elsewhere).body,
                   Contains("nothing here. There are, below /internal/live:"));
    }
}

TEST_CASE("endpoint: options that make no sense") {
    endpoint_options chosen;
    chosen.token = "short";
    CHECK_THROWS_AS(staged(chosen), std::invalid_argument);
}
