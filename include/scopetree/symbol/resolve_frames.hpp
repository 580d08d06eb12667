/// The frames of a session: addresses and scopes resolved, each once, equal frames shared.
#ifndef SCOPETREE_SYMBOL_RESOLVE_FRAMES_HPP
#define SCOPETREE_SYMBOL_RESOLVE_FRAMES_HPP

#include <scopetree/model/recording.hpp>
#include <scopetree/symbol/function_identity.hpp>
#include <scopetree/symbol/native_frame.hpp>
#include <scopetree/symbol/paths.hpp>
#include <scopetree/symbol/readable_name.hpp>
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
};

class frame_table {
public:
    frame_table(const recording& source, application_rule rule)
        : modules_(source.modules), rule_(std::move(rule)) {}

    /// Resolves all addresses of the recording through `look_up(const raw_location&)`, which
    /// returns a native_location.
    template <class LookUp>
    void resolve(const recording& source, LookUp&& look_up);

    /// Outermost first, by index into recording::locations.
    const std::vector<stack_frame>& stack_of(std::uint32_t location) const {
        return stacks_[location];
    }

    std::uint32_t add_synthetic(const std::string& name);
    std::uint32_t add_scope(const raw_scope& scope);
    /// `pc` and `module` must be those of a scope of the recording.
    open_scope describe(const raw_scope& scope);

    std::size_t key_count() const { return identity_.size(); }
    std::size_t site_count() const { return sites_.size(); }
    std::string source_root() const;
    std::vector<frame> take_frames() { return std::move(frames_); }

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

    template <class LookUp>
    void look_up_once(const raw_location& location, LookUp& look_up);
    const native_location& native(const raw_location& location) const {
        return natives_.at(by_address_.at({location.pc, location.module, location.exact}));
    }
    void share_definition_lines();
    void make_stack(const raw_location& location);
    std::uint32_t add_native(const native_frame& native, std::uint32_t module);
    std::uint32_t intern(frame value);
    bool is_own(const native_frame& native) const {
        return starts_with(native.name, "scopetree::") || lies_in(native.file, rule_.own_headers);
    }
    std::string path_of_scope(const raw_scope& scope) const;

    const std::vector<module_info>& modules_;
    application_rule rule_;
    std::vector<native_location> natives_;
    std::unordered_map<address, std::size_t, address_hash> by_address_;
    std::vector<std::vector<stack_frame>> stacks_;
    function_identity identity_;
    std::unordered_map<std::string, std::uint32_t> sites_;
    std::unordered_map<std::string, std::uint32_t> known_frames_;
    std::vector<frame> frames_;
};

template <class LookUp>
void frame_table::look_up_once(const raw_location& location, LookUp& look_up) {
    if (by_address_.emplace(address{location.pc, location.module, location.exact}, natives_.size())
            .second)
        natives_.push_back(look_up(location));
}

template <class LookUp>
void frame_table::resolve(const recording& source, LookUp&& look_up) {
    for (const raw_location& location : source.locations)
        look_up_once(location, look_up);
    for (const raw_thread& thread : source.threads)
        for (const raw_scope& scope : thread.scopes)
            if (scope.pc != 0)
                look_up_once({scope.pc, false, scope.module}, look_up);
    share_definition_lines();
    stacks_.reserve(source.locations.size());
    for (const raw_location& location : source.locations)
        make_stack(location);
}

/// The debug information at hand tells the line of a definition only through the function's own
/// code. Where one copy is inlined and another is not, the latter tells it for both.
inline void frame_table::share_definition_lines() {
    constexpr std::uint32_t ambiguous = 0;
    std::unordered_map<std::string, std::uint32_t> lines;
    const auto key = [](const native_frame& native) { return native.name + '\n' + native.file; };
    for (const native_location& location : natives_)
        for (const native_frame& native : location.frames)
            if (native.line != 0 && native.qualified) {
                const auto [at, added] = lines.emplace(key(native), native.line);
                if (!added && at->second != native.line)
                    at->second = ambiguous;
            }
    for (native_location& location : natives_)
        for (native_frame& native : location.frames)
            if (native.line == 0 && native.qualified) {
                const auto found = lines.find(key(native));
                native.line = found == lines.end() ? 0 : found->second;
            }
}

inline void frame_table::make_stack(const raw_location& location) {
    const native_location& found = native(location);
    std::vector<stack_frame> stack;
    for (std::size_t i = found.frames.size(); i-- > 0;)
        stack.push_back(
            {add_native(found.frames[i], location.module), identity_.of_frame(found, i)});
    stacks_.push_back(std::move(stack));
}

inline std::uint32_t frame_table::add_native(const native_frame& native, std::uint32_t module) {
    frame value;
    value.full_name = native.name;
    value.name = native.named ? readable_name(native.name) : native.name;
    value.file = native.file;
    value.line = native.line;
    value.module = module < modules_.size() ? module : no_index;
    value.inlined = native.inlined;
    // Code that belongs to no module was made at run time; without a file nobody can say for whom.
    const bool nowhere = value.module == no_index && native.file.empty();
    value.application =
        !nowhere && rule_.is_application(native.name, native.file,
                                         value.module == no_index ? std::string_view("none")
                                                                  : modules_[module].path);
    return intern(std::move(value));
}

inline std::uint32_t frame_table::intern(frame value) {
    std::string key = std::to_string(value.line) + ' ' +
                      std::to_string(static_cast<int>(value.kind)) + (value.inlined ? "i" : "");
    for (const std::string* part : {&value.name, &value.full_name, &value.file}) {
        key += '\n';
        key += *part;
    }
    const auto next = static_cast<std::uint32_t>(frames_.size());
    const auto [at, added] = known_frames_.emplace(std::move(key), next);
    if (added)
        frames_.push_back(std::move(value));
    return at->second;
}

inline std::uint32_t frame_table::add_synthetic(const std::string& name) {
    frame value;
    value.name = value.full_name = name;
    value.kind = frame_kind::synthetic;
    return intern(std::move(value));
}

/// `__FILE__` is often relative to the folder of the build, and debug information knows the rest.
inline std::string frame_table::path_of_scope(const raw_scope& scope) const {
    std::string path = normalized_path(scope.file);
    if (path.empty() || path.front() == '/' || scope.pc == 0)
        return path;
    std::string_view tail = path;
    while (starts_with(tail, "../"))
        tail.remove_prefix(3);
    for (const native_frame& native : native({scope.pc, false, scope.module}).frames) {
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
    return intern(std::move(value));
}

/// The scope's address lies in the macro's own code; the first frame around it that is not this
/// library's is the function that the user wrote it in.
inline open_scope frame_table::describe(const raw_scope& scope) {
    open_scope result;
    std::string site = scope.name + '\n' + scope.file + '\n' + scope.function + '\n';
    site += std::to_string(scope.line);
    result.site =
        sites_.emplace(std::move(site), static_cast<std::uint32_t>(sites_.size())).first->second;
    if (scope.pc == 0)
        return result;
    const native_location& found = native({scope.pc, false, scope.module});
    std::size_t index = 0;
    while (index + 1 < found.frames.size() && is_own(found.frames[index]))
        ++index;
    result.function = identity_.of_scope(found, index);
    return result;
}

inline std::string frame_table::source_root() const {
    std::vector<std::string> files;
    for (const frame& value : frames_)
        if (value.application && value.kind == frame_kind::function && starts_with(value.file, "/"))
            files.push_back(value.file);
    return common_folder(files);
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
