#include "work.hpp"

#include <scopetree/scope.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace shop {
namespace {

namespace json = boost::json;

/// What a database would return.
std::string stored_order(unsigned id) {
    PROFILE_FUNCTION();
    json::array lines;
    for (unsigned i = 0; i < 40; ++i)
        lines.push_back({{"article", "article " + std::to_string(id + i)},
                         {"pieces", i % 7 + 1},
                         {"cents", (id * 37 + i * 101) % 5'000}});
    return json::serialize(json::value{{"id", id}, {"lines", lines}});
}

void add_up(json::object& order) {
    PROFILE_FUNCTION();
    std::int64_t cents = 0;
    for (const json::value& line : order["lines"].as_array())
        cents += line.at("pieces").as_int64() * line.at("cents").as_int64();
    order["total_cents"] = cents;
}

/// Quadratic, and nobody noticed, since most orders have hardly any history.
std::size_t repeated_entries(const std::vector<std::string>& history) {
    PROFILE_FUNCTION();
    std::size_t repeated = 0;
    for (std::size_t i = 0; i < history.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            repeated += history[i] == history[k] ? 1 : 0;
    return repeated;
}

} // namespace

std::string order(unsigned id) {
    json::value parsed;
    {
        PROFILE_SCOPE("parse");
        parsed = json::parse(stored_order(id));
    }
    json::object& order = parsed.as_object();
    add_up(order);
    std::vector<std::string> history(id % 50 == 7 ? 4'000 : 20);
    for (std::size_t i = 0; i < history.size(); ++i)
        history[i] = "changed by clerk " + std::to_string(i % 1'000);
    order["repeated"] = repeated_entries(history);
    PROFILE_SCOPE("serialize");
    return json::serialize(order);
}

std::string best_sellers() {
    std::mt19937 random(42);
    std::vector<std::string> articles(3'000);
    {
        PROFILE_SCOPE("load");
        for (std::string& article : articles)
            article = "article " + std::to_string(random() % 100'000);
    }
    PROFILE_SCOPE("sort");
    std::sort(articles.begin(), articles.end());
    articles.resize(10);
    return json::serialize(json::value_from(articles));
}

void fail() {
    PROFILE_FUNCTION();
    throw std::runtime_error("this route always fails");
}

} // namespace shop
