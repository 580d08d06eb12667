/// A list of a million random numbers, each added through a small function: where does the time go?
#include <scopetree/scopetree.hpp>

#include <cstdio>
#include <list>
#include <numeric>
#include <random>

static void add(std::list<int>& numbers, int number) {
    PROFILE_FUNCTION();
    numbers.push_back(number);
}

static std::list<int> random_numbers(int count) {
    PROFILE_FUNCTION();
    std::list<int> numbers;
    std::minstd_rand random;
    std::uniform_int_distribution<int> any(0, 1'000'000);
    while (count-- > 0)
        add(numbers, any(random));
    return numbers;
}

int main() {
    std::list<int> numbers = random_numbers(1'000'000);
    PROFILE_SCOPE("sort and sum");
    numbers.sort();
    std::printf("%ld\n", std::accumulate(numbers.begin(), numbers.end(), 0L));
}
