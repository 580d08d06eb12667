/// Gzip files, for formats that demand them.
#ifndef SCOPETREE_RENDER_GZIP_HPP
#define SCOPETREE_RENDER_GZIP_HPP

#include <scopetree/config.hpp>

#include <boost/crc.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Wraps bytes up as a gzip file (RFC 1952) of stored blocks (RFC 1951, 3.2.4): a valid one, though
/// no smaller than the bytes, that needs no compressor. Linear; keeps 64 KiB. The caller looks
/// after the stream's errors.
class gzip_writer {
public:
    explicit gzip_writer(std::ostream& stream) : stream_(stream) {
        constexpr char unknown_system = '\xff';
        const char header[] = {'\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 0, unknown_system};
        stream_.write(header, sizeof header);
    }

    void write(std::string_view bytes) {
        checksum_.process_bytes(bytes.data(), bytes.size());
        size_ += static_cast<std::uint32_t>(bytes.size()); // modulo 2^32, as the format wants it
        while (!bytes.empty()) {
            if (block_.size() == largest_block)
                write_block(false);
            const std::size_t part = std::min(bytes.size(), largest_block - block_.size());
            block_ += bytes.substr(0, part);
            bytes.remove_prefix(part);
        }
    }

    /// To be called once, at the end.
    void finish() {
        write_block(true);
        write_number(checksum_.checksum(), 4);
        write_number(size_, 4);
    }

private:
    static constexpr std::size_t largest_block = 0xffff;

    void write_block(bool last) {
        const auto size = static_cast<std::uint32_t>(block_.size());
        write_number(last ? 1 : 0, 1);
        write_number(size, 2);
        write_number(~size, 2);
        stream_.write(block_.data(), static_cast<std::streamsize>(block_.size()));
        block_.clear();
    }

    /// Little-endian.
    void write_number(std::uint32_t value, int bytes) {
        for (; bytes > 0; --bytes, value >>= 8)
            stream_.put(static_cast<char>(value & 0xff));
    }

    std::ostream& stream_;
    std::string block_;
    boost::crc_32_type checksum_;
    std::uint32_t size_ = 0;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
