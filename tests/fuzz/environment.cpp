// Reads arbitrary bytes as an environment, a variable a line: tests/run.sh fuzz.

#include <scopetree/environment.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

[[noreturn]] void complain(const std::string& what) {
    std::cerr << what << std::endl;
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    std::vector<std::string> entries;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        entries.push_back(text.substr(begin, end - begin).c_str()); // as far as a C string goes
        begin = end + 1;
    }
    std::vector<const char*> pointers;
    for (const std::string& entry : entries)
        pointers.push_back(entry.c_str());
    pointers.push_back(nullptr);
    const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
        for (const std::string& entry : entries)
            if (entry.size() > name.size() && entry[name.size()] == '=' &&
                entry.compare(0, name.size(), name) == 0)
                return entry.substr(name.size() + 1);
        return std::nullopt;
    };
    const scopetree::environment_settings read =
        scopetree::read_environment(lookup, 1, scopetree::environment_names(pointers.data()));
    for (const std::string& error : read.errors) {
        if (error.compare(0, 9, "SCOPETREE") != 0)
            complain("a refusal does not begin with the variable: " + error);
        if (error.find("accepted") == std::string::npos &&
            error.find("there is no such variable; ") == std::string::npos)
            complain("a refusal does not say what would be accepted: " + error);
        for (const char c : error)
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
                complain("a refusal is not printable: " + error);
    }
    // Whatever was read can be used: a profiler would refuse other options.
    const scopetree::options& chosen = read.values.sampling;
    if (chosen.interval < std::chrono::microseconds(10) ||
        chosen.interval > std::chrono::seconds(10) || !(chosen.cpu_budget > 0.0) ||
        chosen.cpu_budget > 1.0 || chosen.max_frames < 1 ||
        chosen.max_frames > scopetree::most_frames ||
        chosen.timeline_limit < scopetree::least_timeline_limit)
        complain("a value was accepted that no profiler accepts");
    return 0;
}
