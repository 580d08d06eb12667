/// Which threads get a tree of their own, in which order and under which name.
#ifndef SCOPETREE_RENDER_TEXT_THREADS_HPP
#define SCOPETREE_RENDER_TEXT_THREADS_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/options.hpp>
#include <scopetree/process/view_tree.hpp>
#include <scopetree/render/text_numbers.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Threads that share a tree; mostly one.
struct thread_section {
    std::string name;
    std::vector<const thread_tree*> threads;
    std::int64_t wall_ns = 0;
    std::int64_t cpu_ns = 0;

    void add(const thread_tree& thread) {
        threads.push_back(&thread);
        wall_ns += thread.wall_ns;
        cpu_ns += thread.cpu_ns;
    }
};

inline std::string name_of_thread(const thread_tree& thread) {
    return thread.name.empty() ? "thread " + std::to_string(thread.tid) : thread.name;
}

/// The main thread first, then those with the most CPU time, then those that lived longest.
inline std::vector<const thread_tree*> ordered_threads(const session& source) {
    std::vector<const thread_tree*> threads;
    for (const thread_tree& thread : source.threads)
        threads.push_back(&thread);
    const auto is_main = [&](const thread_tree* t) { return t->tid != 0 && t->tid == source.pid; };
    std::stable_sort(threads.begin(), threads.end(),
                     [&](const thread_tree* a, const thread_tree* b) {
                         if (is_main(a) != is_main(b))
                             return is_main(a);
                         if (a->cpu_ns != b->cpu_ns)
                             return a->cpu_ns > b->cpu_ns;
                         return a->wall_ns > b->wall_ns;
                     });
    return threads;
}

/// Of many threads with one name (a pool of 1,000 workers) the first few stand alone, the others
/// share a tree; with `all_alone` every thread stands alone.
inline std::vector<thread_section> separate_sections(const session& source, bool all_alone) {
    constexpr std::size_t alone = 8;
    std::map<std::string, std::size_t> total;
    for (const thread_tree& thread : source.threads)
        ++total[name_of_thread(thread)];
    std::map<std::string, std::size_t> seen;
    std::map<std::string, std::size_t> shared; // index of the section that the others share
    std::vector<thread_section> sections;
    for (const thread_tree* thread : ordered_threads(source)) {
        const std::string name = name_of_thread(*thread);
        const std::size_t number = ++seen[name];
        const std::size_t count = total[name];
        if (number > alone && count > alone + 1 && !all_alone) {
            const auto [entry, first] = shared.emplace(name, sections.size());
            if (first) {
                sections.emplace_back();
                sections.back().name =
                    name + ", " + format_count(count - alone) + " more of " + format_count(count);
            }
            sections[entry->second].add(*thread);
            continue;
        }
        sections.emplace_back();
        sections.back().add(*thread);
        sections.back().name = name;
        if (count > 1)
            sections.back().name += ", " + format_count(number) + " of " + format_count(count);
    }
    return sections;
}

inline std::vector<thread_section> sections_of(const session& source, const tree_options& chosen) {
    if (chosen.threads == thread_display::separate)
        return separate_sections(source, chosen.show_all || chosen.timeline);
    thread_section all;
    for (const thread_tree* thread : ordered_threads(source))
        all.add(*thread);
    if (all.threads.empty())
        return {};
    all.name = all.threads.size() == 1 ? name_of_thread(*all.threads.front()) : "all threads";
    return {std::move(all)};
}

/// Takes away what is below the root of a thread that did not run, and so has no CPU tree: no
/// threshold applies where nothing is the whole.
inline void drop_unmeasured(view_tree& tree, const thread_section& section, bool show_all) {
    view_node& root = tree.nodes.front();
    if (root.time == 0 && !show_all && section.wall_ns + section.cpu_ns != 0)
        root.first_child = root.last_child = no_index;
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
