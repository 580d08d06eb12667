/// From the sampler's accounts to a recording: a copy in ordinary containers, indices for pointers.
#ifndef SCOPETREE_MODEL_RECORDER_HPP
#define SCOPETREE_MODEL_RECORDER_HPP

#include <scopetree/model/recording.hpp>
#include <scopetree/model/track_store.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Turns accounts into raw threads. Calls malloc: not under the registry's lock.
class recorder {
public:
    /// `started_ns`: the monotonic clock when the session began.
    recorder(const location_table& locations, double ns_per_tick, std::int64_t started_ns)
        : modules_(locations.modules()), ns_per_tick_(ns_per_tick), started_ns_(started_ns) {
        for (const mapped_module& module : modules_.all())
            result_.modules.push_back(to_module_info(module));
        for (const location_table::location& from : locations.all())
            result_.locations.push_back({from.pc, from.exact, from.module});
    }

    void add(const thread_account& account, const std::string& name) {
        raw_thread& thread = add_thread(name);
        thread.tid = account.tid;
        thread.wall_ns = account.wall_ns;
        thread.cpu_ns = account.cpu_ns;
        for (const call_tree::path& from : account.track.tree().paths())
            thread.paths.push_back({from.parent, from.location});
        for (const scope_usage::count& count : account.scopes.counts())
            set_figures(thread.scopes[scope_of(count.node, thread)].figures, count, account.scopes);
        std::vector<std::uint32_t> leaves; // by leaf of the account's tree
        for (const call_tree::leaf& from : account.track.tree().leaves()) {
            leaves.push_back(static_cast<std::uint32_t>(thread.leaves.size()));
            if (from.wall_ns != 0 || from.cpu_ns != 0 || from.samples != 0)
                thread.leaves.push_back({from.path, scope_of(from.scope, thread), from.extent,
                                         from.wall_ns, from.cpu_ns, from.samples});
        }
        thread.begun_ns = account.track.begun_ns() - started_ns_;
        account.track.timeline().for_each_run([&](std::uint32_t leaf, std::int64_t duration_ns) {
            thread.timeline.push_back({leaves[leaf], duration_ns});
        });
    }

    recording take() { return std::move(result_); }

protected:
    /// A thread without anything but its root; valid until the next one.
    raw_thread& add_thread(const std::string& name) {
        scopes_.clear();
        result_.threads.emplace_back();
        result_.threads.back().name = name;
        result_.threads.back().scopes.emplace_back();
        return result_.threads.back();
    }

    /// The index of a node, which with all its parents is added if need be. For the thread that was
    /// added last.
    std::uint32_t scope_of(const scope_node* node, raw_thread& thread) {
        std::vector<const scope_node*> missing;
        while (node->parent != nullptr && scopes_.count(node) == 0) {
            missing.push_back(node);
            node = node->parent;
        }
        std::uint32_t index = node->parent == nullptr ? 0 : scopes_[node];
        for (; !missing.empty(); missing.pop_back()) {
            const std::uint32_t parent = index;
            index = static_cast<std::uint32_t>(thread.scopes.size());
            thread.scopes.push_back(to_raw_scope(*missing.back(), parent));
            scopes_[missing.back()] = index;
        }
        return index;
    }

    void set_figures(scope_figures& figures, const scope_usage::count& count,
                     const scope_usage& usage) const {
        figures.calls = count.calls;
        if (count.timing == hash_index::none)
            return;
        const scope_timing& timing = usage.timings()[count.timing];
        figures.times = {to_ns(timing.total), to_ns(timing.min), to_ns(timing.max),
                         to_ns(timing_quantile(timing, 0.5)), to_ns(timing_quantile(timing, 0.99))};
    }

private:
    static module_info to_module_info(const mapped_module& module) {
        module_info info;
        info.path = module.path;
        constexpr char digits[] = "0123456789abcdef";
        for (std::size_t i = 0; i < module.build_id_size; ++i) {
            info.build_id += digits[module.build_id[i] >> 4];
            info.build_id += digits[module.build_id[i] & 15];
        }
        info.load_address = module.load_address;
        info.begin = module.begin;
        info.end = module.end;
        return info;
    }

    raw_scope to_raw_scope(const scope_node& node, std::uint32_t parent) const {
        raw_scope scope;
        scope.parent = parent;
        scope.name = node.record->name;
        scope.function = node.record->function;
        scope.file = node.record->file;
        scope.line = node.record->line;
        scope.whole_function = node.record->whole_function;
        scope.request = node.record->request;
        scope.figures.timed = node.record->timed;
        scope.pc = reinterpret_cast<std::uintptr_t>(node.pc);
        scope.module = modules_.find(scope.pc);
        return scope;
    }

    std::int64_t to_ns(std::uint64_t ticks) const noexcept {
        return std::llround(static_cast<double>(ticks) * ns_per_tick_);
    }

    recording result_;
    const module_map& modules_;
    double ns_per_tick_;
    std::int64_t started_ns_;
    std::unordered_map<const scope_node*, std::uint32_t> scopes_; ///< of the thread being added
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
