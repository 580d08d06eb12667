#include "commands.hpp"
#include "order.hpp"
#include "program.hpp"
#include "report.hpp"

#include <scopetree/model/session_store.hpp>
#include <scopetree/render/text.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cli {
namespace {

namespace fs = std::filesystem;

/// For what the library leaves; gone at the end.
class meeting_place {
public:
    meeting_place() {
        if (::mkdtemp(path_.data()) == nullptr)
            throw std::runtime_error("cannot make the folder " + path_ + ": " +
                                     std::strerror(errno));
    }
    ~meeting_place() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    meeting_place(const meeting_place&) = delete;
    meeting_place& operator=(const meeting_place&) = delete;

    const std::string& path() const { return path_; }

private:
    std::string path_ = "/tmp/scopetree-run-XXXXXX"; // no colons, no blanks: see preload_path
};

/// The library, beside the command or where both were installed to.
fs::path find_library() {
    const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
    for (const fs::path& folder : {here, here / SCOPETREE_LIBRARY_FOLDER}) {
        const fs::path library = folder / "libscopetree-preload.so";
        if (fs::exists(library))
            return fs::canonical(library);
    }
    throw std::runtime_error("libscopetree-preload.so is neither in " + here.string() + " nor in " +
                             (here / SCOPETREE_LIBRARY_FOLDER).lexically_normal().string());
}

/// LD_PRELOAD takes a colon or a blank for the end of a path.
std::string preload_path(const meeting_place& place) {
    const fs::path library = find_library();
    if (library.string().find_first_of(": \t\n") == std::string::npos)
        return library.string();
    const fs::path link = place.path() + "/libscopetree-preload.so";
    fs::create_symlink(library, link);
    return link.string();
}

std::vector<std::string> environment_for(const meeting_place& place,
                                         const scopetree::settings& chosen) {
    std::string preload = "LD_PRELOAD=" + preload_path(place);
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text(*entry);
        if (text.compare(0, 11, "LD_PRELOAD=") == 0)
            preload += text.size() == 11 ? "" : ":" + text.substr(11);
        else if (text.compare(0, text.find('='), order_variable) != 0)
            result.push_back(text);
    }
    result.push_back(preload);
    result.push_back(std::string(order_variable) + "=" +
                     text_of(order{chosen.sampling, 0, chosen.library_paths, place.path()}));
    return result;
}

/// Says so once where looking up names takes longer than a second.
class patience {
public:
    explicit patience(std::string sign) : sign_(std::move(sign)) {}

    void look() {
        const auto now = std::chrono::steady_clock::now();
        if (told_ || ::access(sign_.c_str(), F_OK) != 0)
            return;
        if (!since_)
            since_ = now;
        if (now - *since_ < std::chrono::seconds(1))
            return;
        complain("the program has ended; looking up the names of its functions...");
        told_ = true;
    }

private:
    std::string sign_;
    std::optional<std::chrono::steady_clock::time_point> since_;
    bool told_ = false;
};

std::string why_there_is_none(const meeting_place& place, int status) {
    std::ifstream file(place.path() + complaint_file);
    const std::string complaint{std::istreambuf_iterator<char>(file), {}};
    if (!complaint.empty())
        return complaint;
    if (WIFSIGNALED(status))
        return std::string("no report: the program was killed before it could make one (") +
               ::strsignal(WTERMSIG(status)) + ")";
    return "no report: the program profiles itself, or became one by exec that cannot be profiled "
           "(linked statically, or with other rights), or ended by a system call of its own";
}

/// A program that was built with scopetree has kept its session already.
std::string keep(const scopetree::session& result) {
    const scopetree::session_store store = scopetree::session_store::of_user();
    const std::string id = scopetree::detail::session_id(result, 1);
    for (const scopetree::kept_session& kept : store.list())
        if (kept.id == id)
            return id;
    return store.keep(result).id;
}

/// Whatever goes wrong here, the program's exit status is what counts.
void report(const command_line& line, const scopetree::session& result) {
    std::string id;
    try {
        id = keep(result);
    } catch (const std::exception& error) {
        complain(std::string("the session is not kept: ") + error.what());
    }
    deliver(result, line, STDERR_FILENO);
    if (line.output.empty() && !id.empty())
        write_all(STDERR_FILENO, scopetree::show_again_hint(id));
}

/// Ends as the program did. Its memory is dumped once, not twice.
int end_like(int status) {
    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    const int signal = WTERMSIG(status);
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, signal);
    ::signal(signal, SIG_DFL);
    ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
    ::raise(signal);
    return 128 + signal;
}

int run_in(const meeting_place& place, const command_line& line) {
    const std::string path = find_program(line.operands.front());
    child_process child(path, line.operands, environment_for(place, line.settings));
    patience waiting(place.path() + naming_file);
    while (!child.wait())
        waiting.look();
    try {
        const std::string file = place.path() + "/" + std::to_string(child.pid()) + session_file;
        if (fs::exists(file))
            report(line, scopetree::session::load(file));
        else
            complain(why_there_is_none(place, child.status()));
    } catch (const std::exception& error) {
        complain(error.what());
    }
    return child.status();
}

} // namespace

int run(const command_line& line) {
    check_report(line);
    std::optional<int> status;
    try {
        const meeting_place place;
        status = run_in(place, line);
    } catch (const program_error& error) {
        complain(error.what());
        return error.exit_status;
    }
    return end_like(*status);
}

} // namespace cli
