/// Where the open scopes of a sample belong between the frames of its stack.
#ifndef SCOPETREE_SYMBOL_SCOPE_PLACEMENT_HPP
#define SCOPETREE_SYMBOL_SCOPE_PLACEMENT_HPP

#include <scopetree/symbol/function_identity.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// What placement must know of an open scope.
struct open_scope {
    function_keys function; ///< as function_identity::of_scope gives them
    std::uint32_t site = 0; ///< the same number for all passes through one macro
    bool request = false;   ///< a request that a thread serves
};

/// Puts scopes under frames. Both come outermost first.
///
/// Each scope goes right under the nearest frame, from the previous scope's frame inwards, whose
/// function is the scope's. Several scopes of one function share a frame, but not two passes
/// through the same macro: those belong to a function that called itself.
///
/// A scope may find no frame: it was left by longjmp and stayed open, or its function is not on the
/// stack as such. It is then put as far inwards as the order of the scopes allows: right before the
/// next scope that does find its frame, or under the innermost frame. So no frame gets a caller
/// that it did not have, and all that is shown under a scope did run while it was open.
///
/// A request whose function is not on the stack holds all that its thread does: hooks of a server
/// begin and end it. It goes as far outwards as the order allows.
///
/// Linear in the number of frames and scopes. One object serves many samples; not thread-safe.
class scope_placement {
public:
    static constexpr std::size_t outside = static_cast<std::size_t>(-1);
    static constexpr std::size_t above = static_cast<std::size_t>(-2); ///< around all frames

    /// `key_count`: function_identity::size(). `site_count`: one more than the greatest site.
    scope_placement(std::size_t key_count, std::size_t site_count)
        : seen_(key_count), site_frames_(site_count) {}

    /// For every scope the index of the frame it goes under, or `above`. Result valid until the
    /// next call.
    const std::vector<std::size_t>& place(const std::vector<const function_keys*>& frames,
                                          const std::vector<const open_scope*>& scopes);

    /// After place(): whether each scope found a frame of its own, so that a stack which continues
    /// this one inwards would give the same places.
    bool settled() const { return settled_; }

    /// The same for a stack that lacks its outermost frames: looks from the inside out, and stops
    /// at the first scope that has no frame. That one and those around it are `outside`.
    const std::vector<std::size_t>& place_inner(const std::vector<const function_keys*>& frames,
                                                const std::vector<const open_scope*>& scopes);

private:
    struct last_seen {
        std::uint64_t sample = 0;
        std::size_t frame = 0;
    };

    static bool share_key(const function_keys& left, const function_keys& right) {
        for (std::uint32_t key : left)
            for (std::uint32_t other : right)
                if (key == other)
                    return true;
        return false;
    }

    /// Walks the stack in one direction; positions count from where it starts.
    template <class FrameAt>
    void walk(std::size_t count, FrameAt frame_at, const std::vector<const open_scope*>& scopes,
              bool backwards);

    std::vector<last_seen> seen_;            // by key
    std::vector<std::uint64_t> site_frames_; // by site: the visit of a frame that has it already
    std::uint64_t sample_ = 0;
    std::uint64_t visit_ = 0;
    bool settled_ = true;
    std::vector<std::size_t> places_;
};

template <class FrameAt>
void scope_placement::walk(std::size_t count, FrameAt frame_at,
                           const std::vector<const open_scope*>& scopes, bool backwards) {
    ++sample_;
    ++visit_;
    for (std::size_t i = 0; i < count; ++i)
        for (std::uint32_t key : frame_at(i))
            seen_[key] = {sample_, i};
    places_.assign(scopes.size(), outside);
    settled_ = true;
    std::size_t here = 0;
    for (std::size_t n = 0; n < scopes.size(); ++n) {
        const std::size_t k = backwards ? scopes.size() - 1 - n : n;
        const open_scope& scope = *scopes[k];
        std::size_t last = outside; // furthest frame of this function
        for (std::uint32_t key : scope.function)
            if (seen_[key].sample == sample_ && (last == outside || seen_[key].frame > last))
                last = seen_[key].frame;
        if (last == outside || last < here) {
            settled_ = false;
            if (backwards)
                return;
            continue;
        }
        const bool taken = site_frames_[scope.site] == visit_;
        const std::size_t before = here;
        if (taken && last > here)
            ++here;
        else if (taken)
            settled_ = false;
        while (!share_key(frame_at(here), scope.function))
            ++here;
        if (here != before)
            ++visit_;
        site_frames_[scope.site] = visit_;
        places_[k] = here;
    }
}

inline const std::vector<std::size_t>&
scope_placement::place(const std::vector<const function_keys*>& frames,
                       const std::vector<const open_scope*>& scopes) {
    walk(
        frames.size(), [&](std::size_t i) -> const function_keys& { return *frames[i]; }, scopes,
        false);
    for (std::size_t k = 0; k < scopes.size(); ++k)
        if (places_[k] == outside && scopes[k]->request)
            places_[k] = k > 0 && places_[k - 1] != outside ? places_[k - 1] : above;
    std::size_t inner = frames.empty() ? outside : frames.size() - 1;
    for (std::size_t k = scopes.size(); k-- > 0;) {
        if (places_[k] == outside)
            places_[k] = inner;
        inner = places_[k];
    }
    return places_;
}

inline const std::vector<std::size_t>&
scope_placement::place_inner(const std::vector<const function_keys*>& frames,
                             const std::vector<const open_scope*>& scopes) {
    const std::size_t last = frames.size() - 1;
    walk(
        frames.size(), [&](std::size_t i) -> const function_keys& { return *frames[last - i]; },
        scopes, true);
    for (std::size_t& place : places_)
        if (place != outside)
            place = last - place;
    return places_;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
