#include <scopetree/scopetree.hpp>
#include <scopetree/service/httplib.hpp>

#include <httplib.h>

#include <iostream>
#include <thread>

int main() {
    scopetree::middleware_options options;
    options.print_each_request = false;
    scopetree::profiler_middleware middleware(options);
    scopetree::profiled_server<httplib::Server> server(middleware);
    server.Get("/consumer", [](const httplib::Request&, httplib::Response& answer) {
        answer.set_content("served", "text/plain");
    });
    const int port = server.bind_to_any_port("127.0.0.1");
    std::thread serving([&] { server.listen_after_bind(); });
    const httplib::Result answer = httplib::Client("127.0.0.1", port).Get("/consumer");
    server.stop();
    serving.join();
    std::cout << middleware.text();
    return answer && answer->body == "served" ? 0 : 1;
}
