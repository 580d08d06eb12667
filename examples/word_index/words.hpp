/// Identifiers in texts, and how often they occur.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// Views of a text that must stay alive.
using text_counts = std::unordered_map<std::string_view, std::uint64_t>;

/// The identifiers of a C++ source, those in comments and literals included.
text_counts count_identifiers(std::string_view text);

/// The counts of many texts. Thread-safe.
class word_index {
public:
    using entry = std::pair<std::string, std::uint64_t>;

    void merge(const text_counts& counts);
    std::vector<entry> most_frequent(std::size_t count) const;
    std::size_t size() const;

private:
    /// A lock for each part of the words, so that threads seldom wait for each other.
    struct shard {
        mutable std::mutex mutex;
        std::unordered_map<std::string, std::uint64_t> counts;
    };

    std::array<shard, 16> shards_;
};
