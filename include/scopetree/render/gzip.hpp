/// Gzip files, for formats that demand them.
#ifndef SCOPETREE_RENDER_GZIP_HPP
#define SCOPETREE_RENDER_GZIP_HPP

#include <scopetree/config.hpp>

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/crc.hpp>

#include <cstdint>
#include <ostream>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Packs bytes as a gzip file (RFC 1952), compressed by Boost.Beast's deflate. Linear; keeps about
/// 200 KiB. The caller looks after the stream's errors.
class gzip_writer {
public:
    explicit gzip_writer(std::ostream& stream) : stream_(stream) {
        deflate_.reset(fast, 15, 8, boost::beast::zlib::Strategy::normal);
        constexpr char unknown_system = '\xff';
        const char header[] = {'\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 0, unknown_system};
        stream_.write(header, sizeof header);
    }

    void write(std::string_view bytes) {
        checksum_.process_bytes(bytes.data(), bytes.size());
        size_ += static_cast<std::uint32_t>(bytes.size()); // modulo 2^32, as the format wants it
        deflate(bytes, boost::beast::zlib::Flush::none);
    }

    /// To be called once, at the end.
    void finish() {
        deflate({}, boost::beast::zlib::Flush::finish);
        write_number(checksum_.checksum());
        write_number(size_);
    }

private:
    /// The level. A profile becomes a tenth of its size; 6 would take three times as long for a
    /// quarter less.
    static constexpr int fast = 1;

    /// Until all of `bytes` is taken in and nothing more comes out.
    void deflate(std::string_view bytes, boost::beast::zlib::Flush flush) {
        char part[4096];
        boost::beast::zlib::z_params buffers{};
        buffers.next_in = bytes.data();
        buffers.avail_in = bytes.size();
        do {
            buffers.next_out = part;
            buffers.avail_out = sizeof part;
            boost::system::error_code nothing_more;
            deflate_.write(buffers, flush, nothing_more);
            stream_.write(part, static_cast<std::streamsize>(sizeof part - buffers.avail_out));
        } while (buffers.avail_out == 0);
    }

    /// Little-endian.
    void write_number(std::uint32_t value) {
        for (int i = 0; i < 4; ++i, value >>= 8)
            stream_.put(static_cast<char>(value & 0xff));
    }

    std::ostream& stream_;
    boost::beast::zlib::deflate_stream deflate_;
    boost::crc_32_type checksum_;
    std::uint32_t size_ = 0;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
