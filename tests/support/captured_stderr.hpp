/// What a test's code writes to standard error.
#ifndef SCOPETREE_TESTS_SUPPORT_CAPTURED_STDERR_HPP
#define SCOPETREE_TESTS_SUPPORT_CAPTURED_STDERR_HPP

#include "support/scratch_folder.hpp"

#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace test {

/// While it lives, standard error is a file.
class captured_stderr {
public:
    captured_stderr() : before_(::dup(STDERR_FILENO)) {
        const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::dup2(file, STDERR_FILENO);
        ::close(file);
    }
    ~captured_stderr() {
        ::dup2(before_, STDERR_FILENO);
        ::close(before_);
    }
    captured_stderr(const captured_stderr&) = delete;
    captured_stderr& operator=(const captured_stderr&) = delete;

    std::string text() const { return contents_of(path_); }

private:
    scratch_folder folder_;
    std::string path_ = folder_ / "stderr";
    int before_;
};

} // namespace test

#endif
