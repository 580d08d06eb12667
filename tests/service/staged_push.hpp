/// A run that needs no profiler, and what it takes to watch it being pushed.
#ifndef SCOPETREE_TESTS_SERVICE_STAGED_PUSH_HPP
#define SCOPETREE_TESTS_SERVICE_STAGED_PUSH_HPP

#include <scopetree/service/push.hpp>

#include <support/gunzip.hpp>
#include <support/recording_server.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace staged {

using namespace scopetree;
using namespace std::chrono_literals;
using test::recording_server;

inline constexpr unsigned accepts = 200;

inline unsigned accept_all(std::size_t, const recording_server::request&) {
    return accepts;
}

/// A run that goes on by itself: each look at it is 10 ms later, and a function more.
class staged_run {
public:
    explicit staged_run(std::int64_t began = 0) : began_(began) {}

    session operator()() {
        const std::lock_guard<std::mutex> lock(*mutex_);
        if (now_->threads.empty())
            begin();
        frame added;
        added.name = added.full_name = "work_" + std::to_string(now_->frames.size());
        call_node node;
        node.parent = 0;
        node.frame = static_cast<std::uint32_t>(now_->frames.size());
        node.wall_ns = 10'000'000;
        node.samples = 10;
        now_->frames.push_back(added);
        now_->duration_ns += node.wall_ns;
        now_->threads[0].wall_ns += node.wall_ns;
        now_->threads[0].nodes.push_back(node);
        return *now_;
    }

private:
    void begin() {
        now_->program = "./staged";
        now_->pid = 7;
        now_->recorded_unix_ns = began_;
        now_->interval_ns = 1'000'000;
        now_->frames.emplace_back().name = "main";
        now_->threads.resize(1);
        now_->threads[0].name = "main";
        now_->threads[0].tid = 7;
        now_->threads[0].nodes.resize(1);
        now_->threads[0].nodes[0].frame = 0;
    }

    std::int64_t began_;
    std::shared_ptr<std::mutex> mutex_ = std::make_shared<std::mutex>();
    std::shared_ptr<session> now_ = std::make_shared<session>();
};

inline push_options options_for(const std::string& url) {
    push_options chosen;
    chosen.url = url;
    chosen.application = "shop.front";
    chosen.interval = 10ms;
    chosen.shortest_pause = 1ms;
    chosen.longest_pause = 20ms;
    return chosen;
}

template <class Condition>
push_figures wait_until(const pusher& pushing, Condition&& condition) {
    const auto limit = std::chrono::steady_clock::now() + 60s;
    for (;;) {
        const push_figures figures = pushing.figures();
        if (condition(figures))
            return figures;
        if (std::chrono::steady_clock::now() > limit)
            throw std::runtime_error("waited for a minute; the last error: " + figures.last_error);
        std::this_thread::sleep_for(1ms);
    }
}

/// Each profile taken was sent, was dropped or waits.
inline bool add_up(const push_figures& f) {
    return f.taken == f.sent + f.dropped() + f.waiting;
}

inline bool has(const recording_server::request& sent, const std::string& text) {
    return test::gunzip(sent.body()).find(text) != std::string::npos;
}

/// A port that nobody listens on.
inline std::uint16_t closed_port() {
    return recording_server(accept_all).port();
}

inline std::string local(std::uint16_t port) {
    return "http://127.0.0.1:" + std::to_string(port);
}

} // namespace staged

#endif
