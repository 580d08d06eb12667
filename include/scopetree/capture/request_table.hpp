/// The routes of a service, and the contexts that its requests are served in.
#ifndef SCOPETREE_CAPTURE_REQUEST_TABLE_HPP
#define SCOPETREE_CAPTURE_REQUEST_TABLE_HPP

#include <scopetree/capture/mapped_memory.hpp>
#include <scopetree/capture/request_context.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A request that may have ended meanwhile. Plain data.
struct request_reference {
    request_context* context = nullptr; ///< null: no request
    std::uint32_t generation = 0;
};

/// One in a registry. Its memory is bounded by the routes, of which there are at most `max_routes`,
/// and by how many requests there were at once. Never calls malloc, nothing is ever freed.
///
/// begin, hold and release are lock-free and for any thread; what needs the registry's lock says
/// so.
class request_table {
public:
    /// The requests of any further route count as those of one, "(other routes)".
    static constexpr std::uint32_t max_routes = 1000;

    /// Null if it has not been met yet. Lock-free, O(length of the names).
    request_route* find(std::string_view method, std::string_view path) const noexcept {
        const std::uint64_t hash = hash_of(method, path);
        request_route* route = buckets_[hash % bucket_count].load(std::memory_order_acquire);
        while (route != nullptr &&
               !(route->hash == hash && route->method == method && route->path == path))
            route = route->next_in_bucket;
        return route != nullptr || !full() ? route : other_.load(std::memory_order_acquire);
    }

    /// The route of that name, made if need be; null without memory. Lock held.
    request_route* add(std::string_view method, std::string_view path) noexcept {
        if (request_route* const known = find(method, path))
            return known;
        if (full())
            return add_other();
        request_route* const made = make_route(method, path);
        if (made == nullptr)
            return nullptr;
        made->hash = hash_of(method, path);
        auto& bucket = buckets_[made->hash % bucket_count];
        made->next_in_bucket = bucket.load(std::memory_order_relaxed);
        bucket.store(made, std::memory_order_release);
        return made;
    }

    /// A context for a request of the route that begins now, held once by whoever began it; null if
    /// a new one is needed, see add_context.
    request_context* take_context(request_route& route) noexcept {
        if (request_context* const context = pop(route.free_contexts))
            return context;
        request_context* const context = pop(route.open_contexts);
        if (context == nullptr || is_at_root(*context))
            return context;
        push(route.open_contexts, *context);
        return nullptr;
    }

    /// A context that did not exist before; null without memory. Lock held.
    request_context* add_context(request_route& route) noexcept {
        if (made_ == capacity_of(blocks_made_) && !grow())
            return nullptr;
        request_context& context = at(made_);
        context.index = made_++;
        context.route = &route;
        context.first_part.store(&context, std::memory_order_relaxed);
        scope_table::init_root(context.root);
        context.scopes.current = &context.root;
        context.next_of_route = route.contexts.load(std::memory_order_relaxed);
        route.contexts.store(&context, std::memory_order_release);
        return &context;
    }

    /// Begins a request in a context from take_context or add_context.
    void begin(request_context& context, std::uint64_t epoch, std::int64_t now_ns) noexcept {
        context.first_part.store(&context, std::memory_order_relaxed);
        context.next_part.store(nullptr, std::memory_order_relaxed);
        context.active.store(0, std::memory_order_relaxed);
        context.active_ns.store(0, std::memory_order_relaxed);
        context.sampled.store(false, std::memory_order_relaxed);
        context.wanted.store(false, std::memory_order_relaxed);
        context.status.store(0, std::memory_order_relaxed);
        context.id = last_id_.fetch_add(1, std::memory_order_relaxed) + 1;
        context.epoch.store(epoch, std::memory_order_relaxed);
        context.begun_ns = now_ns;
        context.latency_ns = 0;
        context.life.begin();
    }

    /// Whether the request has not been given back. Lock-free.
    static bool is_held(const request_reference& wanted) noexcept {
        return wanted.context->life.is_held(wanted.generation);
    }

    /// Keeps a request from being given back, even when it ends meanwhile. False: it has been.
    static bool hold(const request_reference& wanted) noexcept {
        return wanted.context != nullptr && wanted.context->life.hold(wanted.generation);
    }

    /// The end of a hold. The last one hands the request to the running profiler, if it has a use
    /// for it, and to the next request otherwise. `epoch`: of the run that goes on.
    void release(request_context& context, std::uint64_t epoch) noexcept {
        if (!context.life.release())
            return;
        const bool of_interest =
            context.sampled.load(std::memory_order_relaxed) ||
            context.wanted.load(std::memory_order_relaxed) ||
            context.latency_ns > context.route->slow_ns.load(std::memory_order_relaxed);
        if (context.epoch.load(std::memory_order_relaxed) != epoch || !of_interest) {
            recycle(context);
            return;
        }
        context.next_ended = ended_.load(std::memory_order_relaxed);
        while (!ended_.compare_exchange_weak(
            context.next_ended, &context, std::memory_order_release, std::memory_order_relaxed)) {
        }
    }

    bool has_ended() const noexcept { return ended_.load(std::memory_order_relaxed) != nullptr; }

    /// Requests that release() handed over, linked by next_ended; whoever takes them recycles them.
    request_context* take_ended() noexcept {
        return ended_.exchange(nullptr, std::memory_order_acquire);
    }

    /// Gives the parts of a request that nobody holds to the route's next requests.
    void recycle(request_context& request) noexcept {
        for (request_context* part = &request; part != nullptr;) {
            request_context* const next = part->next_part.load(std::memory_order_acquire);
            forget_calls(part->root);
            part->users.forget_holders();
            push(is_at_root(*part) ? part->route->free_contexts : part->route->open_contexts,
                 *part);
            part = next;
        }
    }

    /// All routes start at zero. Lock held.
    void clear() noexcept {
        for_each_route([](request_route& route) { route.clear(); });
        for (request_context* ended = take_ended(); ended != nullptr;) {
            request_context* const next = ended->next_ended;
            recycle(*ended); // of a run that is over
            ended = next;
        }
    }

    /// Lock held.
    template <class Use>
    void for_each_route(Use&& use) const {
        for (request_route* route = routes_; route != nullptr; route = route->next)
            use(*route);
    }

    /// Calls `use(node)` for the scopes that were entered since their calls were last forgotten.
    /// O(such scopes and their siblings).
    template <class Use>
    static void for_each_entered(scope_node& parent, Use&& use) {
        for (scope_node* node = __atomic_load_n(&parent.first_child, __ATOMIC_ACQUIRE);
             node != nullptr; node = node->next_sibling)
            if (__atomic_load_n(&node->calls, __ATOMIC_RELAXED) != node->calls_before) {
                use(*node);
                for_each_entered(*node, use);
            }
    }

private:
    static constexpr std::size_t bucket_count = 1024;
    static constexpr std::uint32_t first_block = 16;
    static constexpr std::uint32_t max_blocks = 20;

    bool full() const noexcept {
        return route_count_.load(std::memory_order_acquire) >= max_routes;
    }

    static std::uint64_t hash_of(std::string_view method, std::string_view path) noexcept {
        std::uint64_t hash = 14695981039346656037u; // FNV-1a
        for (const std::string_view text : {method, path}) {
            for (const char c : text)
                hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
            hash = (hash ^ 0xff) * 1099511628211u; // no UTF-8 text has this byte
        }
        return hash;
    }

    const char* copy(std::string_view first, std::string_view second = {}) noexcept {
        const std::size_t gap = second.empty() ? 0 : 1;
        auto* const text =
            static_cast<char*>(memory_.allocate(first.size() + gap + second.size() + 1));
        if (text == nullptr)
            return nullptr;
        first.copy(text, first.size());
        if (gap != 0) {
            text[first.size()] = ' ';
            second.copy(text + first.size() + 1, second.size());
        }
        return text; // the arena's memory is zeroed
    }

    request_route* make_route(std::string_view method, std::string_view path) noexcept {
        void* const room = memory_.allocate(sizeof(request_route));
        if (room == nullptr)
            return nullptr;
        auto* const route = new (room) request_route;
        route->method = copy(method);
        route->path = copy(path);
        route->record.name = method.empty() ? route->path : copy(method, path);
        route->record.function = route->record.file = "";
        route->record.request = true;
        if (route->method == nullptr || route->path == nullptr || route->record.name == nullptr)
            return nullptr;
        route->index = route_count_.load(std::memory_order_relaxed);
        route->next = routes_;
        routes_ = route;
        route_count_.store(route->index + 1, std::memory_order_release);
        return route;
    }

    request_route* add_other() noexcept {
        request_route* other = other_.load(std::memory_order_relaxed);
        if (other == nullptr) {
            other = make_route({}, "(other routes)");
            other_.store(other, std::memory_order_release);
        }
        return other;
    }

    static bool is_at_root(const request_context& context) noexcept {
        return __atomic_load_n(&context.scopes.current, __ATOMIC_RELAXED) == &context.root;
    }

    static void forget_calls(scope_node& root) noexcept {
        for_each_entered(root, [](scope_node& node) {
            // A child can only have been entered while its parent was.
            node.calls_before = __atomic_load_n(&node.calls, __ATOMIC_RELAXED);
            __atomic_store_n(&node.awaited_before_ns,
                             __atomic_load_n(&node.awaited_ns, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
        });
    }

    // Contexts come in blocks, each twice as large as the one before.

    static constexpr std::uint32_t capacity_of(std::uint32_t blocks) noexcept {
        return first_block * ((1u << blocks) - 1);
    }

    request_context& at(std::uint32_t index) const noexcept {
        const auto block = 31 - static_cast<std::uint32_t>(__builtin_clz(index / first_block + 1));
        return blocks_[block].load(std::memory_order_acquire)[index - capacity_of(block)];
    }

    bool grow() noexcept {
        if (blocks_made_ == max_blocks)
            return false;
        const std::size_t count = std::size_t{first_block} << blocks_made_;
        void* const pages = map_pages(count * sizeof(request_context));
        if (pages == nullptr)
            return false;
        auto* const made = static_cast<request_context*>(pages);
        for (std::size_t i = 0; i < count; ++i)
            new (made + i) request_context;
        blocks_[blocks_made_++].store(made, std::memory_order_release);
        return true;
    }

    // A lock-free stack (Treiber 1986). The tag changes with every push, so that a context that was
    // taken and given back meanwhile is not mistaken for one that stayed.

    void push(std::atomic<std::uint64_t>& stack, request_context& context) noexcept {
        std::uint64_t top = stack.load(std::memory_order_relaxed);
        std::uint64_t wanted;
        do {
            context.next_free.store(static_cast<std::uint32_t>(top), std::memory_order_relaxed);
            wanted = ((top >> 32) + 1) << 32 | (context.index + 1);
        } while (!stack.compare_exchange_weak(top, wanted, std::memory_order_release,
                                              std::memory_order_relaxed));
    }

    request_context* pop(std::atomic<std::uint64_t>& stack) const noexcept {
        std::uint64_t top = stack.load(std::memory_order_acquire);
        while (static_cast<std::uint32_t>(top) != 0) {
            request_context& context = at(static_cast<std::uint32_t>(top) - 1);
            const std::uint64_t wanted =
                (top >> 32) << 32 | context.next_free.load(std::memory_order_relaxed);
            if (stack.compare_exchange_weak(top, wanted, std::memory_order_acquire,
                                            std::memory_order_acquire))
                return &context;
        }
        return nullptr;
    }

    arena memory_;
    std::atomic<request_route*> buckets_[bucket_count] = {};
    std::atomic<request_route*> other_{nullptr};
    std::atomic<std::uint32_t> route_count_{0};
    request_route* routes_ = nullptr; ///< newest first
    std::atomic<request_context*> blocks_[max_blocks] = {};
    std::uint32_t blocks_made_ = 0;
    std::uint32_t made_ = 0;
    std::atomic<request_context*> ended_{nullptr};
    std::atomic<std::uint64_t> last_id_{0};
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
