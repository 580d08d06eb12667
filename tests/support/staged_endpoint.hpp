/// A live endpoint whose figures and clock the test sets.
#ifndef SCOPETREE_TESTS_SUPPORT_STAGED_ENDPOINT_HPP
#define SCOPETREE_TESTS_SUPPORT_STAGED_ENDPOINT_HPP

#include <scopetree/service/endpoint_request.hpp>
#include <scopetree/service/endpoint_source.hpp>

#include "support/service_profiles.hpp"
#include "support/session_builder.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

namespace test {

/// Snapshots count the milliseconds of `work`: 1,000, 1,010, 1,020, …
class staged_source {
public:
    scopetree::endpoint_source source() {
        scopetree::endpoint_source made;
        made.profile = [this] {
            ++profiles;
            now += profile_takes;
            if (fails)
                throw std::runtime_error("nothing is profiled");
            return snapshot(990 + 10 * profiles);
        };
        made.between = [](const scopetree::session& earlier, const scopetree::session& later) {
            return snapshot((later.duration_ns - earlier.duration_ns) / 1'000'000);
        };
        made.requests = [this] {
            ++looks;
            return shop_profile();
        };
        made.now = [this] { return now; };
        return made;
    }

    std::atomic<int> profiles{0}; ///< that were taken
    std::atomic<int> looks{0};    ///< at the requests
    bool fails = false;
    std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
    std::chrono::steady_clock::duration profile_takes{0};

private:
    static scopetree::session snapshot(std::int64_t ms) {
        session_builder built;
        built.thread("main", "main|main.cpp:1|0\n  work|main.cpp:9|" + std::to_string(ms) + "\n");
        scopetree::session result = *built;
        result.duration_ns = ms * 1'000'000;
        return result;
    }
};

using headers = std::map<std::string, std::string>;

/// As a client on this machine asks.
inline scopetree::endpoint_request request_for(const std::string& target, headers fields = {},
                                               const std::string& peer = "127.0.0.1",
                                               const std::string& method = "GET") {
    fields.emplace("Host", "127.0.0.1:6060");
    return {method, target, peer, [fields](const char* name) {
                const auto found = fields.find(name);
                return found == fields.end() ? std::string() : found->second;
            }};
}

/// The value of a field of the response; empty if there is none.
inline std::string field(const scopetree::endpoint_response& response, const std::string& name) {
    for (const auto& [each, value] : response.headers)
        if (each == name)
            return value;
    return {};
}

} // namespace test

#endif
