/// Which frames are the same function or scope.
#ifndef SCOPETREE_PROCESS_FRAME_IDENTITY_HPP
#define SCOPETREE_PROCESS_FRAME_IDENTITY_HPP

#include <scopetree/model/session.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Function, file and kind: lines and modules may differ.
struct frame_key {
    std::string_view name;
    std::string_view file;
    frame_kind kind = frame_kind::function;

    friend bool operator==(const frame_key& a, const frame_key& b) {
        return a.kind == b.kind && a.name == b.name && a.file == b.file;
    }
};

struct frame_key_hash {
    std::size_t operator()(const frame_key& key) const {
        const std::hash<std::string_view> hash;
        return hash(key.name) * 31 + hash(key.file) * 7 + static_cast<std::size_t>(key.kind);
    }
};

/// For every frame of the session a number that it shares with exactly those that are the same;
/// the numbers are smaller than that of the frames.
inline std::vector<std::uint32_t> frame_identities(const session& source) {
    std::unordered_map<frame_key, std::uint32_t, frame_key_hash> known;
    std::vector<std::uint32_t> identities;
    identities.reserve(source.frames.size());
    for (const frame& f : source.frames) {
        const frame_key key{f.full_name.empty() ? f.name : f.full_name, f.file, f.kind};
        const auto number = static_cast<std::uint32_t>(known.size());
        identities.push_back(known.emplace(key, number).first->second);
    }
    return identities;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
