#include <scopetree/render/service_html.hpp>

#include "support/service_profiles.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <sstream>
#include <stdexcept>
#include <string>

#include <stdlib.h>
#include <time.h>

using namespace scopetree;

namespace {

std::string page_of(const service_profile& source) {
    std::ostringstream stream;
    write_html(stream, source);
    return stream.str();
}

std::string data_text(const std::string& page) {
    const std::string begin = "<script type=\"application/json\" id=\"data\">";
    const std::size_t from = page.find(begin) + begin.size();
    return page.substr(from, page.find("</script>", from) - from);
}

boost::json::value data_of(const service_profile& source) {
    return boost::json::parse(data_text(page_of(source)));
}

} // namespace

TEST_CASE("service html: figures stand beside their trees", "[service_html]") {
    setenv("TZ", "UTC", 1);
    tzset();
    const boost::json::value data = data_of(test::shop_profile());
    CHECK(boost::json::serialize(data.at("service")) ==
          R"({"routes":[)"
          R"(["GET","/orders/{id}",1200,12,2000000,4000000,6000000,8000000,2030000000,2400000000],)"
          R"(["POST","/orders",40,0,25000000,50000000,75000000,100000000,20000000,1000000000],)"
          R"(["GET","/health",5000,0,1000,2000,3000,4000,5000000,5000000]],)"
          R"("requests":[[0,17,200,"2025-06-01 14:03:25",813000000,4000000],)"
          R"([1,230,503,"2025-06-01 14:03:25",210000000,10000000]]})");
    std::string names;
    for (const boost::json::value& thread : data.at("threads").as_array())
        names += std::string(thread.at("name").as_string()) + "\n";
    // In the profile's order, whichever took most CPU time.
    CHECK(names == "GET /orders/{id}\nPOST /orders\nGET /health\n"
                   "GET /orders/{id}, request 17\nPOST /orders, request 230\n");
    CHECK(boost::json::serialize(data.at("facts")).find(R"(["Requests","6,240"])") !=
          std::string::npos);
}

TEST_CASE("service html: hostile names stay text, and the policy names the script",
          "[service_html]") {
    const std::string page = page_of(test::hostile_profile());
    CHECK(data_text(page).find_first_of("<>&\x1b\xff") == std::string::npos);
    const std::size_t from = page.find("<script>") + 8;
    const std::string script = page.substr(from, page.find("</script>", from) - from);
    CHECK(page.find("script-src '" + detail::csp_hash(script) + "'") != std::string::npos);
    CHECK(script.find('`') == std::string::npos); // see squeeze
    CHECK(page.size() - data_text(page).size() <= 72 * 1024);
}

TEST_CASE("service html: nothing served is a page", "[service_html]") {
    const boost::json::value data = data_of(service_profile());
    CHECK(data.at("threads").as_array().empty());
    CHECK(boost::json::serialize(data.at("service")) == R"({"routes":[],"requests":[]})");
    service_profile wrong = test::shop_profile();
    wrong.requests[1].route = 9;
    CHECK_THROWS_AS(page_of(wrong), std::invalid_argument);
}
