// Reads arbitrary bytes as a session file: tests/run.sh fuzz.
// Every byte of the parser is watched, too: it is compiled here instead of being linked.

#include "support/untrusted_session.hpp"

#include <boost/json/src.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using range = std::pair<std::size_t, std::size_t>; // first, behind the last

/// The numbers of the text, its columns' entries among them.
std::vector<range> numbers_in(std::string_view text) {
    std::vector<range> found;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t first = text.find_first_of("-0123456789", i);
        if (first == std::string_view::npos)
            break;
        i = std::min(text.find_first_not_of("-+.eE0123456789", first), text.size());
        found.emplace_back(first, i);
    }
    return found;
}

std::string number(std::minstd_rand& random) {
    static const char* const special[] = {"-1",
                                          "0",
                                          "1",
                                          "255",
                                          "256",
                                          "4294967294",
                                          "4294967295",
                                          "4611686018427387903",
                                          "4611686018427387904",
                                          "9223372036854775807",
                                          "9223372036854775808",
                                          "18446744073709551615",
                                          "18446744073709551616",
                                          "-9223372036854775808",
                                          "1.5",
                                          "1e400"};
    constexpr std::size_t count = sizeof special / sizeof *special;
    const std::size_t choice = random() % (2 * count);
    return choice < count ? special[choice] : std::to_string(random() % 40);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // Reading is what is looked at; all reports of every session would take most of the time.
    const bool use = size % 16 == 0;
    test::check_untrusted_session({reinterpret_cast<const char*>(data), size}, use);
    return 0;
}

/// Bytes changed by chance hardly ever leave a session: half of the time numbers change, or move.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
    std::minstd_rand random(seed);
    std::string text(reinterpret_cast<const char*>(data), size);
    if (random() % 2 == 0)
        return LLVMFuzzerMutate(data, size, most);
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
        const std::vector<range> numbers = numbers_in(text);
        if (numbers.empty())
            return LLVMFuzzerMutate(data, size, most);
        const auto [first, last] = numbers[random() % numbers.size()];
        const auto [from, to] = numbers[random() % numbers.size()];
        text.replace(first, last - first,
                     random() % 3 == 0 ? text.substr(from, to - from) : number(random));
    }
    if (text.size() > most)
        return LLVMFuzzerMutate(data, size, most);
    std::memcpy(data, text.data(), text.size());
    return text.size();
}
