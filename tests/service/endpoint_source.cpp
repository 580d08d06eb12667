#include <scopetree/service/endpoint_source.hpp>

#include <catch2/catch.hpp>

#include <chrono>

using namespace std::chrono_literals;

TEST_CASE("endpoint_source: what is dear is not made for everybody who asks") {
    std::chrono::steady_clock::time_point now{1h};
    scopetree::endpoint_source source;
    source.now = [&] { return now; };
    auto cost = 0ms;
    int made = 0;
    const auto make = [&] {
        now += cost;
        return ++made;
    };
    scopetree::detail::reused<int> result;
    CHECK(*result.get(source, make) == 1);
    now += 999ms;
    CHECK(*result.get(source, make) == 1);
    now += 1ms;
    cost = 2000ms;
    const auto second = result.get(source, make);
    CHECK(*second == 2);
    now += 17'999ms; // nine times what it took
    CHECK(*result.get(source, make) == 2);
    now += 1ms;
    CHECK(*result.get(source, make) == 3);
    CHECK(*second == 2);
}
