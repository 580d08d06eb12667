/// What protoc would generate from a .proto file, written by hand, so that the example needs no
/// compiler of its own: a service with a unary method and a streaming one, and how to call them.
///
///     service Ranking {
///         rpc Rank(Size) returns (Points);
///         rpc RankAll(stream Size) returns (stream Points);
///     }
#ifndef SCOPETREE_EXAMPLES_GRPC_RANKING_SERVICE_HPP
#define SCOPETREE_EXAMPLES_GRPC_RANKING_SERVICE_HPP

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/method_handler.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <grpcpp/server.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <string>
#include <vector>

namespace ranking {

using message = grpc::ByteBuffer;

inline message message_of(const std::string& text) {
    const grpc::Slice slice(text);
    return message(&slice, 1);
}

inline std::string text_of(const message& from) {
    std::vector<grpc::Slice> slices;
    std::string text;
    if (from.Dump(&slices).ok())
        for (const grpc::Slice& slice : slices)
            text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    return text;
}

constexpr const char* rank_method = "/shop.Ranking/Rank";
constexpr const char* rank_all_method = "/shop.Ranking/RankAll";

class service : public grpc::Service {
public:
    using stream = grpc::ServerReaderWriter<message, message>;

    service() {
        using grpc::internal::RpcMethod;
        using grpc::internal::RpcServiceMethod;
        AddMethod(
            new RpcServiceMethod(rank_method, RpcMethod::NORMAL_RPC,
                                 new grpc::internal::RpcMethodHandler<service, message, message>(
                                     [](service* self, grpc::ServerContext*, const message* asked,
                                        message* answer) { return self->rank(*asked, *answer); },
                                     this)));
        AddMethod(new RpcServiceMethod(
            rank_all_method, RpcMethod::BIDI_STREAMING,
            new grpc::internal::BidiStreamingHandler<service, message, message>(
                [](service* self, grpc::ServerContext*, stream* client) {
                    return self->rank_all(*client);
                },
                this)));
    }

    virtual grpc::Status rank(const message& asked, message& answer) = 0;
    virtual grpc::Status rank_all(stream& client) = 0;
};

/// One unary call.
inline grpc::Status call_rank(grpc::Channel& channel, const std::string& size) {
    grpc::ClientContext context;
    message answer;
    const grpc::internal::RpcMethod method(rank_method, grpc::internal::RpcMethod::NORMAL_RPC);
    return grpc::internal::BlockingUnaryCall<message, message>(&channel, method, &context,
                                                               message_of(size), &answer);
}

/// One streaming call of so many messages.
inline grpc::Status call_rank_all(grpc::Channel& channel, const std::string& size, int messages) {
    grpc::ClientContext context;
    const grpc::internal::RpcMethod method(rank_all_method,
                                           grpc::internal::RpcMethod::BIDI_STREAMING);
    const std::unique_ptr<grpc::ClientReaderWriter<message, message>> stream(
        grpc::internal::ClientReaderWriterFactory<message, message>::Create(&channel, method,
                                                                            &context));
    message answer;
    for (int i = 0; i < messages && stream->Write(message_of(size)) && stream->Read(&answer);)
        ++i;
    stream->WritesDone();
    return stream->Finish();
}

} // namespace ranking

#endif
