#include <scopetree/service/endpoint_page.hpp>

#include <catch2/catch.hpp>

#include <string>

using Catch::Matchers::Contains;
using scopetree::detail::csp_hash;

namespace {

/// What stands in the only element of that name without attributes.
std::string inside(const std::string& html, const std::string& element) {
    const std::size_t begin = html.find("<" + element + ">") + element.size() + 2;
    return html.substr(begin, html.find("</" + element + ">", begin) - begin);
}

} // namespace

TEST_CASE("endpoint_page: the policy allows the page's own script and style") {
    const auto page = scopetree::detail::make_endpoint_page(60);
    CHECK_THAT(page.policy, Contains("default-src 'none'"));
    CHECK_THAT(page.policy, Contains("script-src '" + csp_hash(inside(page.html, "script")) + "'"));
    CHECK_THAT(page.policy, Contains("style-src '" + csp_hash(inside(page.html, "style")) + "'"));
    CHECK_THAT(page.policy, !Contains("unsafe"));
    CHECK(page.html.find("<script", page.html.find("<script") + 1) == std::string::npos);
}

TEST_CASE("endpoint_page: text is only ever set as text, and stays small") {
    const auto page = scopetree::detail::make_endpoint_page(60);
    for (const char* const dangerous :
         {"innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "http://",
          "https://", "style=\""})
        CHECK_THAT(page.html, !Contains(dangerous));
    CHECK(page.html.size() < 32 * 1024);
    CHECK_THAT(page.html, Contains("data-longest=\"60\""));
}
