/// Profiles the calls of a gRPC server. Needs gRPC's headers (1.51 and newer).
#ifndef SCOPETREE_SERVICE_GRPC_HPP
#define SCOPETREE_SERVICE_GRPC_HPP

#include <scopetree/service/middleware.hpp>
#include <scopetree/service/request.hpp>

#include <grpcpp/server_builder.h>
#include <grpcpp/support/server_interceptor.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The HTTP status that gRPC's own mapping names for a status code; what is the server's fault is
/// 500 and above.
constexpr int http_status_of(::grpc::StatusCode code) noexcept {
    switch (code) {
    case ::grpc::StatusCode::OK:
        return 200;
    case ::grpc::StatusCode::CANCELLED:
        return 499;
    case ::grpc::StatusCode::INVALID_ARGUMENT:
    case ::grpc::StatusCode::FAILED_PRECONDITION:
    case ::grpc::StatusCode::OUT_OF_RANGE:
        return 400;
    case ::grpc::StatusCode::UNAUTHENTICATED:
        return 401;
    case ::grpc::StatusCode::PERMISSION_DENIED:
        return 403;
    case ::grpc::StatusCode::NOT_FOUND:
        return 404;
    case ::grpc::StatusCode::ALREADY_EXISTS:
    case ::grpc::StatusCode::ABORTED:
        return 409;
    case ::grpc::StatusCode::RESOURCE_EXHAUSTED:
        return 429;
    case ::grpc::StatusCode::UNIMPLEMENTED:
        return 501;
    case ::grpc::StatusCode::UNAVAILABLE:
        return 503;
    case ::grpc::StatusCode::DEADLINE_EXCEEDED:
        return 504;
    default:
        return 500;
    }
}

/// One call. gRPC destroys it when the call is over, however it ended.
class grpc_call : public ::grpc::experimental::Interceptor {
public:
    grpc_call(profiler_middleware& middleware, std::string_view method)
        : profiled_(middleware.begin("gRPC", method)) {}

    /// Handlers of the synchronous interface run inside of Proceed(). The call may be over, and
    /// this object gone, when that returns.
    void Intercept(::grpc::experimental::InterceptorBatchMethods* methods) override {
        using hook = ::grpc::experimental::InterceptionHookPoints;
        if (methods->QueryInterceptionHookPoint(hook::PRE_SEND_STATUS))
            profiled_.status(http_status_of(methods->GetSendStatus().error_code()));
        const resume_request here(profiled_.handle());
        methods->Proceed();
    }

private:
    profiled_request profiled_;
};

class grpc_call_factory : public ::grpc::experimental::ServerInterceptorFactoryInterface {
public:
    explicit grpc_call_factory(profiler_middleware& middleware) : middleware_(middleware) {}

    ::grpc::experimental::Interceptor*
    CreateServerInterceptor(::grpc::experimental::ServerRpcInfo* info) override {
        std::string_view method = info->method(); // "/package.Service/Method"
        method.remove_prefix(method.empty() || method.front() != '/' ? 0 : 1);
        return new grpc_call(middleware_, method);
    }

private:
    profiler_middleware& middleware_;
};

} // namespace detail

/// For servers that have interceptors of their own: one more for SetInterceptorCreators. The first
/// one of the list sees the whole call.
inline std::unique_ptr<::grpc::experimental::ServerInterceptorFactoryInterface>
grpc_interceptor(profiler_middleware& middleware) {
    return std::make_unique<detail::grpc_call_factory>(middleware);
}

/// Profiles every call of the server that is built, unary or streaming, as `gRPC
/// package.Service/Method`. The middleware must outlive the server. Replaces other interceptors:
/// see grpc_interceptor.
///
/// A handler of the synchronous interface is served by its thread. Where another thread goes on
/// (the callback interface, a completion queue), request_handle::current() and resume_request carry
/// the call there.
inline void add_middleware(::grpc::ServerBuilder& builder, profiler_middleware& middleware) {
    std::vector<std::unique_ptr<::grpc::experimental::ServerInterceptorFactoryInterface>> creators;
    creators.push_back(grpc_interceptor(middleware));
    builder.experimental().SetInterceptorCreators(std::move(creators));
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
