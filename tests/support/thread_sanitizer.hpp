/// Whether ThreadSanitizer is at work, for what cannot be tested under it.
#ifndef SCOPETREE_TESTS_SUPPORT_THREAD_SANITIZER_HPP
#define SCOPETREE_TESTS_SUPPORT_THREAD_SANITIZER_HPP

namespace test {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool with_thread_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool with_thread_sanitizer = true;
#else
inline constexpr bool with_thread_sanitizer = false;
#endif
#else
inline constexpr bool with_thread_sanitizer = false;
#endif

/// It holds a signal back until the thread comes to a place of its choice, and runs the handler
/// from there: what the handler sees is not where the thread was interrupted.
inline constexpr bool signals_arrive_at_once = !with_thread_sanitizer;

/// It ends a process that starts a thread after a fork from several threads.
inline constexpr bool child_may_start_threads = !with_thread_sanitizer;

} // namespace test

#endif
