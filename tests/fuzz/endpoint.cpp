// Takes arbitrary bytes as requests to the live endpoint: tests/run.sh fuzz.

#include <scopetree/service/endpoint_connection.hpp>

#include "support/staged_endpoint.hpp"

#include <boost/json/src.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using namespace scopetree;
namespace http = boost::beast::http;

void demand(bool holds, const char* what) {
    if (!holds)
        throw std::logic_error(what);
}

/// A response must be of those that are meant, and none may smuggle a header in.
void check(const endpoint_response& response) {
    constexpr int meant[] = {200, 308, 400, 401, 403, 404, 405, 413, 431, 503};
    demand(std::count(std::begin(meant), std::end(meant), response.status) == 1, "status");
    for (const auto& [name, value] : response.headers)
        for (const char c : name + value)
            demand(c >= ' ' && c <= '~', "header");
}

/// As endpoint_connection does it; the bytes come in pieces.
void answer_all(const live_endpoint& endpoint, std::string_view bytes, std::size_t piece) {
    const auto peer = boost::asio::ip::make_address("127.0.0.1");
    while (!bytes.empty()) {
        detail::endpoint_parser parser;
        parser.header_limit(detail::endpoint_connection::most_header_bytes);
        boost::system::error_code failed = http::error::need_more;
        for (std::size_t shown = std::min(piece, bytes.size());
             failed == http::error::need_more || (!failed && !parser.is_header_done());) {
            const std::size_t used =
                parser.put(boost::asio::const_buffer(bytes.data(), shown), failed);
            bytes.remove_prefix(used);
            shown = std::min(shown - used + piece, bytes.size());
            if (used == 0 && shown == bytes.size() && failed == http::error::need_more)
                return; // cut off
        }
        if (const auto [status, why] = detail::fault_of(parser, failed); status != 0)
            return check(detail::plain_response(status, why));
        endpoint_answer answer = endpoint.answer(to_endpoint_request(parser.get(), peer));
        endpoint_response response = answer.finish ? answer.finish() : answer.response;
        check(response);
        const auto sent = to_beast_response(std::move(response), parser.get());
        if (!sent.keep_alive() || !parser.is_done())
            return;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static test::staged_source* const source = new test::staged_source;
    static const auto* const open = new live_endpoint({}, source->source());
    static const auto* const guarded = [] {
        endpoint_options chosen;
        chosen.token = "0123456789abcdef";
        chosen.path = "/live";
        return new live_endpoint(chosen, source->source());
    }();
    if (size == 0)
        return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t piece = 1 + (data[0] >> 2) * 16;
    switch (data[0] & 3) {
    case 0:
        answer_all(*open, bytes, piece);
        break;
    case 1:
        answer_all(*guarded, bytes, piece);
        break;
    default: // past what a parser lets through
        const endpoint_answer answer = open->answer(test::request_for(std::string(bytes)));
        check(answer.finish ? answer.finish() : answer.response);
    }
    return 0;
}
