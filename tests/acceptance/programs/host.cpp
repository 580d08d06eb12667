// Loads and unloads a plugin again and again. Linked without -rdynamic.
//     host PLUGIN

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <cstdio>
#include <string>

#include <dlfcn.h>

int main(int count, char** words) {
    if (count != 2)
        return 2;
    test::profile profile;
    profile.start();
    for (int i = 0; i < 100; ++i) {
        PROFILE_SCOPE("round");
        void* const plugin = ::dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
        if (plugin == nullptr) {
            std::fprintf(stderr, "%s\n", ::dlerror());
            return 1;
        }
        reinterpret_cast<void (*)(int)>(::dlsym(plugin, "enter_scopes"))(50);
        ::dlclose(plugin);
        if (i == 0)
            test::print("unloaded", ::dlopen(words[1], RTLD_NOW | RTLD_NOLOAD) == nullptr ? 1 : 0);
    }
    const scopetree::session result = profile.stop();
    test::print("rounds", test::calls_of(result, "round"));
    test::print("in the plugin", test::calls_of(result, "in the plugin"));
    test::print("timed in the plugin", test::calls_of(result, "timed in the plugin"));
    const test::times below = test::sum_below(result, "in the plugin");
    test::print("samples in the plugin", below.samples);
    for (const std::string& path : test::all_paths(result))
        std::printf("%s\n", path.c_str());
    return 0;
}
