#include <scopetree/service/profile_writer.hpp>

#include "support/fork_at_rest.hpp"
#include "support/scratch_folder.hpp"
#include "support/service_profiles.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>

using namespace scopetree;
using namespace scopetree::detail;

namespace {

/// Where requests gather.
class staged_requests {
public:
    void add(std::uint64_t id) {
        const std::lock_guard<std::mutex> locked(mutex_);
        ids_.push_back(id);
    }

    service_profile take() {
        const std::lock_guard<std::mutex> locked(mutex_);
        test::service_builder built;
        built.route("GET", "/a", 1, 0, "a|a.cpp:1|30\n");
        for (const std::uint64_t id : ids_)
            built.request(0, id, 200, "a|a.cpp:1|20\n");
        ids_.clear();
        return *built;
    }

private:
    std::mutex mutex_;
    std::vector<std::uint64_t> ids_;
};

bool eventually(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!condition() && std::chrono::steady_clock::now() < limit)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return condition();
}

middleware_options json_in(const test::scratch_folder& folder) {
    middleware_options chosen;
    chosen.output_type = {"json"};
    chosen.file_name = folder / "{id}";
    chosen.max_profiles_per_route = 100'000;
    return chosen;
}

} // namespace

TEST_CASE("profile writer: requests are put out by another thread, as they come",
          "[profile_writer]") {
    const test::scratch_folder folder;
    profile_outputs outputs(json_in(folder));
    staged_requests requests;
    std::atomic<bool> same_thread{false};
    const std::thread::id here = std::this_thread::get_id();
    profile_writer writer(outputs, [&] {
        if (std::this_thread::get_id() == here)
            same_thread = true;
        return requests.take();
    });
    for (std::uint64_t id = 1; id <= 3; ++id) {
        REQUIRE(writer.reserve());
        requests.add(id);
        writer.announce();
        CHECK(eventually([&] { return outputs.written() == id; }));
    }
    CHECK_FALSE(same_thread);
    CHECK(folder.names().size() == 3);
}

TEST_CASE("profile writer: what comes too fast is dropped, and counted", "[profile_writer]") {
    const test::scratch_folder folder;
    profile_outputs outputs(json_in(folder));
    staged_requests requests;
    std::atomic<bool> blocked{true};
    profile_writer writer(outputs, [&] {
        while (blocked)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return requests.take();
    });
    std::uint64_t accepted = 0;
    for (std::uint64_t id = 1; id <= 1'000; ++id) {
        if (!writer.reserve())
            continue;
        ++accepted;
        requests.add(id);
        writer.announce();
    }
    CHECK(accepted == profile_writer::most_waiting);
    CHECK(writer.dropped() == 1'000 - accepted);
    blocked = false;
    CHECK(eventually([&] { return outputs.written() == accepted; }));
    CHECK(eventually([&] { return writer.reserve(); })); // there is room again
}

TEST_CASE("profile writer: stopping puts out what is still there", "[profile_writer]") {
    const test::scratch_folder folder;
    profile_outputs outputs(json_in(folder));
    staged_requests requests;
    {
        profile_writer writer(outputs, [&] { return requests.take(); });
        for (std::uint64_t id = 1; id <= 50; ++id) {
            REQUIRE(writer.reserve());
            requests.add(id);
            writer.announce();
        }
        writer.stop();
        CHECK(outputs.written() == 50);
        CHECK_FALSE(writer.reserve());
    }
}

TEST_CASE("profile writer: requests that never come do not take the room for ever",
          "[profile_writer]") {
    const test::scratch_folder folder;
    profile_outputs outputs(json_in(folder));
    std::atomic<bool> throws{false};
    profile_writer writer(outputs, [&]() -> service_profile {
        if (throws)
            throw std::runtime_error("not running");
        return {};
    });
    for (int round = 0; round < 2; ++round, throws = true) {
        while (writer.reserve())
            writer.announce();
        CHECK(eventually([&] { return writer.reserve(); }));
        writer.announce();
    }
    CHECK(writer.dropped() >= 2 * profile_writer::most_waiting);
    CHECK(outputs.written() == 0);
}

TEST_CASE("profile writer: a forked child can leave", "[profile_writer]") {
    const test::scratch_folder folder;
    profile_outputs outputs(json_in(folder));
    auto* const writer = new profile_writer(outputs, [] { return service_profile(); });
    const pid_t child = test::fork_at_rest();
    if (child == 0) {
        delete writer;
        ::_exit(7);
    }
    int status = 0;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(WEXITSTATUS(status) == 7);
    delete writer;
}
