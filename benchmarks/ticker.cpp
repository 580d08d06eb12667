// Wakes up every millisecond and does nothing, until it is killed: what any timer thread costs.
#include <chrono>
#include <thread>

#include <sys/prctl.h>

int main() {
    ::prctl(PR_SET_TIMERSLACK, 1);
    auto next = std::chrono::steady_clock::now();
    for (;;)
        std::this_thread::sleep_until(next += std::chrono::milliseconds(1));
}
