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

    /// A further part of the request, for another thread that serves it at the same time.
    request_context& add_part(request_context& request) {
        request_context* const part = table->add_context(*request.route);
        if (part == nullptr)
            throw std::bad_alloc();
        part->first_part = &request;
        part->next_part = request.next_part.load();
        request.next_part = part;
        return *part;
    }

    /// A sample of a thread that serves this part of a request, in one of its scopes.
    void sample(thread_record& record, const std::string& stack, std::int64_t time_ns,
                request_context& part, const scope_node* scope = nullptr) {
        part.request().sampled = true;
        staged_sample made(stack);
        made.taken.time_ns = time_ns;
        made.taken.scope = &record.root;
        made.taken.request = place_in(part, scope);
        store.take(*track_store::account_of(record), made.taken, false);
    }
    /// The same where only the scopes are known.
    void sample_without_stack(thread_record& record, std::int64_t time_ns, std::int64_t cpu_ns,
                              request_context& part, const scope_node* scope = nullptr) {
        staged::sample where;
        where.time_ns = time_ns;
        where.extent = stack_extent::none;
        where.scope = &record.root;
        where.request = place_in(part, scope);
        store.take_without_stack(*track_store::account_of(record), where, cpu_ns);
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

private:
    /// All requests are served by the same function.
    request_place place_in(request_context& part, const scope_node* scope) const {
        return {&part, part.request().generation(), scope != nullptr ? scope : &part.root, this};
    }
};

} // namespace staged

#endif
