#include "program.hpp"

#include <scopetree/environment.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string_view>

#include <elf.h>
#include <link.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace cli {
namespace {

constexpr int not_found = 127;
constexpr int not_possible = 126;

[[noreturn]] void refuse(int status, const std::string& path, const std::string& why) {
    throw program_error(status, "cannot run " + scopetree::detail::quoted(path) + ": " + why);
}

bool is_file_to_run(const std::string& path) {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

std::string find_in_path(const std::string& name) {
    if (name.find('/') != std::string::npos)
        return name;
    const char* const set = std::getenv("PATH");
    std::string_view folders = set == nullptr ? "/usr/local/bin:/usr/bin:/bin" : set;
    while (true) {
        const std::size_t end = folders.find(':');
        const std::string folder(folders.substr(0, end));
        const std::string path = (folder.empty() ? "." : folder) + "/" + name;
        if (is_file_to_run(path))
            return path;
        if (end == std::string_view::npos)
            refuse(not_found, name, "there is no such program in any folder of PATH");
        folders.remove_prefix(end + 1);
    }
}

/// The loader drops preloaded libraries where a program gets rights that its user has not.
bool gains_rights(const std::string& path, const struct stat& facts) {
    return ((facts.st_mode & S_ISUID) != 0 && facts.st_uid != ::getuid()) ||
           ((facts.st_mode & S_ISGID) != 0 && facts.st_gid != ::getgid()) ||
           (::getuid() != 0 && ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0);
}

/// Scripts are no concern of it: what interprets them is a program like others.
void check_binary(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    ElfW(Ehdr) header{};
    if (!file.read(reinterpret_cast<char*>(&header), sizeof header) ||
        std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return;
    if (header.e_ident[EI_CLASS] != (sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32))
        refuse(not_possible, path, "it is of another word size than scopetree");
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        ElfW(Phdr) part{};
        file.seekg(static_cast<std::streamoff>(header.e_phoff + i * sizeof part));
        if (!file.read(reinterpret_cast<char*>(&part), sizeof part) || part.p_type == PT_INTERP)
            return;
    }
    refuse(not_possible, path,
           "it is linked statically, so that nothing can be loaded into it; link it dynamically, "
           "or build it with scopetree's headers");
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const std::string& text : texts)
        pointers.push_back(const_cast<char*>(text.c_str())); // posix_spawn does not write
    pointers.push_back(nullptr);
    return pointers;
}

} // namespace

std::string find_program(const std::string& name) {
    const std::string path = find_in_path(name);
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0)
        refuse(errno == ENOENT || errno == ENOTDIR ? not_found : not_possible, path,
               std::strerror(errno));
    if (S_ISDIR(facts.st_mode))
        refuse(not_possible, path, "it is a folder");
    if (!is_file_to_run(path))
        refuse(not_possible, path, "it is not executable");
    if (gains_rights(path, facts))
        refuse(not_possible, path,
               "it gets other rights than yours (setuid, setgid or capabilities), so that nothing "
               "can be loaded into it; run scopetree as its owner");
    check_binary(path);
    return path;
}

child_process::child_process(const std::string& path, const std::vector<std::string>& words,
                             const std::vector<std::string>& environment) {
    ::sigemptyset(&waited_for_);
    for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2})
        ::sigaddset(&waited_for_, signal);
    ::signal(SIGCHLD, SIG_DFL); // ignored, it would take the exit status away
    ::sigprocmask(SIG_BLOCK, &waited_for_, &mask_before_);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setsigmask(&attributes, &mask_before_);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    const int failed = ::posix_spawn(&pid_, path.c_str(), nullptr, &attributes,
                                     pointers_to(words).data(), pointers_to(environment).data());
    ::posix_spawnattr_destroy(&attributes);
    if (failed == 0)
        return;
    ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
    refuse(failed == ENOENT ? not_found : not_possible, path, std::strerror(failed));
}

child_process::~child_process() {
    ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

bool child_process::wait() {
    const timespec longest{0, 200'000'000};
    siginfo_t info{};
    const int signal = ::sigtimedwait(&waited_for_, &info, &longest);
    // Those that a terminal sends go to the program, too.
    const bool by_terminal = info.si_code > 0;
    if (signal > 0 && signal != SIGCHLD && !by_terminal)
        ::kill(pid_, signal);
    return ::waitpid(pid_, &status_, WNOHANG) == pid_;
}

} // namespace cli
