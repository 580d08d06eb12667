#include <scopetree/model/keep_used_frames.hpp>

#include "support/random_session.hpp"
#include "support/session_figures.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <set>

using namespace scopetree;

TEST_CASE("used frames: the nodes show what they showed, and no frame is left over") {
    const auto seed = GENERATE(range(0u, 50u));
    session kept = test::random_session(seed);
    const session before = kept;
    detail::keep_used_frames(kept);
    CHECK(test::describe(kept) == test::describe(before));
    std::set<std::uint32_t> used;
    for (const thread_tree& thread : kept.threads)
        for (const call_node& node : thread.nodes)
            used.insert(node.frame);
    CHECK(used.size() == kept.frames.size());
}
