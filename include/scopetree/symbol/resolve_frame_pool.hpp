/// The frames of a session, each once, while more and more becomes known of them.
#ifndef SCOPETREE_SYMBOL_RESOLVE_FRAME_POOL_HPP
#define SCOPETREE_SYMBOL_RESOLVE_FRAME_POOL_HPP

#include <scopetree/model/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// The debug information at hand tells the line of a definition only through the function's own
/// code. Where one copy is inlined and another is not, the latter tells it for both: a line that is
/// learnt late can change frames that are here already, and make one of two.
class frame_pool {
public:
    /// The number of a frame; index_of() knows where it is among the frames. `key`: all that tells
    /// it from others, but for its line. `function`: which copies tell each other their line; empty
    /// if the frame neither tells nor believes one. `make()` returns the frame, without a line; it
    /// is asked only for a key that is new.
    template <class Make>
    std::uint32_t add(const std::string& key, const std::string& function, std::uint32_t line,
                      Make&& make) {
        const auto next_kind = static_cast<std::uint32_t>(kinds_.size());
        const std::uint32_t kind = by_key_.emplace(key, next_kind).first->second;
        if (kind == next_kind)
            kinds_.push_back(make());
        const entry wanted{kind, line, function.empty() ? no_index : number_of(function)};
        const auto next = static_cast<std::uint32_t>(entries_.size());
        const auto [known, added] = by_entry_.emplace(wanted, next);
        if (added) {
            entries_.push_back(wanted);
            learn(wanted);
            indices_.push_back(show(wanted));
        }
        return known->second;
    }

    /// Valid until settle() returns true.
    std::uint32_t index_of(std::uint32_t number) const { return indices_[number]; }

    /// To be called when all functions are added. True if indices have changed. Linear.
    bool settle() {
        if (!has_learnt_)
            return false;
        frames_.clear();
        by_line_.clear();
        indices_.clear();
        for (const entry& each : entries_)
            indices_.push_back(show(each));
        has_learnt_ = false;
        return true;
    }

    const std::vector<frame>& frames() const { return frames_; }

private:
    static constexpr std::uint32_t ambiguous = 0;

    struct entry {
        std::uint32_t kind;
        std::uint32_t line;
        std::uint32_t function;

        bool operator==(const entry& other) const {
            return kind == other.kind && line == other.line && function == other.function;
        }
    };
    struct entry_hash {
        std::size_t operator()(const entry& e) const {
            constexpr std::uint64_t odd = 0x9e37'79b9'7f4a'7c15u;
            return static_cast<std::size_t>(((std::uint64_t{e.kind} << 32 | e.line) * odd >> 7) +
                                            e.function);
        }
    };

    std::uint32_t number_of(const std::string& function) {
        const auto next = static_cast<std::uint32_t>(lines_.size());
        const std::uint32_t number = functions_.emplace(function, next).first->second;
        if (number == next)
            lines_.push_back(no_index);
        return number;
    }

    void learn(const entry& from) {
        if (from.function == no_index || from.line == 0)
            return;
        std::uint32_t& line = lines_[from.function];
        const std::uint32_t before = line;
        if (line == no_index)
            line = from.line;
        else if (line != from.line)
            line = ambiguous;
        has_learnt_ = has_learnt_ || line != before;
    }

    std::uint32_t show(const entry& shown) {
        std::uint32_t line = shown.line;
        if (line == 0 && shown.function != no_index && lines_[shown.function] != no_index)
            line = lines_[shown.function];
        const auto next = static_cast<std::uint32_t>(frames_.size());
        const auto [at, added] = by_line_.emplace(std::uint64_t{shown.kind} << 32 | line, next);
        if (added) {
            frames_.push_back(kinds_[shown.kind]);
            frames_.back().line = line;
        }
        return at->second;
    }

    std::unordered_map<std::string, std::uint32_t> by_key_;
    std::vector<frame> kinds_;
    std::unordered_map<entry, std::uint32_t, entry_hash> by_entry_;
    std::vector<entry> entries_; ///< by number
    std::unordered_map<std::string, std::uint32_t> functions_;
    std::vector<std::uint32_t> lines_; ///< by function; no_index: not known
    bool has_learnt_ = false;

    std::vector<frame> frames_;
    std::vector<std::uint32_t> indices_; ///< by number
    std::unordered_map<std::uint64_t, std::uint32_t> by_line_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
