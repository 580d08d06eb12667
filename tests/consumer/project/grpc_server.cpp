#include <scopetree/scopetree.hpp>
#include <scopetree/service/grpc.hpp>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>

int main() {
    scopetree::middleware_options options;
    options.print_each_request = false;
    scopetree::profiler_middleware middleware(options);
    grpc::CallbackGenericService service;
    grpc::ServerBuilder builder;
    builder.RegisterCallbackGenericService(&service);
    scopetree::add_middleware(builder, middleware);
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (server == nullptr)
        return 1;
    server->Shutdown();
    std::cout << middleware.text();
}
