/// All that a session says, in an order of its own: sessions that say the same compare equal.
#ifndef SCOPETREE_TESTS_SUPPORT_SESSION_FIGURES_HPP
#define SCOPETREE_TESTS_SUPPORT_SESSION_FIGURES_HPP

#include <scopetree/model/session.hpp>

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

namespace test {

inline std::string describe(const scopetree::session& source, const scopetree::frame& f) {
    std::ostringstream text;
    text << f.name << "|" << f.full_name << "|" << f.file << ":" << f.line << "|"
         << static_cast<int>(f.kind) << f.inlined << f.application << "|";
    if (f.module != scopetree::no_index)
        text << source.modules[f.module].path << "," << source.modules[f.module].build_id;
    return text.str();
}

inline std::string describe(const scopetree::scope_figures& scope) {
    std::ostringstream text;
    const scopetree::timed_figures& t = scope.times;
    text << " x" << scope.calls;
    if (scope.timed)
        text << " " << t.total_ns << " " << t.min_ns << ".." << t.max_ns << " " << t.p50_ns << " "
             << t.p99_ns;
    return text.str();
}

/// A line for every node, with the whole way to it.
inline std::vector<std::string> describe(const scopetree::session& source,
                                         const scopetree::thread_tree& thread) {
    std::vector<std::string> paths, lines;
    for (const scopetree::call_node& node : thread.nodes) {
        std::ostringstream path, line;
        if (node.parent != scopetree::no_index)
            path << paths[node.parent] << " / ";
        path << describe(source, source.frames[node.frame]);
        if (node.scope != scopetree::no_index)
            path << describe(thread.scopes[node.scope]);
        line << path.str() << " = " << node.wall_ns << " " << node.cpu_ns << " " << node.samples;
        paths.push_back(path.str());
        lines.push_back(line.str());
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

inline std::vector<std::string> describe(const scopetree::session& source) {
    std::ostringstream run;
    const scopetree::run_figures& f = source.figures;
    run << source.program << "|" << source.version << "|" << source.source_root << "|"
        << source.recorded_unix_ns << " " << source.duration_ns << " " << source.cpu_ns << " "
        << source.interval_ns << " " << source.pid << "|" << f.samples << " " << f.dropped << " "
        << f.truncated << " " << f.unwinding << " " << f.ticks << " " << f.thinned_ticks << " "
        << f.signals << " " << f.handler_ns << " " << f.sampler_cpu_ns;
    for (const std::string& note : source.notes)
        run << "|" << note;
    std::vector<std::string> lines;
    for (const scopetree::thread_tree& thread : source.threads) {
        std::ostringstream about;
        about << thread.name << " " << thread.tid << " " << thread.wall_ns << " " << thread.cpu_ns;
        lines.push_back(about.str());
        for (const std::string& line : describe(source, thread))
            lines.push_back(about.str() + ": " + line);
    }
    std::sort(lines.begin(), lines.end());
    lines.insert(lines.begin(), run.str());
    return lines;
}

} // namespace test

#endif
