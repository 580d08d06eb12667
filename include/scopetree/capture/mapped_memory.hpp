/// Memory straight from the kernel. The capture side never calls malloc: the program may have
/// replaced it, may profile it, and may hold its lock while it enters a scope.
#ifndef SCOPETREE_CAPTURE_MAPPED_MEMORY_HPP
#define SCOPETREE_CAPTURE_MAPPED_MEMORY_HPP

#include <scopetree/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include <sys/mman.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// Zeroed pages, or null when the kernel has none. Thread-safe.
inline void* map_pages(std::size_t bytes) noexcept {
    void* const pages =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? nullptr : pages;
}

/// For mapped_vector: every block is a mapping of its own. Meant for few, growing arrays.
/// Throws std::bad_alloc when the kernel refuses (without exceptions: ends the process).
template <class T>
struct mapped_allocator {
    using value_type = T;

    mapped_allocator() = default;
    template <class U>
    mapped_allocator(const mapped_allocator<U>&) noexcept {}

    T* allocate(std::size_t count) {
        void* const pages = map_pages(count * sizeof(T));
        if (pages == nullptr) {
#if defined(__cpp_exceptions)
            throw std::bad_alloc();
#else
            std::abort();
#endif
        }
        return static_cast<T*>(pages);
    }
    void deallocate(T* pages, std::size_t count) noexcept {
        ::munmap(pages, count * sizeof(T));
    }

    template <class U>
    bool operator==(const mapped_allocator<U>&) const noexcept {
        return true;
    }
    template <class U>
    bool operator!=(const mapped_allocator<U>&) const noexcept {
        return false;
    }
};

/// A std::vector in whole pages: its first elements do not cost a mapping each, with the page
/// faults and the interrupts to other processors that come with it.
template <class T>
class mapped_vector : public std::vector<T, mapped_allocator<T>> {
    using base = std::vector<T, mapped_allocator<T>>;

public:
    using base::base;

    void push_back(const T& value) {
        make_room();
        base::push_back(value);
    }
    template <class... Arguments>
    T& emplace_back(Arguments&&... arguments) {
        make_room();
        return base::emplace_back(std::forward<Arguments>(arguments)...);
    }

private:
    void make_room() {
        constexpr std::size_t page = 4096;
        if (base::capacity() == 0)
            base::reserve(std::max<std::size_t>(page / sizeof(T), 1));
    }
};

/// Hands out zeroed memory that is never given back. Not thread-safe: its owner locks.
class arena {
public:
    /// Null when the kernel has no memory. O(1); a system call every 64 KiB.
    void* allocate(std::size_t bytes) noexcept {
        bytes = (bytes + 15) & ~std::size_t{15};
        if (bytes > large)
            return map_pages(bytes);
        if (bytes > left_) {
            next_ = static_cast<char*>(map_pages(chunk));
            left_ = next_ == nullptr ? 0 : chunk;
            if (next_ == nullptr)
                return nullptr;
        }
        void* const result = next_;
        next_ += bytes;
        left_ -= bytes;
        return result;
    }

    template <class T>
    T* make() noexcept {
        return static_cast<T*>(allocate(sizeof(T)));
    }

private:
    static constexpr std::size_t chunk = 64 * 1024;
    static constexpr std::size_t large = chunk / 4;
    char* next_ = nullptr;
    std::size_t left_ = 0;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
