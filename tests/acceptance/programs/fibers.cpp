// Fibers of the C library: contexts with stacks of their own, each between pages that must not be
// touched.
//     fibers MODE SECONDS MICROSECONDS_BETWEEN_SAMPLES [POLICY]
// compile with: -fno-omit-frame-pointer

#include "../support/fibers.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>
#include <ucontext.h>

namespace {

constexpr std::size_t page = 4096;
ucontext_t scheduler;

class fiber {
public:
    fiber(std::size_t size, void (*body)()) : size_(size) {
        void* const pages = ::mmap(nullptr, size + 2 * page, PROT_NONE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (pages == MAP_FAILED)
            std::abort();
        stack_ = static_cast<unsigned char*>(pages) + page;
        ::mprotect(stack_, size, PROT_READ | PROT_WRITE);
        std::memset(stack_, test::untouched, size);
        ::getcontext(&context_);
        context_.uc_stack.ss_sp = stack_;
        context_.uc_stack.ss_size = size;
        context_.uc_link = &scheduler;
        ::makecontext(&context_, body, 0);
    }
    fiber(const fiber&) = delete;
    fiber& operator=(const fiber&) = delete;

    void resume() {
        running_ = this;
        ::swapcontext(&scheduler, &context_);
    }
    static void leave() { ::swapcontext(&running_->context_, &scheduler); }

    std::size_t size() const { return size_; }
    std::size_t used() const { return test::used_of(stack_, size_); }

private:
    static inline fiber* running_ = nullptr;
    ucontext_t context_;
    unsigned char* stack_;
    std::size_t size_;
};

} // namespace

int main(int count, char** words) {
    test::fibers::leave = &fiber::leave;
    return test::fibers::run_program<fiber>(count, words);
}
