#include <scopetree/capture/request_table.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace scopetree::detail;

namespace {

/// A table, and requests as the runtime begins and ends them.
struct staged_requests {
    request_context& begin(request_route& route, std::uint64_t epoch = 1) {
        request_context* context = table->take_context(route);
        if (context == nullptr)
            context = table->add_context(route);
        REQUIRE(context != nullptr);
        table->begin(*context, epoch, 1'000);
        return *context;
    }
    request_route& route(const std::string& path) { return *table->add("GET", path); }

    std::unique_ptr<request_table> table = std::make_unique<request_table>();
};

request_reference reference(const request_context& to) {
    return {const_cast<request_context*>(&to), to.generation()};
}

/// A scope in a request's tree, entered so often.
scope_node& enter(scope_node& parent, std::uint64_t calls) {
    static scope_table scopes;
    static scope_site site{"s", "void f()", "f.cpp", 1, 0, 0, nullptr};
    scope_node* node = scope_table::find(parent, *scopes.intern(site));
    if (node == nullptr)
        node = scopes.add(parent, *scopes.intern(site), nullptr);
    node->calls += calls;
    return *node;
}

} // namespace

TEST_CASE("requests: a route is found by method and path") {
    staged_requests s;
    CHECK(s.table->find("GET", "/a") == nullptr);
    request_route* const a = s.table->add("GET", "/a");
    CHECK(s.table->add("GET", "/a") == a);
    CHECK(s.table->find("GET", "/a") == a);
    CHECK(s.table->add("POST", "/a") != a);
    CHECK(s.table->find("GE", "T/a") == nullptr);
    CHECK(std::string(a->record.name) == "GET /a");
    CHECK(std::string(a->method) == "GET");
    CHECK(std::string(a->path) == "/a");
    CHECK(std::string(s.table->add("", "/b")->record.name) == "/b");
}

TEST_CASE("requests: beyond a thousand routes the rest are one") {
    staged_requests s;
    for (int i = 0; i < 1'000; ++i)
        s.route("/" + std::to_string(i));
    request_route& other = s.route("/one more");
    CHECK(std::string(other.record.name) == "(other routes)");
    CHECK(&s.route("/and another") == &other);
    CHECK(s.table->find("GET", "/never seen") == &other);
    CHECK(s.table->find("GET", "/999") != &other);
    int routes = 0;
    s.table->for_each_route([&](const request_route&) { ++routes; });
    CHECK(routes == 1'001);
}

TEST_CASE("requests: a context serves the route's next request") {
    staged_requests s;
    request_route& a = s.route("/a");
    request_context& first = s.begin(a);
    request_context& second = s.begin(a);
    CHECK(&first != &second);
    CHECK(first.id + 1 == second.id);
    const request_reference before = reference(first);
    s.table->release(first, 1);
    CHECK(s.table->take_context(s.route("/b")) == nullptr);
    CHECK(&s.begin(a) == &first);
    CHECK_FALSE(request_table::is_held(before));
    CHECK(request_table::is_held(reference(first)));
}

TEST_CASE("requests: a context forgets the request before") {
    staged_requests s;
    request_route& route = s.route("/a");
    request_context& context = s.begin(route);
    request_context* const part = s.table->add_context(route);
    part->users.begin(); // and nobody will release it
    context.next_part = part;
    context.active = 1;
    context.active_ns = -5;
    context.wanted = context.sampled = true;
    context.status = 500;
    context.latency_ns = 9;
    s.table->release(context, 2); // of another run
    CHECK_FALSE(part->users.is_held(part->users.number()));
    while (s.table->take_context(route) != &context) {
    }
    s.table->begin(context, 3, 77);
    CHECK(&context.request() == &context);
    CHECK(context.next_part == nullptr);
    CHECK(context.active == 0);
    CHECK(context.active_ns == 0);
    CHECK_FALSE(context.wanted);
    CHECK_FALSE(context.sampled);
    CHECK(context.status == 0);
    CHECK(context.latency_ns == 0);
    CHECK(context.epoch == 3);
    CHECK(context.begun_ns == 77);
}

TEST_CASE("requests: one that is held goes on") {
    staged_requests s;
    request_context& context = s.begin(s.route("/a"));
    const request_reference to = reference(context);
    REQUIRE(request_table::hold(to));
    s.table->release(context, 1);
    CHECK(request_table::is_held(to));
    CHECK(s.table->take_context(*context.route) == nullptr);
    s.table->release(context, 1);
    CHECK_FALSE(request_table::hold(to));
    CHECK(s.table->take_context(*context.route) == &context);
    CHECK_FALSE(request_table::hold({}));
}

TEST_CASE("requests: the profiler gets those that it has a use for") {
    staged_requests s;
    request_route& route = s.route("/a");
    route.slow_ns = 500;
    const auto ends = [&](auto&& change, std::uint64_t epoch) {
        request_context& context = s.begin(route);
        context.latency_ns = 500;
        change(context);
        s.table->release(context, epoch);
        request_context* const ended = s.table->take_ended();
        if (ended != nullptr)
            s.table->recycle(*ended);
        return ended == &context;
    };
    CHECK_FALSE(ends([](request_context&) {}, 1));
    CHECK(ends([](request_context& c) { c.sampled = true; }, 1));
    CHECK(ends([](request_context& c) { c.wanted = true; }, 1));
    CHECK(ends([](request_context& c) { c.latency_ns = 501; }, 1));
    CHECK_FALSE(ends([](request_context& c) { c.sampled = true; }, 2)); // another run's
    CHECK_FALSE(s.table->has_ended());
}

TEST_CASE("requests: a context with open scopes waits until they are left") {
    staged_requests s;
    request_route& route = s.route("/a");
    request_context& context = s.begin(route);
    context.scopes.current = &enter(context.root, 1);
    s.table->release(context, 1);
    CHECK(s.table->take_context(route) == nullptr);
    context.scopes.current = &context.root;
    CHECK(s.table->take_context(route) == &context);
}

TEST_CASE("requests: the parts of a request are given back together") {
    staged_requests s;
    request_route& route = s.route("/a");
    request_context& first = s.begin(route);
    request_context* const part = s.table->add_context(route);
    first.next_part = part;
    s.table->release(first, 1);
    const std::set<request_context*> both{s.table->take_context(route),
                                          s.table->take_context(route)};
    CHECK(both == std::set<request_context*>{&first, part});
}

TEST_CASE("requests: scopes that were entered are counted once") {
    staged_requests s;
    request_route& route = s.route("/a");
    request_context& context = s.begin(route);
    scope_node& outer = enter(context.root, 2);
    enter(outer, 5);
    std::vector<std::uint64_t> calls;
    const auto count = [&] {
        calls.clear();
        request_table::for_each_entered(context.root, [&](const scope_node& node) {
            calls.push_back(node.calls - node.calls_before);
        });
        return calls;
    };
    CHECK(count() == std::vector<std::uint64_t>{2, 5});
    s.table->release(context, 1); // recycles it
    CHECK(count().empty());
    enter(outer, 7); // without its parent: cannot happen
    enter(context.root, 1);
    CHECK(count() == std::vector<std::uint64_t>{1, 7});
}

TEST_CASE("requests: what one waited in a scope is known by its end") {
    staged_requests s;
    request_route& route = s.route("/a");
    request_context& context = s.begin(route);
    scope_node& scope = enter(context.root, 1);
    scope.awaited_ns = 30;
    CHECK(scope.awaited_before_ns == 0);
    s.table->release(context, 1); // recycles it
    CHECK(scope.awaited_before_ns == 30);
}

TEST_CASE("requests: a new run starts at zero") {
    staged_requests s;
    request_route& route = s.route("/a");
    route.add(1'000, 900, true);
    CHECK(route.latencies.count() == 1);
    CHECK(route.errors == 1);
    CHECK(route.latency_ns == 1'000);
    CHECK(route.served_ns == 900);
    CHECK(route.max_ns == 1'000);
    route.add(200, 100, false);
    CHECK(route.errors == 1);
    CHECK(route.latency_ns == 1'200);
    CHECK(route.max_ns == 1'000);
    route.slow_ns = 200;
    request_context& left_over = s.begin(route);
    left_over.sampled = true;
    s.table->release(left_over, 1);
    s.table->clear();
    CHECK(route.latencies.count() == 0);
    CHECK(route.errors == 0);
    CHECK(route.latency_ns == 0);
    CHECK(route.served_ns == 0);
    CHECK(route.max_ns == 0);
    CHECK(route.slow_ns == 0);
    CHECK_FALSE(s.table->has_ended());
    CHECK(s.table->take_context(route) == &left_over);
}

TEST_CASE("requests: threads that begin and end them share contexts without mixing them up") {
    staged_requests s;
    request_route& route = s.route("/a");
    for (int i = 0; i < 8; ++i) {
        request_context& context = s.begin(route);
        s.table->release(context, 1);
        static_cast<void>(s.begin(s.route("/" + std::to_string(i))));
    }
    for (int i = 0; i < 3; ++i)
        s.table->recycle(*s.table->add_context(route));
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 20'000; ++i) {
                request_context* const context = s.table->take_context(route);
                if (context == nullptr)
                    continue; // the others have them all
                if (!context->users.begin_if_free())
                    ++wrong;
                s.table->begin(*context, 1, 0);
                const request_reference to = reference(*context);
                if (!request_table::hold(to))
                    ++wrong;
                s.table->release(*context, 1);
                context->users.release();
                s.table->release(*context, 1);
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    CHECK(wrong == 0);
    std::set<request_context*> left;
    while (request_context* const context = s.table->take_context(route))
        CHECK(left.insert(context).second);
    CHECK(left.size() == 4);
}
