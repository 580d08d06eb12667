/// What the requests of one run took: all of a route together, and the slowest one by one.
#ifndef SCOPETREE_MODEL_REQUEST_STORE_HPP
#define SCOPETREE_MODEL_REQUEST_STORE_HPP

#include <scopetree/capture/request_table.hpp>
#include <scopetree/model/call_tree.hpp>
#include <scopetree/model/scope_paths.hpp>
#include <scopetree/model/scope_usage.hpp>
#include <scopetree/model/thread_track.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Lists of values in one array; what is given back is used again.
template <class T>
class list_pool {
public:
    static constexpr std::uint32_t none = 0xffff'ffffu;

    /// Puts a value in front of the list that begins at `head`.
    void add(std::uint32_t& head, const T& value) {
        std::uint32_t at = free_;
        if (at != none) {
            free_ = entries_[at].next;
        } else {
            at = static_cast<std::uint32_t>(entries_.size());
            entries_.emplace_back();
        }
        entries_[at] = {value, head};
        head = at;
    }

    /// Empties a list. O(its length).
    void release(std::uint32_t& head) noexcept {
        while (head != none) {
            const std::uint32_t next = entries_[head].next;
            entries_[head].next = free_;
            free_ = head;
            head = next;
        }
    }

    std::uint32_t next(std::uint32_t at) const noexcept { return entries_[at].next; }
    T& operator[](std::uint32_t at) noexcept { return entries_[at].value; }
    const T& operator[](std::uint32_t at) const noexcept { return entries_[at].value; }

private:
    struct entry {
        T value;
        std::uint32_t next;
    };
    mapped_vector<entry> entries_;
    std::uint32_t free_ = none;
};

/// What a request is credited with at a leaf of request_store::tree().
struct request_credit {
    std::uint32_t leaf;
    std::int64_t wall_ns;
    std::int64_t cpu_ns;
    std::uint64_t samples;
};

/// How often a request entered a scope, and how long it waited in it to be resumed; the node is one
/// of request_store's paths.
struct request_calls {
    const scope_node* node;
    std::uint64_t calls;
    std::uint64_t awaited_ns;
};

/// A request that is over, and what is known of it. Times as in request_figures.
struct ended_request {
    const request_route* route = nullptr; ///< null: an empty place
    std::uint64_t id = 0;
    int status = 0;
    std::int64_t begun_ns = 0;
    std::int64_t latency_ns = 0;
    std::int64_t served_ns = 0;
    std::uint32_t credits = list_pool<request_credit>::none;
    std::uint32_t calls = list_pool<request_calls>::none;
};

/// All that is known of a run's requests, or of some: a copy that nobody else writes to. Its
/// scopes' nodes are the store's.
struct request_accounts {
    mapped_vector<call_tree::path> paths;
    mapped_vector<call_tree::leaf>
        leaves;        ///< all requests together; the outermost scope is a route's
    scope_usage usage; ///< of the scopes of all requests
    mapped_vector<const request_route*> routes;
    mapped_vector<ended_request> requests;
    list_pool<request_credit> credits;
    list_pool<request_calls> calls;
};

/// A leaf of a thread's tree that lies within a request: which one was last seen there, where that
/// stands in the tree of all requests, and how much of it has been passed on.
struct request_leaf {
    std::uint32_t leaf = hash_index::none;
    request_reference seen;
    std::uint32_t credit = list_pool<request_credit>::none; ///< of the request in `seen`
    std::int64_t wall_ns = 0;
    std::int64_t cpu_ns = 0;
    std::uint64_t samples = 0;
};

/// Follows what threads are credited with, and passes on what belongs to a request. Guarded by the
/// registry's lock; never calls malloc. Memory grows with routes, distinct paths and the requests
/// that are served at once, not with time.
class request_store {
public:
    /// So many requests that somebody wants wait to be taken; more are dropped.
    static constexpr std::size_t max_wanted = 256;

    explicit request_store(std::uint32_t slowest = 10) : slowest_(slowest) {}

    /// The scope that a sample is filed under in its thread's tree.
    const scope_node* scope_of(const scope_node* outer, const request_place& place) {
        return place.context == nullptr ? outer : paths_.below(*outer, place);
    }

    /// A sample within a request has been filed under `leaf` of the thread's tree. `leaves`: those
    /// of the thread, by that index.
    void see(mapped_vector<request_leaf>& leaves, std::uint32_t leaf, const sample& taken,
             location_table& locations) {
        if (taken.request.context == nullptr)
            return;
        if (leaf >= leaves.size())
            leaves.resize(std::max<std::size_t>(leaf + 1, 2 * leaves.size()));
        request_leaf& at = leaves[leaf];
        if (at.leaf == hash_index::none) {
            sample same = taken;
            same.scope = scope_of(&root_, taken.request);
            at.leaf = tree_.leaf_of(same, locations);
        }
        const request_reference now{&taken.request.context->request(), taken.request.generation};
        if (now.context == at.seen.context && now.generation == at.seen.generation)
            return;
        at.seen = now;
        request_context& request = *now.context;
        if (request.credits_generation != now.generation) {
            request.credits_generation = now.generation;
            request.credits = none;
        }
        at.credit = find_credit(request.credits, at.leaf);
    }

    /// Passes on what the thread's track has just credited.
    void pass_on(mapped_vector<request_leaf>& leaves, const thread_track& track) {
        const thread_track::credited_leaves credited = track.credited();
        for (std::uint32_t i = 0; i < credited.count; ++i) {
            const std::uint32_t leaf = credited.leaves[i];
            if (leaf < leaves.size() && leaves[leaf].leaf != hash_index::none)
                pass_on(leaves[leaf], track.tree().leaves()[leaf]);
        }
    }

    /// Takes over requests from request_table::take_ended, whose samples must all have been seen.
    void collect(request_table& requests, request_context* ended) {
        while (ended != nullptr) {
            request_context* const next = ended->next_ended;
            collect(*ended);
            requests.recycle(*ended);
            ended = next;
        }
    }

    /// From now on what happens in scopes counts from zero.
    void begin(const request_table& requests) {
        for_each_node(requests, [&](const request_route&, const scope_node& node) {
            const auto key = reinterpret_cast<std::uintptr_t>(&node);
            before_index_.set(key, 0, static_cast<std::uint32_t>(before_.size()));
            before_.push_back({__atomic_load_n(&node.calls, __ATOMIC_RELAXED), ended_waits(node)});
        });
    }

    /// The slowest requests of each route, beside what all of them took. `epoch`: of this run.
    request_accounts copy_slowest(const request_table& requests, std::uint64_t epoch) {
        return copy(requests, epoch, slow_);
    }

    /// The requests that were wanted since the last time.
    request_accounts take_wanted(const request_table& requests, std::uint64_t epoch) {
        request_accounts result = copy(requests, epoch, wanted_);
        for (ended_request& each : wanted_)
            release(each);
        wanted_.clear();
        return result;
    }

    /// Wanted requests that were dropped, since there were too many of them.
    std::uint64_t dropped() const noexcept { return dropped_; }

private:
    static constexpr std::uint32_t none = list_pool<request_credit>::none;

    std::uint32_t find_credit(std::uint32_t at, std::uint32_t leaf) const noexcept {
        while (at != none && credits_[at].leaf != leaf)
            at = credits_.next(at);
        return at;
    }

    void pass_on(request_leaf& to, const call_tree::leaf& from) {
        const request_credit gained{to.leaf, from.wall_ns - to.wall_ns, from.cpu_ns - to.cpu_ns,
                                    from.samples - to.samples};
        to.wall_ns = from.wall_ns;
        to.cpu_ns = from.cpu_ns;
        to.samples = from.samples;
        if (gained.wall_ns == 0 && gained.cpu_ns == 0 && gained.samples == 0)
            return;
        tree_.credit(to.leaf, gained.wall_ns, gained.cpu_ns, gained.samples);
        request_context& request = *to.seen.context;
        if (request.credits_generation != to.seen.generation)
            return; // it has ended
        if (to.credit == none) {
            credits_.add(request.credits, {to.leaf, 0, 0, 0});
            to.credit = request.credits;
        }
        request_credit& credit = credits_[to.credit];
        credit.wall_ns += gained.wall_ns;
        credit.cpu_ns += gained.cpu_ns;
        credit.samples += gained.samples;
    }

    void collect(request_context& from) {
        ended_request request;
        request.route = from.route;
        request.id = from.id;
        request.status = from.status.load(std::memory_order_relaxed);
        request.begun_ns = from.begun_ns;
        request.latency_ns = from.latency_ns;
        request.served_ns = from.served_ns;
        if (from.credits_generation == from.generation())
            request.credits = from.credits;
        from.credits_generation = 0; // no request's
        const bool wanted = from.wanted.load(std::memory_order_relaxed);
        const bool kept = wanted && wanted_.size() < max_wanted;
        dropped_ += wanted && !kept ? 1 : 0;
        ended_request* const place = place_among_slowest(*from.route, request.latency_ns);
        if (!kept && place == nullptr) {
            release(request);
            return;
        }
        count_calls(from, request);
        if (place != nullptr) {
            release(*place);
            *place = request;
            set_threshold(*from.route);
        }
        if (kept)
            wanted_.push_back(place != nullptr ? copy(request) : request);
    }

    struct node_figures {
        std::uint64_t calls = 0;
        std::uint64_t awaited_ns = 0;
    };

    /// What requests that have ended waited in a scope.
    static std::uint64_t ended_waits(const scope_node& node) noexcept {
        return __atomic_load_n(&node.awaited_before_ns, __ATOMIC_RELAXED);
    }

    template <class Use>
    static void for_each_node(const request_table& requests, Use&& use) {
        requests.for_each_route([&](request_route& route) {
            for (request_context* part = route.contexts.load(std::memory_order_acquire);
                 part != nullptr; part = part->next_of_route)
                for (scope_node* node = next_node(part->root, &part->root); node != nullptr;
                     node = next_node(part->root, node))
                    use(route, *node);
        });
    }

    request_accounts copy(const request_table& requests, std::uint64_t epoch,
                          const mapped_vector<ended_request>& some) {
        request_accounts result;
        result.paths = tree_.paths();
        result.leaves = tree_.leaves();
        requests.for_each_route(
            [&](const request_route& route) { result.routes.push_back(&route); });
        for_each_node(requests, [&](const request_route& route, const scope_node& node) {
            const std::uint32_t known =
                before_index_.find(reinterpret_cast<std::uintptr_t>(&node), 0);
            const node_figures before = known == none ? node_figures{} : before_[known];
            const std::uint64_t calls =
                __atomic_load_n(&node.calls, __ATOMIC_RELAXED) - before.calls;
            const scope_timing* const timing = node.timing;
            const bool timed =
                timing != nullptr && __atomic_load_n(&timing->epoch, __ATOMIC_ACQUIRE) == epoch;
            if (calls != 0)
                result.usage.add(&node_of(route, node), calls, timed ? timing : nullptr,
                                 ended_waits(node) - before.awaited_ns);
        });
        for (const ended_request& each : some)
            if (each.route != nullptr)
                result.requests.push_back(each);
        result.credits = credits_;
        result.calls = calls_;
        return result;
    }

    /// The node of a route's own scope, wherever requests of it were served.
    const scope_node& node_of(const request_route& route) {
        return *paths_.child(root_, route.record, nullptr);
    }

    /// The path of a node of a request's own tree.
    const scope_node& node_of(const request_route& route, const scope_node& inner) {
        return *paths_.below(node_of(route), inner);
    }

    ended_request copy(const ended_request& from) {
        ended_request result = from;
        result.credits = result.calls = none;
        for (std::uint32_t at = from.credits; at != none; at = credits_.next(at)) {
            const request_credit value = credits_[at];
            credits_.add(result.credits, value);
        }
        for (std::uint32_t at = from.calls; at != none; at = calls_.next(at)) {
            const request_calls value = calls_[at];
            calls_.add(result.calls, value);
        }
        return result;
    }

    void release(ended_request& request) noexcept {
        credits_.release(request.credits);
        calls_.release(request.calls);
    }

    void count_calls(request_context& from, ended_request& to) {
        for (request_context* part = &from; part != nullptr;
             part = part->next_part.load(std::memory_order_relaxed))
            request_table::for_each_entered(part->root, [&](const scope_node& node) {
                calls_.add(
                    to.calls,
                    {&node_of(*from.route, node),
                     __atomic_load_n(&node.calls, __ATOMIC_RELAXED) - node.calls_before,
                     __atomic_load_n(&node.awaited_ns, __ATOMIC_RELAXED) - node.awaited_before_ns});
            });
    }

    ended_request* begin_of(const request_route& route) {
        const std::size_t first = std::size_t{route.index} * slowest_;
        if (first + slowest_ > slow_.size())
            slow_.resize(first + slowest_);
        return slow_.data() + first;
    }

    static bool is_faster(const ended_request& a, const ended_request& b) noexcept {
        return a.latency_ns < b.latency_ns;
    }

    /// The place of the fastest of a route's slowest requests, or a free one; null if the request
    /// is faster still.
    ended_request* place_among_slowest(const request_route& route, std::int64_t latency_ns) {
        if (slowest_ == 0)
            return nullptr;
        ended_request* const begin = begin_of(route);
        ended_request* const place = std::min_element(begin, begin + slowest_, is_faster);
        if (place->route != nullptr && latency_ns <= place->latency_ns)
            return nullptr;
        return place;
    }

    void set_threshold(request_route& route) {
        ended_request* const begin = begin_of(route);
        const std::int64_t least = std::min_element(begin, begin + slowest_, is_faster)->latency_ns;
        route.slow_ns.store(least, std::memory_order_relaxed);
    }

    std::uint32_t slowest_;
    scope_paths paths_;
    scope_node root_ = {};
    call_tree tree_;
    list_pool<request_credit> credits_;
    list_pool<request_calls> calls_;
    mapped_vector<ended_request> slow_; ///< `slowest_` places for each route
    mapped_vector<ended_request> wanted_;
    std::uint64_t dropped_ = 0;
    hash_index before_index_; ///< by node, of scopes that were entered in a run before
    mapped_vector<node_figures> before_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
