#include <scopetree/service/middleware_options.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <limits>
#include <stdexcept>
#include <string>

using namespace scopetree;
using namespace scopetree::detail;

namespace {

/// What a refusal says; empty if there is none.
template <class Change>
std::string refusal(Change&& change) {
    middleware_options chosen;
    change(chosen);
    try {
        check_middleware_options(chosen);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

} // namespace

TEST_CASE("middleware options: what makes sense is accepted", "[middleware_options]") {
    CHECK(refusal([](middleware_options&) {}).empty());
    CHECK(refusal([](middleware_options& o) {
              o.output_type = {"text", "json", "html", "speedscope", "pprof"};
              o.file_name = "profiles/{method}/{route}-{time}{id}.html";
              o.slow_threshold = std::chrono::milliseconds(200);
              o.sample_rate = 0;
              o.filter_routes = {"/health", "GET /internal/*"};
              o.max_profiles_per_route = 1;
          }).empty());
    CHECK(outputs_of({"json", "html", "json"}).size() == 2);
}

TEST_CASE("middleware options: what makes no sense is refused with what is accepted",
          "[middleware_options]") {
    const std::string start = "scopetree: profiler_middleware: ";
    CHECK(refusal([](middleware_options& o) {
              o.output_type = {"html", "htlm"};
          }) == start + "output_type is \"htlm\"; accepted: one or several of text, json, html, "
                        "speedscope, pprof");
    CHECK(refusal([](middleware_options& o) {
              o.output_type = {"\x1b[2J"};
          }).find("\"?[2J\"; accepted: ") != std::string::npos);
    CHECK(refusal([](middleware_options& o) {
              o.output_type = {};
          }).find("output_type is empty; accepted: ") != std::string::npos);
    CHECK(refusal([](middleware_options& o) { o.slow_threshold = std::chrono::seconds(-1); }) ==
          start + "slow_threshold is -1000000000 ns; accepted: 0 and above");
    for (const double rate : {-0.1, 1.5, std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::infinity()})
        CHECK(refusal([&](middleware_options& o) {
                  o.sample_rate = rate;
              }).find("; accepted: 0 to 1") != std::string::npos);
    CHECK(refusal([](middleware_options& o) {
              o.filter_routes = {"/a", ""};
          }).find("filter_routes is an empty pattern; accepted: ") != std::string::npos);
    CHECK(refusal([](middleware_options& o) { o.max_profiles_per_route = 0; }) ==
          start + "max_profiles_per_route is 0; accepted: 1 and above");
    for (const char* const name : {"{rout}.html", "a}b", "{id", "{}", "{{id}}", "profiles/"})
        CHECK(refusal([&](middleware_options& o) {
                  o.file_name = name;
              }).find("; accepted: a path in which {method}, {route}, {time} and {id}") !=
              std::string::npos);
}
