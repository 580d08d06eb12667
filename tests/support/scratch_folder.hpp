/// A folder for a test's files.
#ifndef SCOPETREE_TESTS_SUPPORT_SCRATCH_FOLDER_HPP
#define SCOPETREE_TESTS_SUPPORT_SCRATCH_FOLDER_HPP

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

namespace test {

/// Gone at the end, with all that is in it.
class scratch_folder {
public:
    scratch_folder() {
        if (::mkdtemp(path_.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), path_);
    }
    ~scratch_folder() {
        std::error_code ignored;
        if (owner_ == ::getpid()) // not a forked child
            std::filesystem::remove_all(path_, ignored);
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

    /// The names of all that is in it, sorted.
    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(path_))
            found.push_back(entry.path().filename().string());
        std::sort(found.begin(), found.end());
        return found;
    }

private:
    std::string path_ = "/tmp/scopetree-test-XXXXXX";
    pid_t owner_ = ::getpid();
};

inline std::string contents_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_contents(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

} // namespace test

#endif
