/// The two questions that libbacktrace answers, asked safely. Only with SCOPETREE_LIBBACKTRACE.
#ifndef SCOPETREE_SYMBOL_SYMBOLIZER_BACKTRACE_HPP
#define SCOPETREE_SYMBOL_SYMBOLIZER_BACKTRACE_HPP

#include <scopetree/config.hpp>

#if SCOPETREE_LIBBACKTRACE

#include <scopetree/symbol/elf_symbols.hpp>
#include <scopetree/symbol/loaded_modules.hpp>
#include <scopetree/symbol/paths.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include <backtrace.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// One function of a chain of inlined calls, as the debug information has it.
struct debug_function {
    std::string name; ///< linkage name if it has one, else the plain name; may be empty
    std::string file;
    std::uint32_t line = 0; ///< of the address, or of the call to the next function inwards
};

/// Clang gives some files by absolute path and says that they lie in the folder of the compilation;
/// older libbacktrace believes both: `/build//src/x.cpp`. A doubled slash can also be the user's,
/// so the file system has the last word.
inline std::string path_or_empty(const char* path) {
    std::string all = path == nullptr ? "" : path;
    const std::size_t joint = all.find("//");
    if (joint == std::string::npos || joint == 0 || ::access(path, F_OK) == 0)
        return all;
    std::string absolute = all.substr(joint + 1);
    return ::access(absolute.c_str(), F_OK) == 0 ? absolute : all;
}

/// libbacktrace's state. Its memory cannot be given back, so there is one for the process, and a
/// new one only when modules were loaded or unloaded since the last one was made: what leaks is
/// bounded by the number of such changes between reports. Missing debug information is no error.
/// Thread-safe. The child of a fork has a new one: a thread that is not there may have been asking.
class backtrace_library {
public:
    static backtrace_library& instance() {
        // Trivially destructible, and not even guarded: reports are made at exit and in children.
        static backtrace_library library;
        [[maybe_unused]] static const int registered = ::pthread_atfork(
            nullptr, nullptr, [] { ::new (static_cast<void*>(&library)) backtrace_library; });
        return library;
    }

    /// Looks at the set of modules anew. Call before a series of questions.
    void refresh() {
        const std::lock_guard<std::mutex> lock(mutex_);
        const module_changes now = count_module_changes();
        if (state_ != nullptr && now == changes_)
            return;
        changes_ = now;
        const std::vector<std::string> unread = debug_files_of_libraries();
        unread_ = &unread;
        reader_ = ::pthread_self();
        state_ = ::backtrace_create_state(nullptr, 0, &ignore, nullptr);
        if (state_ != nullptr) // makes it read the list of modules now, not at some later time
            ::backtrace_syminfo(state_, 0, &take_symbol, &ignore, nullptr);
        reader_ = pthread_t{};
        unread_ = nullptr;
    }

    /// Whether the calling thread is in refresh(), which has no use for that file.
    bool leaves_alone(const char* path) const {
        return reader_ == ::pthread_self() &&
               std::find(unread_->begin(), unread_->end(), path) != unread_->end();
    }

    /// The functions at `address`, innermost first; one without a name if nothing is known.
    std::vector<debug_function> functions(std::uintptr_t address) {
        const std::lock_guard<std::mutex> lock(mutex_);
        std::vector<debug_function> result;
        if (state_ != nullptr)
            ::backtrace_pcinfo(state_, address, &take_function, &ignore, &result);
        return result;
    }

    symbol_entry symbol(std::uintptr_t address) {
        const std::lock_guard<std::mutex> lock(mutex_);
        symbol_entry result;
        if (state_ != nullptr)
            ::backtrace_syminfo(state_, address, &take_symbol, &ignore, &result);
        return result;
    }

private:
    static void ignore(void*, const char*, int) {}

    /// The system's libraries are shown without lines, and elf_symbols knows their names. What a
    /// distribution has of their debug information would be read in whole, whatever is asked for:
    /// the C library's alone takes 50 ms.
    static std::vector<std::string> debug_files_of_libraries() {
        std::vector<std::string> paths;
        for (const module_info& module : loaded_modules())
            if (is_system_module(module.path) && !module.build_id.empty())
                paths.push_back(separate_debug_file(module.build_id));
        return paths;
    }

    static int take_function(void* out, std::uintptr_t, const char* file, int line,
                             const char* function) {
        static_cast<std::vector<debug_function>*>(out)->push_back(
            {function == nullptr ? "" : function, path_or_empty(file),
             line > 0 ? static_cast<std::uint32_t>(line) : 0});
        return 0;
    }

    static void take_symbol(void* out, std::uintptr_t, const char* name, std::uintptr_t start,
                            std::uintptr_t) {
        if (out != nullptr && name != nullptr)
            *static_cast<symbol_entry*>(out) = {name, start};
    }

    std::mutex mutex_;
    ::backtrace_state* state_ = nullptr;
    module_changes changes_;
    const std::vector<std::string>* unread_ = nullptr; // the reader's
    std::atomic<pthread_t> reader_{};
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

// In the place of libbacktrace's own, which is not linked then: it can be told what to look up, but
// not what to read. Where its own is linked all the same (a shared libbacktrace) nothing is amiss
// but the time. Does what that does for everybody else.
extern "C" {

SCOPETREE_DETAIL_HIDDEN __attribute__((used)) inline int
backtrace_open(const char* path, ::backtrace_error_callback on_error, void* data, int* is_absent) {
    int none = 0;
    int& absent = is_absent == nullptr ? none : *is_absent;
    absent = scopetree::detail::backtrace_library::instance().leaves_alone(path) ? 1 : 0;
    if (absent != 0)
        return -1;
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0)
        return file;
    absent = errno == ENOENT || errno == EACCES ? 1 : 0;
    if (is_absent == nullptr || absent == 0)
        on_error(data, path, errno);
    return -1;
}

SCOPETREE_DETAIL_HIDDEN __attribute__((used)) inline int
backtrace_close(int file, ::backtrace_error_callback on_error, void* data) {
    if (::close(file) == 0)
        return 1;
    on_error(data, "close", errno);
    return 0;
}

} // extern "C"

#endif

#endif
