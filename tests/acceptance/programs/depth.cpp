// Recursion of scopes, deep and deeper.
//     depth LEVELS ROUNDS [naive]

#include "../support/profile.hpp"
#include "../support/program.hpp"
#include "../support/session_figures.hpp"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include <pthread.h>

namespace {

int levels = 0, rounds = 0;

TEST_OWN_FRAME int descend(int left) {
    PROFILE_SCOPE("level");
    if (left > 1)
        return descend(left - 1) + 1;
    PROFILE_SCOPE("at the bottom");
    __asm__ volatile("");
    return 1;
}

long resident_kilobytes() {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.compare(0, 6, "VmRSS:") == 0)
            return std::atol(line.c_str() + 6);
    return 0;
}

void* thread_body(void*) {
    PROFILE_THREAD("deep");
    for (int i = 0; i < rounds; ++i)
        if (descend(levels) != levels)
            std::abort();
    {
        PROFILE_SCOPE("afterwards"); // the scopes have been left, all of them
    }
    return nullptr;
}

/// On a stack that is large enough.
void run_deep() {
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstacksize(&attributes, std::size_t{1} << 30);
    pthread_t thread;
    if (::pthread_create(&thread, &attributes, &thread_body, nullptr) != 0)
        std::abort();
    ::pthread_join(thread, nullptr);
}

/// What a scope is at first: the child of the one around it, however deep that is.
struct naive_node {
    naive_node* parent;
    std::unique_ptr<naive_node> child;
    long calls;
};

int enter_naively() {
    const long before = resident_kilobytes();
    naive_node root{nullptr, nullptr, 0};
    naive_node* open = &root;
    for (int i = 0; i < levels; ++i, open = open->child.get(), ++open->calls)
        if (open->child == nullptr)
            open->child.reset(new naive_node{open, nullptr, 0});
    test::print("grown by kilobytes", resident_kilobytes() - before);
    for (; open != &root; open = open->parent)
        open->child.reset(); // from the inside, or the destructors would be as deep
    return 0;
}

} // namespace

int main(int count, char** words) {
    if (count < 3)
        return 2;
    levels = std::atoi(words[1]);
    rounds = std::atoi(words[2]);
    if (count > 3)
        return enter_naively();
    test::profile profile; // first: or profiling would start by itself
    run_deep();            // the stack's own memory is given back when the thread has ended
    const long before = resident_kilobytes();
    profile.start();
    run_deep();
    test::print("grown by kilobytes", resident_kilobytes() - before);
    const scopetree::session result = profile.stop();
    const scopetree::thread_tree& tree = test::thread_named(result, "deep");
    test::print("level", test::calls_of(result, tree, "level"));
    test::print("at the bottom", test::calls_of(result, tree, "at the bottom"));
    test::print("afterwards", test::calls_of(result, tree, "afterwards"));
    test::print("samples", test::sum(tree).samples);
    test::print("notes", result.notes.size());
    for (const std::string& note : result.notes)
        std::printf("note: %s\n", note.c_str());
    for (std::size_t i = 0; i < tree.nodes.size(); ++i)
        if (result.frames[tree.nodes[i].frame].name == "afterwards")
            std::printf("%s\n", test::path_to(result, tree, i).c_str());
    return 0;
}
