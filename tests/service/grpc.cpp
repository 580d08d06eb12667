#if SCOPETREE_TEST_GRPC

#include <scopetree/service/grpc.hpp>

#include "support/captured_stderr.hpp"
#include "support/served_routes.hpp"

#include <catch2/catch.hpp>

#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/method_handler.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <grpcpp/server.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace scopetree;
using grpc::ByteBuffer;
namespace internal = grpc::internal;

namespace {

ByteBuffer bytes_of(const std::string& text) {
    const grpc::Slice slice(text);
    return ByteBuffer(&slice, 1);
}

std::string text_of(const ByteBuffer& bytes) {
    std::vector<grpc::Slice> slices;
    std::string text;
    if (bytes.Dump(&slices).ok())
        for (const grpc::Slice& slice : slices)
            text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    return text;
}

/// Whether work that is bound here would be some request's.
bool serves_a_request() {
    const detail::thread_record* const record =
        detail::service_registry()->this_thread_state().record;
    return record != nullptr && record->request.load() != nullptr;
}

/// What a generated service is: one unary method, and one that streams both ways.
class echo_service : public grpc::Service {
public:
    echo_service() {
        AddMethod(new internal::RpcServiceMethod(
            "/test.Echo/Unary", internal::RpcMethod::NORMAL_RPC,
            new internal::RpcMethodHandler<echo_service, ByteBuffer, ByteBuffer>(
                [](echo_service*, grpc::ServerContext*, const ByteBuffer* from, ByteBuffer* to) {
                    return unary(*from, *to);
                },
                this)));
        AddMethod(new internal::RpcServiceMethod(
            "/test.Echo/Stream", internal::RpcMethod::BIDI_STREAMING,
            new internal::BidiStreamingHandler<echo_service, ByteBuffer, ByteBuffer>(
                [](echo_service*, grpc::ServerContext*,
                   grpc::ServerReaderWriter<ByteBuffer, ByteBuffer>* stream) {
                    ByteBuffer message;
                    while (stream->Read(&message))
                        stream->Write(message);
                    return grpc::Status::OK;
                },
                this)));
    }

private:
    static grpc::Status unary(const ByteBuffer& from, ByteBuffer& to) {
        const std::string text = ::text_of(from);
        if (text == "throw")
            throw std::runtime_error("mine");
        if (text == "missing")
            return {grpc::StatusCode::NOT_FOUND, "no such thing"};
        // The thread that runs the handler serves the request.
        to = bytes_of(text + (serves_a_request() ? " served" : " alone"));
        return grpc::Status::OK;
    }
};

/// A server and a channel to it.
class running_service {
public:
    explicit running_service(profiler_middleware& middleware) {
        int port = 0;
        grpc::ServerBuilder builder;
        builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
        builder.RegisterService(&service_);
        add_middleware(builder, middleware);
        server_ = builder.BuildAndStart();
        REQUIRE(server_ != nullptr);
        channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                       grpc::InsecureChannelCredentials());
    }

    grpc::Status unary(const std::string& text, std::string* answer = nullptr) {
        grpc::ClientContext context;
        ByteBuffer reply;
        const grpc::Status status = internal::BlockingUnaryCall<ByteBuffer, ByteBuffer>(
            channel_.get(),
            internal::RpcMethod("/test.Echo/Unary", internal::RpcMethod::NORMAL_RPC), &context,
            bytes_of(text), &reply);
        if (answer != nullptr)
            *answer = ::text_of(reply);
        return status;
    }

    int stream(int messages) {
        grpc::ClientContext context;
        const internal::RpcMethod method("/test.Echo/Stream", internal::RpcMethod::BIDI_STREAMING);
        const std::unique_ptr<grpc::ClientReaderWriter<ByteBuffer, ByteBuffer>> stream(
            internal::ClientReaderWriterFactory<ByteBuffer, ByteBuffer>::Create(channel_.get(),
                                                                                method, &context));
        int echoed = 0;
        ByteBuffer reply;
        for (int i = 0; i < messages; ++i)
            echoed += stream->Write(bytes_of("x")) && stream->Read(&reply) ? 1 : 0;
        stream->WritesDone();
        return stream->Finish().ok() ? echoed : -1;
    }

private:
    echo_service service_;
    std::unique_ptr<grpc::Server> server_;
    std::shared_ptr<grpc::Channel> channel_;
};

} // namespace

TEST_CASE("grpc: unary calls, whatever becomes of them", "[grpc]") {
    const test::captured_stderr printed;
    const test::own_run run;
    profiler_middleware middleware(test::quiet());
    running_service running(middleware);
    for (int i = 0; i < 10; ++i) {
        std::string answer;
        CHECK(running.unary("hello", &answer).ok());
        CHECK(answer == "hello served");
        CHECK(running.unary("missing").error_code() == grpc::StatusCode::NOT_FOUND);
        CHECK(running.unary("throw").error_code() == grpc::StatusCode::UNKNOWN);
    }
    CHECK(test::wait_for_requests(30));
    CHECK(test::served() == "gRPC test.Echo/Unary 30 10\n");
}

TEST_CASE("grpc: a stream is one request", "[grpc]") {
    const test::captured_stderr printed;
    const test::own_run run;
    profiler_middleware middleware(test::quiet());
    running_service running(middleware);
    std::vector<std::thread> clients;
    for (int c = 0; c < 4; ++c)
        clients.emplace_back([&] {
            for (int i = 0; i < 5; ++i)
                if (running.stream(20) != 20)
                    std::abort();
        });
    for (std::thread& client : clients)
        client.join();
    CHECK(test::wait_for_requests(20));
    CHECK(test::served() == "gRPC test.Echo/Stream 20 0\n");
}

TEST_CASE("grpc: what is the server's fault is an error", "[grpc]") {
    CHECK(detail::http_status_of(grpc::StatusCode::OK) == 200);
    for (const auto code : {grpc::StatusCode::INTERNAL, grpc::StatusCode::UNKNOWN,
                            grpc::StatusCode::DATA_LOSS, grpc::StatusCode::UNAVAILABLE,
                            grpc::StatusCode::DEADLINE_EXCEEDED, grpc::StatusCode::UNIMPLEMENTED})
        CHECK(detail::http_status_of(code) >= 500);
    for (const auto code : {grpc::StatusCode::CANCELLED, grpc::StatusCode::NOT_FOUND,
                            grpc::StatusCode::RESOURCE_EXHAUSTED, grpc::StatusCode::ABORTED})
        CHECK(detail::http_status_of(code) < 500);
}

#endif
