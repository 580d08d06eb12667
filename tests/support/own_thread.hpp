/// Runs a part of a test on a thread that is new: nothing thread-local is left from before.
#ifndef SCOPETREE_TESTS_SUPPORT_OWN_THREAD_HPP
#define SCOPETREE_TESTS_SUPPORT_OWN_THREAD_HPP

#include <exception>
#include <thread>

namespace test {

/// Returns when `part` has, and the thread has ended. A failed REQUIRE fails the calling test.
/// Catch takes assertions of one thread at a time: the caller is waiting meanwhile.
template <class Part>
void on_own_thread(Part&& part) {
    std::exception_ptr failure;
    std::thread([&] {
        try {
            part();
        } catch (...) {
            failure = std::current_exception();
        }
    }).join();
    if (failure != nullptr)
        std::rethrow_exception(failure);
}

} // namespace test

#endif
