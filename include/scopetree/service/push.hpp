/// Sends what the process does to a Grafana Pyroscope server, every ten seconds.
#ifndef SCOPETREE_SERVICE_PUSH_HPP
#define SCOPETREE_SERVICE_PUSH_HPP

#include <scopetree/process/session_between.hpp>
#include <scopetree/service/endpoint_process.hpp>
#include <scopetree/service/live.hpp>
#include <scopetree/service/push_exchange.hpp>
#include <scopetree/service/push_options.hpp>
#include <scopetree/service/push_profile.hpp>
#include <scopetree/service/push_queue.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <pthread.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Takes a window of the run at every interval, and sends those that wait one by one. All happens
/// on a thread of its own; only stop() and figures() are called from others.
class push_worker : public ends_at_exit, public std::enable_shared_from_this<push_worker> {
public:
    using clock = std::chrono::steady_clock;

    push_worker(const push_options& chosen, std::function<session()> source)
        : chosen_(chosen), url_(check_push_options(chosen)), source_(std::move(source)),
          queue_(chosen.queue_limit), random_(static_cast<std::uint32_t>(monotonic_ns())),
          looked_unix_ns_(read_clock(CLOCK_REALTIME)) {}

    /// The program's signals are not for the thread.
    void start() {
        sigset_t all, before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            thread_ = std::thread([self = shared_from_this()] { self->run(); });
        } catch (...) {
            ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
            throw;
        }
        ::pthread_setname_np(thread_.native_handle(), "scopetree-push");
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    /// The thread is left to itself if it is not ready in time: looking up a host's name can take
    /// half a minute, and nothing can end that.
    void stop() {
        const std::lock_guard<std::mutex> one_at_a_time(stopping_);
        if (!thread_.joinable())
            return;
        boost::asio::post(io_, [self = shared_from_this()] { self->begin_end(); });
        std::unique_lock<std::mutex> lock(mutex_);
        const bool ended = ended_.wait_for(lock, chosen_.stop_limit + std::chrono::seconds(3),
                                           [this] { return has_ended_; });
        lock.unlock();
        if (ended)
            thread_.join();
        else
            thread_.detach();
    }

    /// What goes wrong at the very end can only be left.
    void end() noexcept override {
        try {
            stop();
        } catch (const std::exception&) {
        }
    }

    push_figures figures() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        return figures_;
    }

private:
    void run() {
        take(); // looks, at least: windows begin here
        next_tick_ = clock::now();
        wait_for_tick();
        for (;;) {
            try {
                io_.run();
                break;
            } catch (const std::exception& error) {
                note([&](push_figures& figures) { figures.last_error = error.what(); });
            }
        }
        const std::lock_guard<std::mutex> lock(mutex_);
        queue_.end(figures_);
        has_ended_ = true;
        ended_.notify_all();
    }

    template <class Change>
    void note(Change&& change) {
        const std::lock_guard<std::mutex> lock(mutex_);
        change(figures_);
    }

    void wait_for_tick() {
        next_tick_ = std::max(next_tick_ + chosen_.interval, clock::now());
        tick_.expires_at(next_tick_);
        tick_.async_wait([this](const boost::system::error_code& error) {
            if (error || is_ending_)
                return;
            wait_for_tick();
            take();
            send();
        });
    }

    /// Calls `use(window)` with what happened since the last look. A run that began since is seen
    /// from its begin on; of one that was there before nobody looked, nothing is known until now.
    template <class Use>
    void look(Use&& use) {
        const std::int64_t before = std::exchange(looked_unix_ns_, read_clock(CLOCK_REALTIME));
        try {
            session now = source_();
            const bool same = earlier_ && earlier_->pid == now.pid &&
                              earlier_->recorded_unix_ns == now.recorded_unix_ns;
            if (!same) {
                earlier_.emplace();
                earlier_->pid = now.pid;
                earlier_->recorded_unix_ns = now.recorded_unix_ns;
            }
            if (same || now.recorded_unix_ns >= before) {
                session window = session_between(*earlier_, now);
                // The clock may have been set since the run began.
                window.recorded_unix_ns = looked_unix_ns_ - window.duration_ns;
                use(window);
            }
            earlier_ = std::move(now);
        } catch (const std::exception& error) {
            earlier_.reset();
            note([&](push_figures& figures) {
                ++figures.missed;
                figures.last_error = text_of(error);
            });
        }
    }

    void take() {
        look([this](const session& window) {
            if (window.threads.empty())
                return;
            push_profile profile = make_push_profile(window);
            note([&](push_figures& figures) {
                ++figures.taken;
                figures.thinned += profile.thinned ? 1 : 0;
                queue_.push(std::move(profile), is_sending_, figures);
            });
        });
    }

    /// Sends the oldest one, unless one is on its way or a pause is to be kept.
    void send() {
        if (is_sending_ || is_pausing_)
            return;
        const push_profile* next = nullptr;
        note([&](push_figures& figures) {
            next = queue_.next(read_clock(CLOCK_REALTIME), figures);
            figures.attempts += next != nullptr ? 1 : 0;
        });
        if (next == nullptr) {
            if (is_ending_)
                io_.stop();
            return;
        }
        is_sending_ = true;
        const auto done = [this](const push_result& result) {
            is_sending_ = false;
            finish(result);
        };
        try {
            std::make_shared<push_exchange>(io_, url_, chosen_)
                ->start(push_target(url_, chosen_, next->from_unix_ns, next->until_unix_ns,
                                    next->interval_ns),
                        next->body, done);
        } catch (const std::exception& error) {
            done({push_outcome::try_again, error.what()});
        }
    }

    void finish(const push_result& result) {
        note([&](push_figures& figures) {
            if (!result.error.empty())
                figures.last_error = result.error;
            figures.failures += result.outcome == push_outcome::try_again ? 1 : 0;
            figures.dropped_refused += result.outcome == push_outcome::refused ? 1 : 0;
            if (result.outcome == push_outcome::accepted) {
                ++figures.sent;
                figures.sent_bytes += queue_.first().body.size();
            }
            if (result.outcome != push_outcome::try_again)
                queue_.pop(figures);
        });
        tell_once(result);
        if (result.outcome != push_outcome::try_again) {
            failures_ = 0;
            send();
        } else if (is_ending_) {
            io_.stop();
        } else {
            pause();
        }
    }

    void pause() {
        const double chance = std::uniform_real_distribution<double>()(random_);
        is_pausing_ = true;
        pause_.expires_after(
            push_pause(++failures_, chosen_.shortest_pause, chosen_.longest_pause, chance));
        pause_.async_wait([this](const boost::system::error_code& error) {
            if (error)
                return;
            is_pausing_ = false;
            send();
        });
    }

    /// The first of each kind of failure: a log must not be filled by a server that is away.
    void tell_once(const push_result& result) {
        bool& told = result.outcome == push_outcome::refused ? told_refused_ : told_failure_;
        if (result.outcome == push_outcome::accepted || std::exchange(told, true))
            return;
        complain("a profile could not be pushed to " + chosen_.url + ": " + result.error +
                 (result.outcome == push_outcome::refused ? "; it is dropped"
                                                          : "; trying again from now on"));
    }

    /// One more window, and a last attempt for what waits.
    void begin_end() {
        is_ending_ = true;
        tick_.cancel();
        pause_.cancel();
        is_pausing_ = false;
        take();
        if (chosen_.stop_limit.count() == 0) {
            io_.stop();
            return;
        }
        end_.expires_after(chosen_.stop_limit);
        end_.async_wait([this](const boost::system::error_code&) { io_.stop(); });
        send();
    }

    const push_options chosen_;
    const push_url url_;
    const std::function<session()> source_;
    mutable std::mutex mutex_; ///< of the figures, and of the queue that counts in them
    push_queue queue_;
    push_figures figures_;
    std::condition_variable ended_;
    bool has_ended_ = false;
    std::mutex stopping_;
    std::thread thread_;

    // The thread's own.
    boost::asio::io_context io_{1};
    boost::asio::steady_timer tick_{io_}, pause_{io_}, end_{io_};
    std::minstd_rand random_;
    clock::time_point next_tick_;
    std::optional<session> earlier_;
    std::int64_t looked_unix_ns_;
    std::uint32_t failures_ = 0; ///< in a row
    bool is_sending_ = false;
    bool is_pausing_ = false;
    bool is_ending_ = false;
    bool told_failure_ = false;
    bool told_refused_ = false;
};

} // namespace detail

/// Pushes while it lives: every ten seconds a profile of what happened in them, to the server's
/// /ingest. Costs the program nothing but a snapshot each time; what cannot be sent waits in
/// bounded memory, is tried again with longer and longer pauses, and is dropped and counted in the
/// end. Every function may be called from any thread. It ends with the program at the latest, and
/// does nothing in the child of a fork.
class pusher {
public:
    /// Starts profiling as ensure_profiling() does, and the thread that pushes. Throws
    /// std::invalid_argument for options that make no sense, std::system_error without a thread.
    explicit pusher(const push_options& chosen) : pusher(chosen, live_source(chosen)) {}

    /// Pushes what `source` returns: snapshots of one run after the other. It is called on the
    /// pusher's thread, and may throw.
    pusher(const push_options& chosen, std::function<session()> source)
        : worker_(std::make_shared<detail::push_worker>(chosen, std::move(source))) {
        worker_->start();
        detail::endpoint_process::instance().end_at_exit(worker_);
    }
    pusher(const pusher&) = delete;
    pusher& operator=(const pusher&) = delete;

    ~pusher() {
        if (pid_ == ::getpid())
            worker_->end();
    }

    /// Sends the last window and what waits, as far as that succeeds at once and within
    /// push_options::stop_limit, and ends. Takes three seconds longer at most; what is left is
    /// dropped.
    void stop() {
        if (pid_ == ::getpid())
            worker_->stop();
    }

    push_figures figures() const {
        return pid_ == ::getpid() ? worker_->figures() : push_figures();
    }

private:
    static std::function<session()> live_source(const push_options& chosen) {
        detail::check_push_options(chosen);
        ensure_profiling();
        return [symbols = chosen.symbols] { return live_session(symbols); };
    }

    std::shared_ptr<detail::push_worker> worker_;
    pid_t pid_ = ::getpid();
};

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
