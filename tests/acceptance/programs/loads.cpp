// Loads and unloads a library again and again, on two threads.
//     loads churn|naive LIBRARY ROUNDS
// Loads one when there is hardly room left for static thread-locals.
//     loads static_tls HOG LIBRARY LARGE FOLDER

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <dlfcn.h>

namespace {

template <class Function>
Function* function_of(void* library, const char* name) {
    return reinterpret_cast<Function*>(::dlsym(library, name));
}

void* load(const std::string& path) {
    return ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
}

/// Keeps the name by its address, which the profiler must not do.
void read_name_of_gone(const char* path) {
    void* const library = load(path);
    const char* const name = function_of<const char*()>(library, "name_in_library")();
    ::dlclose(library);
    std::printf("%s\n", name);
}

int churn(const char* path, int rounds) {
    scopetree::options chosen;
    chosen.interval = std::chrono::microseconds(100);
    chosen.cpu_budget = 1;
    test::profile profile(chosen);
    profile.start();
    std::atomic<int> failed{0};
    const auto one_thread = [&] {
        for (int i = 0; i < rounds / 2; ++i) {
            PROFILE_SCOPE("round");
            void* const library = load(path);
            failed += function_of<int(int)>(library, "call_library")(i % 100) != i % 100 ? 1 : 0;
            ::dlclose(library);
        }
    };
    std::thread first(one_thread), second(one_thread);
    first.join();
    second.join();
    test::print("gone", ::dlopen(path, RTLD_NOW | RTLD_NOLOAD) == nullptr ? 1 : 0);
    const scopetree::session result = profile.stop();
    test::print("rounds", test::calls_of(result, "round"));
    test::print("failed", failed.load());
    test::print("calls", test::calls_of(result, "in the gone library"));
    test::print("timed calls", test::calls_of(result, "throws in the gone library"));
    test::print("samples", result.figures.samples);
    test::print("samples in its functions", test::sum_below(result, "call_library").samples);
    test::print("modules", result.modules.size());
    return 0;
}

std::string copy_of(const std::string& path, const std::string& folder, std::size_t number) {
    const std::string target = folder + "/" + std::to_string(number) + ".so";
    std::ofstream(target, std::ios::binary) << std::ifstream(path, std::ios::binary).rdbuf();
    return target;
}

int fill_static_tls(const std::string& hog, const std::string& library, const std::string& large,
                    const std::string& folder) {
    std::vector<void*> hogs;
    for (;;) {
        void* const one = load(copy_of(hog, folder, hogs.size()));
        if (one == nullptr || hogs.size() > 5000)
            break;
        function_of<char*()>(one, "tls_hog")()[0] = 1;
        hogs.push_back(one);
    }
    std::printf("full: %s\n", ::dlerror());
    for (int i = 0; i < 4; ++i) { // room for 64 bytes
        ::dlclose(hogs.back());
        hogs.pop_back();
    }
    test::print("hogs", hogs.size());
    test::print("large one loaded", load(large) != nullptr ? 1 : 0);
    void* const loaded = load(library);
    if (loaded == nullptr)
        std::printf("not loaded: %s\n", ::dlerror());
    test::print("loaded", loaded != nullptr ? 1 : 0);
    if (loaded != nullptr)
        test::print("samples", function_of<int()>(loaded, "profile_in_library")());
    return 0;
}

} // namespace

int main(int count, char** words) {
    if (count < 4)
        return 2;
    const std::string mode = words[1];
    if (mode == "churn")
        return churn(words[2], std::atoi(words[3]));
    if (mode == "naive")
        read_name_of_gone(words[2]);
    if (mode == "static_tls" && count == 6)
        return fill_static_tls(words[2], words[3], words[4], words[5]);
    return 0;
}
