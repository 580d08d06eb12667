#include <scopetree/render/service_json.hpp>

#include "support/service_profiles.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <catch2/catch.hpp>

#include <sstream>
#include <stdexcept>
#include <string>

using namespace scopetree;
namespace json = boost::json;

namespace {

std::string written(const service_profile& source, const tree_options& chosen = {}) {
    std::ostringstream stream;
    write_json(stream, source, chosen);
    return stream.str();
}

json::value read(const service_profile& source, const tree_options& chosen = {}) {
    return json::parse(written(source, chosen));
}

} // namespace

TEST_CASE("service json: routes and requests with their figures and trees", "[service_json]") {
    const json::value report = read(test::shop_profile());
    CHECK(report.at("format").as_string() == "scopetree-service");
    CHECK(report.at("version").as_int64() == 1);
    CHECK(report.at("program").as_string() == "./server --port 80");
    CHECK(report.at("routes").as_array().size() == 3);
    json::object route = report.at("routes").at(1).as_object();
    const json::value tree = route["tree"];
    route.erase("tree");
    CHECK(json::serialize(route) ==
          R"({"method":"POST","route":"/orders","requests":40,"errors":0,"p50_ns":25000000,)"
          R"("p95_ns":50000000,"p99_ns":75000000,"max_ns":100000000,"latency_ns":1000000000,)"
          R"("active_ns":900000000,"cpu_ns":20000000,"samples":1000})");
    CHECK(tree.at("name").as_string() == "POST /orders");
    CHECK(tree.at("time_ns").as_int64() == 1'000'000'000);
    CHECK(tree.at("children").at(0).at("name").as_string() == "[await]");
    CHECK(tree.at("children").at(1).at("name").as_string() == "store");
    CHECK(report.at("requests").as_array().size() == 2);
    json::object request = report.at("requests").at(1).as_object();
    CHECK(request["tree"].at("time_ns").as_int64() == 210'000'000);
    request.erase("tree");
    CHECK(json::serialize(request) ==
          R"({"id":230,"method":"POST","route":"/orders","status":503,)"
          R"("started_unix_ns":1748786605000000000,"latency_ns":210000000,)"
          R"("active_ns":210000000,"cpu_ns":10000000,"samples":210})");
}

TEST_CASE("service json: the options choose the trees", "[service_json]") {
    tree_options chosen;
    chosen.clock = report_clock::both;
    const json::value report = read(test::shop_profile(), chosen);
    CHECK(report.at("clock").as_string() == "both");
    CHECK(report.at("routes").at(1).at("tree").at("cpu_time_ns").as_int64() == 20'000'000);
    chosen.timeline = true;
    CHECK_THROWS_AS(written(test::shop_profile(), chosen), std::invalid_argument);
}

TEST_CASE("service json: nothing served, and names of any bytes", "[service_json]") {
    const json::value empty = read(service_profile());
    CHECK(empty.at("routes").as_array().empty());
    CHECK(empty.at("requests").as_array().empty());
    const json::value hostile = read(test::hostile_profile());
    CHECK(hostile.at("routes").at(0).at("route").as_string() == "/</script><b>\uFFFD\u202e\"{x}\n");
    CHECK(hostile.at("requests").at(0).at("method").as_string() == "G\x1b[31mET");
    service_profile unsampled = test::shop_profile();
    unsampled.trees.threads[2].nodes.clear();
    CHECK(read(unsampled).at("routes").at(2).at("tree").is_null());
}

TEST_CASE("service json: an inconsistent profile is refused", "[service_json]") {
    service_profile profile = test::shop_profile();
    profile.requests[0].route = 3;
    CHECK_THROWS_AS(written(profile), std::invalid_argument);
}
