/// The frames of a session: addresses and scopes resolved, each once, equal frames shared.
#ifndef SCOPETREE_SYMBOL_RESOLVE_FRAMES_HPP
#define SCOPETREE_SYMBOL_RESOLVE_FRAMES_HPP

#include <scopetree/model/recording.hpp>
#include <scopetree/symbol/function_identity.hpp>
#include <scopetree/symbol/native_frame.hpp>
#include <scopetree/symbol/paths.hpp>
#include <scopetree/symbol/readable_name.hpp>
#include <scopetree/symbol/resolve_frame_pool.hpp>
#include <scopetree/symbol/scope_placement.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A frame on a stack: what it is called, and what a scope's function is compared with.
struct stack_frame {
    std::uint32_t frame = no_index; // into session::frames
    function_keys keys;
    std::uint32_t number = no_index; // in the pool
};

/// What is known of the addresses and scopes of one run. May be asked for one recording of the run
/// after the other, and then does only what is new; the modules of a run keep their indices.
class frame_table {
public:
    explicit frame_table(application_rule rule) : rule_(std::move(rule)) {}

    /// Resolves all addresses of the recording, those that are new through
    /// `look_up(const raw_location&)`, which returns a native_location. All else is about this
    /// recording then.
    template <class LookUp>
    void resolve(const recording& source, LookUp&& look_up);

    /// Outermost first, by index into recording::locations.
    const std::vector<stack_frame>& stack_of(std::uint32_t location) const {
        return *stacks_[location];
    }

    std::uint32_t add_synthetic(const std::string& name);
    std::uint32_t add_scope(const raw_scope& scope);
    /// `pc` and `module` must be those of a scope of the recording.
    open_scope describe(const raw_scope& scope);

    std::size_t key_count() const { return identity_.size(); }
    std::size_t site_count() const { return sites_.size(); }
    std::string source_root() const;
    const std::vector<frame>& frames() const { return pool_.frames(); }

private:
    struct address {
        std::uintptr_t pc;
        std::uint32_t module;
        bool exact;
        bool operator==(const address& other) const {
            return pc == other.pc && module == other.module && exact == other.exact;
        }
    };
    struct address_hash {
        std::size_t operator()(const address& value) const {
            return std::hash<std::uintptr_t>()(value.pc * 2 + value.exact) ^ value.module;
        }
    };

    static address address_of(const raw_scope& scope) { return {scope.pc, scope.module, false}; }
    const native_location& code_of(const raw_scope& scope) const {
        return scope_code_.at(address_of(scope));
    }
    std::vector<stack_frame> make_stack(const native_location& found, std::uint32_t module);
    std::uint32_t add_native(const native_frame& native, std::uint32_t module);
    std::uint32_t add_own(frame value);
    bool is_own(const native_frame& native) const {
        return starts_with(native.name, "scopetree::") || lies_in(native.file, rule_.own_headers);
    }
    std::string path_of_scope(const raw_scope& scope) const;

    std::vector<module_info> modules_;
    application_rule rule_;
    std::unordered_map<address, std::vector<stack_frame>, address_hash> known_stacks_;
    std::unordered_map<address, native_location, address_hash> scope_code_;
    std::vector<const std::vector<stack_frame>*> stacks_;
    function_identity identity_;
    std::unordered_map<std::string, std::uint32_t> sites_;
    frame_pool pool_;
};

template <class LookUp>
void frame_table::resolve(const recording& source, LookUp&& look_up) {
    modules_ = source.modules;
    for (const raw_thread& thread : source.threads)
        for (const raw_scope& scope : thread.scopes)
            if (scope.pc != 0 && scope_code_.count(address_of(scope)) == 0)
                scope_code_.emplace(address_of(scope),
                                    look_up(raw_location{scope.pc, false, scope.module}));
    stacks_.clear();
    stacks_.reserve(source.locations.size());
    for (const raw_location& location : source.locations) {
        const address at{location.pc, location.module, location.exact};
        auto known = known_stacks_.find(at);
        if (known == known_stacks_.end()) {
            const auto scope = scope_code_.find(at);
            known = known_stacks_
                        .emplace(at, make_stack(scope == scope_code_.end() ? look_up(location)
                                                                           : scope->second,
                                                location.module))
                        .first;
        }
        stacks_.push_back(&known->second);
    }
    if (pool_.settle())
        for (auto& [at, stack] : known_stacks_)
            for (stack_frame& each : stack)
                each.frame = pool_.index_of(each.number);
}

inline std::vector<stack_frame> frame_table::make_stack(const native_location& found,
                                                        std::uint32_t module) {
    std::vector<stack_frame> stack;
    for (std::size_t i = found.frames.size(); i-- > 0;) {
        const std::uint32_t number = add_native(found.frames[i], module);
        stack.push_back({pool_.index_of(number), identity_.of_frame(found, i), number});
    }
    return stack;
}

inline std::uint32_t frame_table::add_native(const native_frame& native, std::uint32_t module) {
    const std::string function = native.name + '\n' + native.file;
    const auto make = [&] {
        frame value;
        value.full_name = native.name;
        value.name = native.named ? readable_name(native.name) : native.name;
        value.file = native.file;
        value.module = module < modules_.size() ? module : no_index;
        value.inlined = native.inlined;
        // Code that belongs to no module was made at run time; without a file nobody can say for
        // whom.
        const bool nowhere = value.module == no_index && native.file.empty();
        value.application =
            !nowhere && rule_.is_application(native.name, native.file,
                                             value.module == no_index ? std::string_view("none")
                                                                      : modules_[module].path);
        return value;
    };
    return pool_.add((native.inlined ? 'i' : 'f') + function,
                     native.qualified ? function : std::string(), native.line, make);
}

/// Of the profiler's own frames everything is known from the start. Returns the index.
inline std::uint32_t frame_table::add_own(frame value) {
    std::string key(1, value.kind == frame_kind::synthetic     ? 'n'
                       : value.kind == frame_kind::timed_scope ? 't'
                                                               : 's');
    key += value.name + '\n' + value.file;
    return pool_.index_of(pool_.add(key, {}, value.line, [&] { return value; }));
}

inline std::uint32_t frame_table::add_synthetic(const std::string& name) {
    frame value;
    value.name = value.full_name = name;
    value.kind = frame_kind::synthetic;
    return add_own(std::move(value));
}

/// `__FILE__` is often relative to the folder of the build, and debug information knows the rest.
inline std::string frame_table::path_of_scope(const raw_scope& scope) const {
    std::string path = normalized_path(scope.file);
    if (path.empty() || path.front() == '/' || scope.pc == 0)
        return path;
    std::string_view tail = path;
    while (starts_with(tail, "../"))
        tail.remove_prefix(3);
    for (const native_frame& native : code_of(scope).frames) {
        const std::string_view file = native.file;
        if (file.size() > tail.size() && ends_with(file, tail) &&
            file[file.size() - tail.size() - 1] == '/')
            return native.file;
    }
    return path;
}

inline std::uint32_t frame_table::add_scope(const raw_scope& scope) {
    frame value;
    value.name = scope.whole_function ? readable_name(scope.function) : scope.name;
    value.full_name = value.name;
    value.file = path_of_scope(scope);
    value.line = scope.line;
    value.module = scope.module < modules_.size() ? scope.module : no_index;
    value.kind = scope.figures.timed ? frame_kind::timed_scope : frame_kind::scope;
    value.application = true;
    return add_own(std::move(value));
}

/// The scope's address lies in the macro's own code; the first frame around it that is not this
/// library's is the function that the user wrote it in.
inline open_scope frame_table::describe(const raw_scope& scope) {
    open_scope result;
    std::string site = scope.name + '\n' + scope.file + '\n' + scope.function + '\n';
    site += std::to_string(scope.line);
    result.site =
        sites_.emplace(std::move(site), static_cast<std::uint32_t>(sites_.size())).first->second;
    result.request = scope.request;
    if (scope.pc == 0)
        return result;
    const native_location& found = code_of(scope);
    std::size_t index = 0;
    while (index + 1 < found.frames.size() && is_own(found.frames[index]))
        ++index;
    result.function = identity_.of_scope(found, index);
    return result;
}

inline std::string frame_table::source_root() const {
    std::vector<std::string> files;
    for (const frame& value : frames())
        if (value.application && value.kind == frame_kind::function && starts_with(value.file, "/"))
            files.push_back(value.file);
    return common_folder(files);
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
