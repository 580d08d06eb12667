/// Sessions with something of everything, by chance.
#ifndef SCOPETREE_TESTS_SUPPORT_RANDOM_SESSION_HPP
#define SCOPETREE_TESTS_SUPPORT_RANDOM_SESSION_HPP

#include <scopetree/model/session.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace test {

class session_dice {
public:
    explicit session_dice(unsigned seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t n) {
        return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random_);
    }

    std::uint32_t index_below(std::size_t n) { return static_cast<std::uint32_t>(below(n)); }

    /// Mostly small, now and then large.
    std::int64_t duration() {
        return below(3) == 0 ? 0 : static_cast<std::int64_t>(below(std::uint64_t{1} << below(41)));
    }

    /// Names as people write them, and bytes that are no UTF-8.
    std::string name() {
        static const char* const names[] = {"main",
                                            "parse",
                                            "std::vector<int>::push_back",
                                            "_start",
                                            "",
                                            "größe",
                                            "a\tb\"\\/",
                                            "\x01\x7f",
                                            "\xff\xfe",
                                            "cut \xe2\x82",
                                            "\xed\xa0\x80",
                                            "\xf4\x8f\xbf\xbf"};
        std::string text = names[below(sizeof names / sizeof *names)];
        if (below(4) == 0)
            text += std::to_string(below(5));
        if (below(20) == 0)
            text += '\0';
        return text;
    }

private:
    std::mt19937 random_;
};

inline scopetree::frame random_frame(session_dice& dice, std::size_t modules) {
    scopetree::frame f;
    f.name = dice.name();
    f.full_name = dice.below(2) == 0 ? f.name : dice.name();
    f.file = dice.below(3) == 0 ? "" : "/home/me/" + dice.name() + ".cpp";
    f.line = dice.below(10) == 0 ? 0xffff'fffeu : dice.index_below(1'000);
    f.module = modules == 0 || dice.below(4) == 0 ? scopetree::no_index : dice.index_below(modules);
    f.kind = static_cast<scopetree::frame_kind>(dice.below(4));
    f.inlined = dice.below(2) == 0;
    f.application = dice.below(2) == 0;
    return f;
}

inline scopetree::scope_figures random_scope(session_dice& dice) {
    scopetree::scope_figures figures;
    figures.calls = dice.below(std::uint64_t{1} << dice.below(40));
    figures.timed = dice.below(2) == 0;
    if (figures.timed) {
        figures.times = {dice.duration(), dice.duration(), dice.duration(), dice.duration(),
                         dice.duration()};
    }
    return figures;
}

/// The root's frame must be there: frame 0.
inline scopetree::thread_tree random_thread(session_dice& dice, std::size_t frames,
                                            std::size_t nodes) {
    scopetree::thread_tree thread;
    thread.name = dice.name();
    thread.tid = static_cast<std::int64_t>(dice.below(100'000));
    for (std::uint64_t scopes = dice.below(5); scopes > 0; --scopes)
        thread.scopes.push_back(random_scope(dice));
    const std::uint64_t reach = 1 + dice.below(nodes + 1); // small: deep trees; large: broad ones
    for (std::size_t i = 0; i < nodes; ++i) {
        scopetree::call_node node;
        node.frame = i == 0 ? 0 : dice.index_below(frames);
        if (i != 0)
            node.parent =
                static_cast<std::uint32_t>(i - 1 - dice.below(std::min<std::uint64_t>(i, reach)));
        if (!thread.scopes.empty() && dice.below(3) == 0)
            node.scope = dice.index_below(thread.scopes.size());
        node.wall_ns = dice.duration();
        node.cpu_ns = dice.duration();
        node.samples = dice.below(100);
        thread.wall_ns += node.wall_ns;
        thread.cpu_ns += node.cpu_ns;
        thread.nodes.push_back(node);
    }
    std::int64_t now = 0;
    for (std::uint64_t runs = nodes == 0 ? 0 : dice.below(10); runs > 0; --runs) {
        const std::int64_t start = now + dice.duration();
        const std::int64_t duration = dice.duration();
        thread.timeline.push_back({dice.index_below(nodes), start, duration});
        now = start + duration;
    }
    return thread;
}

inline scopetree::session random_session(unsigned seed, std::size_t nodes = 30) {
    session_dice dice(seed);
    scopetree::session made;
    made.program = "./program " + dice.name();
    made.version = "0.1.0";
    made.source_root = dice.below(2) == 0 ? "/home/me" : "";
    made.recorded_unix_ns = 1'748'786'602'000'000'000 + dice.duration();
    made.duration_ns = dice.duration();
    made.interval_ns = 1'000'000;
    made.pid = static_cast<std::int64_t>(1 + dice.below(100'000));
    scopetree::run_figures& f = made.figures;
    for (std::uint64_t* const count : {&f.samples, &f.dropped, &f.truncated, &f.unwinding, &f.ticks,
                                       &f.thinned_ticks, &f.signals})
        *count = dice.below(3) == 0 ? 0 : dice.below(1'000'000);
    f.handler_ns = dice.duration();
    f.sampler_cpu_ns = dice.duration();
    for (std::uint64_t notes = dice.below(3); notes > 0; --notes)
        made.notes.push_back(dice.name());
    for (std::uint64_t modules = dice.below(4); modules > 0; --modules) {
        const std::uint64_t begin = dice.below(~std::uint64_t{0} >> dice.below(20));
        made.modules.push_back({"/usr/lib/" + dice.name(), "00ff" + std::to_string(modules), begin,
                                begin, begin + dice.below(~std::uint64_t{0} - begin)});
    }
    for (std::uint64_t frames = 1 + dice.below(12); frames > 0; --frames)
        made.frames.push_back(random_frame(dice, made.modules.size()));
    for (std::uint64_t threads = dice.below(4); threads > 0; --threads) {
        made.threads.push_back(
            random_thread(dice, made.frames.size(), static_cast<std::size_t>(dice.below(nodes))));
        made.cpu_ns += made.threads.back().cpu_ns;
    }
    return made;
}

} // namespace test

#endif
