// Fibers of Boost.Context, on stacks below each of which lies a page that must not be touched.
//     boost_fibers MODE SECONDS MICROSECONDS_BETWEEN_SAMPLES [POLICY]
// compile with: -fno-omit-frame-pointer
// link with: -Wl,-z,now
// needs: boost_context
//
// The dynamic linker takes 3 KiB of the stack to look a function up at its first call, here when a
// fiber ends: with a signal on top of that 8 KiB are too few.

#include "../support/fibers.hpp"

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

namespace {

namespace context = boost::context;

/// What is kept of a stack.
struct usage {
    unsigned char* stack = nullptr; ///< its writable part; null when it was given back
    std::size_t size = 0;
    std::size_t used = 0; ///< when it was given back
};

/// The stack that Boost makes, filled.
struct filled_stack : context::protected_fixedsize_stack {
    explicit filled_stack(usage& of) : context::protected_fixedsize_stack(of.size), of_(&of) {}

    context::stack_context allocate() {
        const context::stack_context made = context::protected_fixedsize_stack::allocate();
        of_->stack = static_cast<unsigned char*>(made.sp) - of_->size;
        std::memset(of_->stack, test::untouched, of_->size);
        return made;
    }
    void deallocate(context::stack_context& made) {
        of_->used = test::used_of(of_->stack, of_->size);
        of_->stack = nullptr;
        context::protected_fixedsize_stack::deallocate(made);
    }

private:
    usage* of_;
};

class fiber {
public:
    fiber(std::size_t size, void (*body)())
        : usage_{nullptr, size, 0},
          inside_(std::allocator_arg, filled_stack(usage_), [body](context::fiber&& outside) {
              outside_ = std::move(outside);
              body();
              return std::move(outside_);
          }) {}
    fiber(const fiber&) = delete;
    fiber& operator=(const fiber&) = delete;

    void resume() {
        if (inside_)
            inside_ = std::move(inside_).resume();
    }
    static void leave() { outside_ = std::move(outside_).resume(); }

    std::size_t size() const { return usage_.size; }
    std::size_t used() const {
        return usage_.stack == nullptr ? usage_.used : test::used_of(usage_.stack, usage_.size);
    }

private:
    static inline context::fiber outside_;
    usage usage_;
    context::fiber inside_;
};

} // namespace

int main(int count, char** words) {
    test::fibers::leave = &fiber::leave;
    return test::fibers::run_program<fiber>(count, words);
}
