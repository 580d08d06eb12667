/// Sessions as files: session::save and session::load.
#ifndef SCOPETREE_MODEL_SESSION_FILE_HPP
#define SCOPETREE_MODEL_SESSION_FILE_HPP

#include <scopetree/model/session.hpp>
#include <scopetree/model/session_reader.hpp>
#include <scopetree/model/session_writer.hpp>
#include <scopetree/model/whole_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Sessions name functions and files of a program: they are for their owner alone.
inline constexpr mode_t session_file_mode = 0600;

class file_to_read {
public:
    /// Does not wait for the other end of a pipe.
    explicit file_to_read(const std::string& path)
        : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    ~file_to_read() {
        if (descriptor_ >= 0)
            ::close(descriptor_);
    }
    file_to_read(const file_to_read&) = delete;
    file_to_read& operator=(const file_to_read&) = delete;

    int operator*() const { return descriptor_; }

private:
    int descriptor_;
};

[[noreturn]] inline void refuse_reading(const std::string& path, int error) {
    throw session_error("scopetree: cannot read " + path + ": " +
                        std::error_code(error, std::generic_category()).message());
}

/// All of a file that is not larger than a session may be.
inline std::string contents_of_session_file(const std::string& path) {
    constexpr std::int64_t largest = std::int64_t{1} << 30;
    const file_to_read file(path);
    struct stat facts {};
    if (*file < 0 || ::fstat(*file, &facts) != 0)
        refuse_reading(path, errno);
    if (S_ISDIR(facts.st_mode))
        refuse_reading(path, EISDIR);
    if (!S_ISREG(facts.st_mode))
        refuse_session(path, "", "this is no regular file");
    if (facts.st_size > largest)
        refuse_session(path, "", "the file is larger than 1 GiB, which no session is");
    std::string text(static_cast<std::size_t>(facts.st_size), '\0');
    std::size_t used = 0;
    while (used < text.size()) {
        const ssize_t count = ::read(*file, text.data() + used, text.size() - used);
        if (count < 0 && errno != EINTR)
            refuse_reading(path, errno);
        if (count == 0)
            break; // it has become shorter
        used += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    text.resize(used);
    return text;
}

} // namespace detail

inline void session::save(const std::string& path) const {
    const std::error_code failed =
        detail::write_whole_file(path, detail::session_file_mode,
                                 [&](std::ostream& stream) { write_session(stream, *this); });
    if (failed)
        throw session_error("scopetree: cannot write " + path + ": " + failed.message());
}

inline session session::load(const std::string& path) {
    try {
        return read_session(detail::contents_of_session_file(path), path);
    } catch (const std::bad_alloc&) {
        detail::refuse_session(path, "", "there is not enough memory to read it");
    }
}

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
