// Functions appear by name, scopes at their place among them.

#include "support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace {

/// The paths that a program printed, as session_figures.hpp writes them.
class paths {
public:
    explicit paths(const test::outcome& ended) {
        INFO(ended.error);
        REQUIRE(ended.exit_code == 0);
        std::istringstream lines(ended.out);
        for (std::string line; std::getline(lines, line);)
            lines_.push_back(line);
    }

    /// Whether some path ends in these steps. A step is met by a name that ends with it.
    bool have(const std::vector<std::string>& steps) const {
        return std::any_of(lines_.begin(), lines_.end(),
                           [&](const std::string& line) { return ends_in(split(line), steps); });
    }

    std::string text() const {
        std::string all;
        for (const std::string& line : lines_)
            all += line + "\n";
        return all;
    }

private:
    static std::vector<std::string> split(const std::string& line) {
        std::vector<std::string> names;
        for (std::size_t at = 0;;) {
            const std::size_t end = line.find(" > ", at);
            names.push_back(line.substr(at, end - at));
            if (end == std::string::npos)
                return names;
            at = end + 3;
        }
    }

    static bool meets(std::string name, const std::string& step) {
        if (step[0] == '[')
            return name == step;
        name = name.substr(0, name.find('(', 1));
        return name.size() >= step.size() &&
               name.compare(name.size() - step.size(), step.size(), step) == 0;
    }

    static bool ends_in(const std::vector<std::string>& names,
                        const std::vector<std::string>& steps) {
        return names.size() >= steps.size() &&
               std::equal(steps.rbegin(), steps.rend(), names.rbegin(),
                          [](const auto& step, const auto& name) { return meets(name, step); });
    }

    std::vector<std::string> lines_;
};

void check_scopes(const paths& seen) {
    INFO(seen.text());
    CHECK(seen.have({"main", "[all]"}));
    CHECK(seen.have({"nests", "[outer]"}));
    CHECK(seen.have({"nests", "[outer]", "[inner]", "leaf_function"}));
    CHECK(seen.have({"recurses", "[round]", "recurses", "[round]", "recurses", "[round]",
                     "recurses", "[round]"}));
    CHECK(seen.have({"shapes::member::function", "[in a member]"}));
    CHECK_FALSE(seen.have({"nests", "[outer]", "leaf_function"}));
}

/// Without libbacktrace nothing tells what was inlined: the function it was inlined into stands for
/// it.
constexpr bool names_inlined = SCOPETREE_LIBBACKTRACE != 0;

void check_functions(const paths& seen) {
    INFO(seen.text());
    CHECK(seen.have({"[all]", "hidden_in_file"}));
    CHECK(seen.have({"[all]", "shapes::of_any<unsigned long>"}));
    CHECK((seen.text().find("makes_lambda") != std::string::npos &&
           seen.text().find("[in a lambda]") != std::string::npos));
    if (names_inlined)
        CHECK(seen.have({"holds_inlined_scope", "inlined_with_scope", "[in an inlined function]",
                         "leaf_function"}));
    else
        CHECK(seen.have({"holds_inlined_scope", "[in an inlined function]", "leaf_function"}));
}

} // namespace

TEST_CASE("inlined, file-local, lambda and template functions appear by name") {
    const paths seen(test::run("names"));
    check_functions(seen);
    check_scopes(seen);
    if (names_inlined)
        CHECK(seen.have({"[all]", "calls_inlined", "shapes::inlined_at_o2"}));
    else
        CHECK(seen.have({"[all]", "calls_inlined"}));
}

TEST_CASE("scopes stand at their place without optimisation") {
    const paths seen(test::run("names_unoptimised"));
    check_functions(seen);
    check_scopes(seen);
    CHECK(seen.have({"[all]", "calls_inlined", "shapes::inlined_at_o2"}));
}

TEST_CASE("scopes stand at their place in a stripped program") {
    const std::string stripped = test::built("names_stripped");
    const test::outcome strip = test::run_command({"strip", "-o", stripped, test::built("names")});
    INFO(strip.error);
    REQUIRE(strip.exit_code == 0);
    const paths seen(test::run("names_stripped"));
    ::unlink(stripped.c_str());
    INFO(seen.text());
    // Functions have no names there: only where they lie in their module.
    CHECK(seen.text().find("hidden_in_file") == std::string::npos);
    CHECK(seen.text().find("names_stripped+0x") != std::string::npos);
    CHECK(seen.text().find("[outer] > [inner] > names_stripped+0x") != std::string::npos);
}
