#include "words.hpp"

#include <scopetree/scope.hpp>

#include <algorithm>
#include <functional>

static bool starts_identifier(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool continues_identifier(char c) {
    return starts_identifier(c) || (c >= '0' && c <= '9');
}

text_counts count_identifiers(std::string_view text) {
    PROFILE_SCOPE("tokenise");
    text_counts counts;
    auto at = text.begin();
    while (at != text.end()) {
        const auto end = std::find_if_not(at, text.end(), continues_identifier);
        if (end == at)
            ++at;
        else if (starts_identifier(*at))
            ++counts[text.substr(static_cast<std::size_t>(at - text.begin()),
                                 static_cast<std::size_t>(end - at))];
        at = std::max(at, end);
    }
    return counts;
}

void word_index::merge(const text_counts& counts) {
    PROFILE_SCOPE("merge");
    std::array<std::vector<const text_counts::value_type*>, 16> parts;
    for (const auto& counted : counts)
        parts[std::hash<std::string_view>()(counted.first) % parts.size()].push_back(&counted);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::lock_guard<std::mutex> lock(shards_[i].mutex);
        for (const auto* const counted : parts[i])
            shards_[i].counts[std::string(counted->first)] += counted->second;
    }
}

std::vector<word_index::entry> word_index::most_frequent(std::size_t count) const {
    PROFILE_SCOPE("sort");
    std::vector<entry> entries;
    for (const shard& part : shards_) {
        const std::lock_guard<std::mutex> lock(part.mutex);
        entries.insert(entries.end(), part.counts.begin(), part.counts.end());
    }
    count = std::min(count, entries.size());
    const auto more_frequent = [](const entry& a, const entry& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    };
    const auto end = entries.begin() + static_cast<std::ptrdiff_t>(count);
    std::partial_sort(entries.begin(), end, entries.end(), more_frequent);
    entries.erase(end, entries.end());
    return entries;
}

std::size_t word_index::size() const {
    std::size_t total = 0;
    for (const shard& part : shards_) {
        const std::lock_guard<std::mutex> lock(part.mutex);
        total += part.counts.size();
    }
    return total;
}
