/// Requests on staged threads, as the runtime would begin, serve and end them.
#ifndef SCOPETREE_TESTS_MODEL_STAGED_REQUESTS_HPP
#define SCOPETREE_TESTS_MODEL_STAGED_REQUESTS_HPP

#include "staged_thread.hpp"

#include <scopetree/capture/request_table.hpp>

#include <memory>
#include <new>
#include <string>

namespace staged {

struct requests : threads {
    explicit requests(const scopetree::options& chosen = {}) : threads(chosen) {
        store.requests.begin(*table);
    }

    request_context& begin(const std::string& path) {
        request_route& route = *table->add("GET", path);
        request_context* context = table->take_context(route);
        if (context == nullptr)
            context = table->add_context(route);
        if (context == nullptr)
            throw std::bad_alloc();
        table->begin(*context, 1, 0);
        return *context;
    }

    /// A scope of the request's, entered so often.
    scope_node& enter(request_context& request, const char* name, std::uint64_t calls = 1) {
        scope_node& node = scope(request.root, name);
        node.calls += calls;
        return node;
    }

    /// A sample of a thread that serves the request, in one of its scopes.
    void sample(thread_record& record, const std::string& stack, std::int64_t time_ns,
                request_context& request, const scope_node* scope = nullptr) {
        request.sampled = true;
        staged_sample made(stack);
        made.taken.time_ns = time_ns;
        made.taken.scope = &record.root;
        made.taken.request = {&request, request.generation(),
                              scope != nullptr ? scope : &request.root, &request};
        store.take(*track_store::account_of(record), made.taken, false);
    }
    /// Of one that serves none.
    void sample(thread_record& record, const std::string& stack, std::int64_t time_ns) {
        staged_sample made(stack);
        made.taken.time_ns = time_ns;
        made.taken.scope = &record.root;
        store.take(*track_store::account_of(record), made.taken, false);
    }

    void end(request_context& request, std::int64_t latency_ns, std::int64_t served_ns = -1) {
        request.latency_ns = latency_ns;
        request.served_ns = served_ns < 0 ? latency_ns : served_ns;
        request.route->add(latency_ns, request.served_ns, request.status >= 500);
        table->release(request, 1);
    }
    void collect() { store.requests.collect(*table, table->take_ended()); }

    std::unique_ptr<request_table> table = std::make_unique<request_table>();
};

} // namespace staged

#endif
