#include <scopetree/capture/module_list.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cstddef>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using scopetree::detail::list_modules;

namespace {

int count(dl_phdr_info*, std::size_t, void* modules) {
    ++*static_cast<int*>(modules);
    return 0;
}

} // namespace

TEST_CASE("modules listed: the loader's") {
    int ours = 0, theirs = 0;
    CHECK(list_modules(&count, &ours) == 0);
    ::dl_iterate_phdr(&count, &theirs);
    CHECK(ours == theirs);
    CHECK(list_modules([](dl_phdr_info*, std::size_t, void*) { return 7; }, nullptr) == 7);
}

TEST_CASE("modules listed: the child of a fork can list them, whoever did when it was made") {
    std::atomic<bool> done{false};
    std::thread lister([&] {
        int modules = 0;
        while (!done)
            list_modules(&count, &modules);
    });
    for (int i = 0; i < 300; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::alarm(60); // rather than wait for ever
            int modules = 0;
            list_modules(&count, &modules);
            ::_exit(modules > 0 ? 0 : 1);
        }
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        if (status != 0) {
            done = true;
            lister.join();
        }
        REQUIRE(status == 0);
    }
    done = true;
    lister.join();
}
