// A gRPC server that is profiled, and clients that call it: grpc [CALLS]   (200). At its end it
// prints what the calls took.
#include "ranking_service.hpp"

#include <scopetree/scopetree.hpp>
#include <scopetree/service/grpc.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

class ranking_server final : public ranking::service {
public:
    grpc::Status rank(const ranking::message& asked, ranking::message& answer) override {
        std::size_t size = 0;
        const std::string text = ranking::text_of(asked);
        std::from_chars(text.data(), text.data() + text.size(), size);
        if (size == 0 || size > 1'000'000)
            return {grpc::StatusCode::INVALID_ARGUMENT, "a size from 1 to 1000000"};
        std::vector<std::uint32_t> points(size);
        {
            PROFILE_SCOPE("load");
            std::minstd_rand random(1);
            std::generate(points.begin(), points.end(), random);
        }
        PROFILE_SCOPE("sort");
        std::sort(points.begin(), points.end());
        answer = ranking::message_of(std::to_string(points.back()));
        return grpc::Status::OK;
    }

    grpc::Status rank_all(stream& client) override {
        ranking::message asked, answer;
        while (client.Read(&asked)) {
            PROFILE_SCOPE("one of the stream");
            if (grpc::Status failed = rank(asked, answer); !failed.ok())
                return failed;
            client.Write(answer);
        }
        return grpc::Status::OK;
    }
};

} // namespace

int main(int count, char** arguments) {
    int calls = 200;
    const std::string_view text(count > 1 ? arguments[1] : "200");
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), calls);
    if (wrong != std::errc() || end != text.data() + text.size() || calls < 0) {
        std::cerr << "usage: grpc [CALLS]\n";
        return 2;
    }
    scopetree::middleware_options options;
    options.print_each_request = false; // only all of them, at the end
    scopetree::profiler_middleware middleware(options);
    ranking_server service;
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    scopetree::add_middleware(builder, middleware); // the one line
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (server == nullptr) {
        std::cerr << "grpc: cannot listen on 127.0.0.1\n";
        return 1;
    }
    const std::shared_ptr<grpc::Channel> channel = grpc::CreateChannel(
        "127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
    int failed = 0;
    for (int i = 0; i < calls; ++i) {
        failed += ranking::call_rank(*channel, "20000").ok() ? 0 : 1;
        if (i % 10 == 0)
            failed += ranking::call_rank_all(*channel, "5000", 10).ok() ? 0 : 1;
    }
    if (calls > 0 && ranking::call_rank(*channel, "none").ok()) // a client's mistake is no error
        ++failed;
    server->Shutdown();
    std::cerr << failed << " of the calls failed that should not\n";
    return failed == 0 ? 0 : 1;
}
