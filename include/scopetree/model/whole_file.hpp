/// Files that are there as a whole or not at all.
#ifndef SCOPETREE_MODEL_WHOLE_FILE_HPP
#define SCOPETREE_MODEL_WHOLE_FILE_HPP

#include <scopetree/config.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <system_error>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Writes to a file descriptor, and keeps the first error.
class descriptor_buffer : public std::streambuf {
public:
    explicit descriptor_buffer(int descriptor) : descriptor_(descriptor) {
        setp(buffer_.data(), buffer_.data() + buffer_.size());
    }

    /// An errno; 0 if all went well.
    int error() const { return error_; }

protected:
    int_type overflow(int_type next) override {
        if (!flush())
            return traits_type::eof();
        if (!traits_type::eq_int_type(next, traits_type::eof()))
            sputc(traits_type::to_char_type(next));
        return traits_type::not_eof(next);
    }

    int sync() override { return flush() ? 0 : -1; }

private:
    bool flush() {
        const char* from = pbase();
        while (error_ == 0 && from != pptr()) {
            const ssize_t written =
                ::write(descriptor_, from, static_cast<std::size_t>(pptr() - from));
            if (written >= 0)
                from += written;
            else if (errno != EINTR)
                error_ = errno;
        }
        setp(buffer_.data(), buffer_.data() + buffer_.size());
        return error_ == 0;
    }

    int descriptor_;
    int error_ = 0;
    std::array<char, std::size_t{1} << 16> buffer_;
};

/// A file under a name that is nobody else's. It is gone at the end unless it got another name.
class temporary_file {
public:
    /// `folder` ends with a slash, or is empty: the current one. What failed, finish() tells.
    temporary_file(const std::string& folder, mode_t mode)
        : descriptor_(open_new(folder, mode, path_)), error_(descriptor_ < 0 ? errno : 0),
          buffer_(descriptor_), stream_(&buffer_) {
        if (descriptor_ < 0)
            path_.clear();
    }
    ~temporary_file() {
        close();
        if (!path_.empty())
            ::unlink(path_.c_str());
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;

    std::ostream& stream() { return stream_; }

    /// Must come before the file gets its name. The first error since it was made.
    std::error_code finish() {
        stream_.flush();
        if (error_ == 0)
            error_ = buffer_.error();
        close();
        return {error_, std::generic_category()};
    }

    /// Gives the file its name; one of that name that is there already goes.
    std::error_code replace(const std::string& path) {
        return settle(::rename(path_.c_str(), path.c_str()));
    }

    /// Gives the file its name; fails with EEXIST if there is one of that name.
    std::error_code publish(const std::string& path) {
        constexpr unsigned keep_what_is_there = 1; // RENAME_NOREPLACE, which not all headers have
        const long renamed = ::syscall(SYS_renameat2, AT_FDCWD, path_.c_str(), AT_FDCWD,
                                       path.c_str(), keep_what_is_there);
        if (renamed == 0 || (errno != EINVAL && errno != ENOSYS))
            return settle(static_cast<int>(renamed));
        // Some file systems know no such renaming; the destructor removes the other name.
        const int linked = ::link(path_.c_str(), path.c_str());
        return {linked == 0 ? 0 : errno, std::generic_category()};
    }

    /// Of files that nobody could give a name any more, when their process died.
    static constexpr std::string_view prefix = ".scopetree-";

private:
    static int open_new(const std::string& folder, mode_t mode, std::string& path) {
        constexpr unsigned attempts = 10'000;
        int descriptor = -1;
        for (unsigned i = 0; i < attempts; ++i) {
            path = folder;
            path.append(prefix).append(std::to_string(::getpid())).append("-");
            path.append(std::to_string(i)).append(".tmp");
            descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
            if (descriptor >= 0 || errno != EEXIST)
                break;
        }
        return descriptor;
    }

    /// On some file systems a full disk is noticed only now.
    void close() {
        const int failed = descriptor_ < 0 ? 0 : ::close(descriptor_);
        descriptor_ = -1;
        if (failed != 0 && error_ == 0)
            error_ = errno;
    }

    std::error_code settle(int result) {
        if (result != 0)
            return {errno, std::generic_category()};
        path_.clear();
        return {};
    }

    std::string path_;
    int descriptor_;
    int error_;
    descriptor_buffer buffer_;
    std::ostream stream_;
};

/// `path` up to its last slash.
inline std::string folder_of(const std::string& path) {
    return path.substr(0, path.rfind('/') + 1);
}

/// A symbolic link stays one: it is the file it leads to that is written.
inline std::string followed_link(const std::string& path) {
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) != 0 || !S_ISLNK(facts.st_mode))
        return path;
    char* const target = ::realpath(path.c_str(), nullptr);
    std::string followed = target == nullptr ? path : target;
    std::free(target);
    return followed;
}

/// Into a terminal, a pipe or a device, which no other file can replace.
template <class Write>
std::error_code write_in_place(const std::string& path, Write&& write) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0)
        return {errno, std::generic_category()};
    descriptor_buffer buffer(descriptor);
    std::ostream stream(&buffer);
    write(stream);
    stream.flush();
    ::close(descriptor);
    return {buffer.error(), std::generic_category()};
}

/// Writes a file through `write(std::ostream&)`, which may throw. Whoever reads it meanwhile sees
/// the old one, and after an error, which is returned, so does everybody. `mode` is subject to the
/// umask.
template <class Write>
std::error_code write_whole_file(const std::string& path, mode_t mode, Write&& write) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode))
        return write_in_place(path, write);
    const std::string target = followed_link(path);
    temporary_file file(folder_of(target), mode);
    write(file.stream());
    const std::error_code failed = file.finish();
    return failed ? failed : file.replace(target);
}

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
