#include "options.hpp"

#include <cstddef>
#include <utility>

namespace cli {
namespace {

namespace detail = scopetree::detail;

constexpr unsigned bit(command of) {
    return static_cast<unsigned>(of);
}
constexpr unsigned everywhere = 31;
constexpr unsigned reports = everywhere & ~bit(command::list);
constexpr unsigned sessions = reports & ~bit(command::diff);

struct command_name {
    std::string_view name;
    command value;
    std::string_view operands;
    std::string_view purpose;
    std::string_view examples;
};

constexpr command_name commands[] = {
    {"run", command::run, "[options] [--] PROGRAM [ARGUMENT...]",
     "Profile a program as it is, all its threads.",
     "  scopetree run ./server --port 80\n"
     "  scopetree run -o profile.html -- python3 script.py\n"
     "  scopetree run --interval 0.2ms --flat -- xz -k file\n"},
    {"show", command::show, "[options] FILE | --prev [ID]",
     "Show a session again, in another way or as another format.",
     "  scopetree show --prev --show-all\n"
     "  scopetree show --prev 2026-01-31 --clock both\n"
     "  scopetree show profile.scopetree -o profile.html\n"
     "  scopetree show profile.scopetree -r folded | flamegraph.pl > flames.svg\n"},
    {"list", command::list, "", "List the sessions that are kept.", "  scopetree list\n"},
    {"combine", command::combine, "[options] FILE FILE...",
     "Make one session of several, and show it or write it.",
     "  scopetree combine monday.scopetree tuesday.scopetree -o week.scopetree\n"
     "  scopetree combine --by-name host-*.scopetree\n"},
    {"diff", command::diff, "[options] BEFORE AFTER", "Show what has changed between two sessions.",
     "  scopetree diff before.scopetree after.scopetree --threshold 2%\n"},
};

struct option {
    std::string_view name;
    char letter;               ///< '\0': none
    std::string_view value;    ///< what it takes, for the help; empty: nothing
    std::string_view variable; ///< whose value it takes; a flag stands for `on`
    unsigned commands;
    std::string_view help;
};

constexpr option options[] = {
    {"--output", 'o', "FILE", "", reports, "write to FILE; its ending names the format"},
    {"--renderer", 'r', "FORMAT", "", reports,
     "text, html, json, speedscope, folded, pprof, trace or session"},
    {"--prev", '\0', "", "", bit(command::show), "the session that was kept last, or that with ID"},
    {"--by-name", '\0', "", "", bit(command::combine), "make one tree of all threads of a name"},
    {"--interval", '\0', "TIME", "SCOPETREE_INTERVAL", bit(command::run),
     "mean time between samples, such as 0.5ms"},
    {"--cpu-budget", '\0', "SHARE", "SCOPETREE_CPU_BUDGET", bit(command::run),
     "share of one core for taking samples, such as 5%"},
    {"--max-frames", '\0', "NUMBER", "SCOPETREE_MAX_FRAMES", bit(command::run),
     "innermost frames of a stack that are kept"},
    {"--timeline-limit", '\0', "SIZE", "SCOPETREE_TIMELINE_LIMIT", bit(command::run),
     "memory for the order of calls, such as 64MiB"},
    {"--library-paths", '\0', "FOLDERS", "SCOPETREE_LIBRARY_PATHS", bit(command::run),
     "folders, separated by colons, whose code is not the program's own"},
    {"--show-all", '\0', "", "SCOPETREE_SHOW_ALL", sessions,
     "start-up, library and negligible frames too"},
    {"--flat", '\0', "", "SCOPETREE_FLAT", sessions, "a list of functions instead of a tree"},
    {"--flat-time", '\0', "KIND", "SCOPETREE_FLAT_TIME", sessions, "what it shows: self or total"},
    {"--timeline", '\0', "", "SCOPETREE_TIMELINE", sessions, "calls in the order they happened in"},
    {"--time", '\0', "UNIT", "SCOPETREE_TIME", reports, "seconds or percent"},
    {"--clock", '\0', "CLOCK", "SCOPETREE_CLOCK", reports, "wall, cpu or (not for diff) both"},
    {"--threshold", '\0', "SHARE", "SCOPETREE_THRESHOLD", reports,
     "leave out what takes less of the total, such as 2%"},
    {"--hide", '\0', "PATTERNS", "SCOPETREE_HIDE", reports,
     "treat like library code what is named like *this*"},
    {"--show", '\0', "PATTERNS", "SCOPETREE_SHOW", reports, "never treat that like library code"},
    {"--merge-threads", '\0', "", "SCOPETREE_MERGE_THREADS", reports, "one tree for all threads"},
    {"--short", '\0', "", "SCOPETREE_SHORT", sessions, "the tree without the figures above it"},
    {"--color", '\0', "WHEN", "SCOPETREE_COLOR", reports, "on, off or auto"},
    {"--unicode", '\0', "WHEN", "SCOPETREE_UNICODE", reports, "on, off or auto"},
    {"--help", 'h', "", "", everywhere, "print this"},
};

/// What was typed, as it can be printed anywhere.
std::string printable(std::string_view typed) {
    const std::string text = detail::quoted(typed);
    return text.substr(1, text.size() - 2);
}

/// `; did you mean X?` if some name is near what was typed; else a full stop.
class nearest_name {
public:
    explicit nearest_name(std::string_view typed) : typed_(typed.substr(0, 100)) {}

    void offer(std::string_view name) {
        const std::size_t distance = detail::edit_distance(typed_, name);
        if (distance >= distance_)
            return;
        distance_ = distance;
        name_ = name;
    }
    std::string question() const {
        return name_.empty() ? "." : "; did you mean " + std::string(name_) + "?";
    }

private:
    std::string_view typed_;
    std::string_view name_;
    std::size_t distance_ = 4; // as many slips are none
};

const command_name& named(command wanted) {
    const command_name* found = commands;
    while (found->value != wanted)
        ++found;
    return *found;
}

command parse_command(const std::string& word) {
    nearest_name nearest(word);
    std::string all;
    for (const command_name& each : commands) {
        if (word == each.name)
            return each.value;
        nearest.offer(each.name);
        all.append(all.empty() ? "" : ", ").append(each.name);
    }
    throw usage_error("unknown command " + printable(word) + nearest.question() +
                      " There are: " + all);
}

const option& find_option(std::string_view name, command within) {
    nearest_name nearest(name);
    for (const option& each : options) {
        const bool fits = name == each.name || (each.letter != '\0' && name.size() == 2 &&
                                                name[0] == '-' && name[1] == each.letter);
        if (fits && (each.commands & bit(within)) != 0)
            return each;
        if (fits) {
            std::string others;
            for (const command_name& other : commands)
                if ((each.commands & bit(other.value)) != 0)
                    others.append(others.empty() ? "" : ", ").append(other.name);
            throw usage_error(std::string(each.name) + " is no option of " +
                              std::string(named(within).name) + ", but of: " + others);
        }
        if ((each.commands & bit(within)) != 0)
            nearest.offer(each.name);
    }
    throw usage_error("unknown option " + printable(name) + nearest.question() +
                      " See: scopetree " + std::string(named(within).name) + " --help");
}

scopetree::output_format parse_format(std::string_view value) {
    using format = scopetree::output_format;
    constexpr std::pair<std::string_view, format> words[] = {
        {"text", format::text},          {"html", format::html},
        {"json", format::json},          {"speedscope", format::speedscope},
        {"folded", format::folded},      {"pprof", format::pprof},
        {"trace", format::trace_events}, {"session", format::session}};
    format parsed = format::text;
    if (detail::parse_word(value, words, parsed))
        return parsed;
    nearest_name nearest(value);
    for (const auto& [word, ignored] : words)
        nearest.offer(word);
    throw usage_error("--renderer: unknown format " + detail::quoted(value) + nearest.question() +
                      " There are: text, html, json, speedscope, folded, pprof, trace, session");
}

/// One way to read a value, whether it stands in the environment or here.
void apply_variable(const option& chosen, std::string_view value, command_line& into) {
    for (const detail::environment_variable& variable : detail::environment_variables) {
        if (variable.name != chosen.variable)
            continue;
        scopetree::environment_settings settings{std::move(into.settings), {}};
        const bool understood = variable.apply(value, 0, settings);
        into.settings = std::move(settings.values);
        if (!understood)
            throw usage_error(std::string(chosen.name) + ": " + detail::quoted(value) +
                              " makes no sense; accepted: " + std::string(variable.accepted));
    }
}

void apply(const option& chosen, const std::string& value, command_line& into) {
    if (!chosen.variable.empty())
        apply_variable(chosen, chosen.value.empty() ? "on" : value, into);
    else if (chosen.name == "--output")
        into.output = value;
    else if (chosen.name == "--renderer")
        into.format = parse_format(value);
    else if (chosen.name == "--prev")
        into.previous = true;
    else if (chosen.name == "--by-name")
        into.by_name = true;
    else
        into.help = true;
}

/// Reads the option at `at` and its value; `at` is its last word then.
void parse_option(const std::vector<std::string>& words, std::size_t& at, command_line& into) {
    const std::string& word = words[at];
    const std::size_t equals = word.compare(0, 2, "--") == 0 ? word.find('=') : std::string::npos;
    const option& found = find_option(std::string_view(word).substr(0, equals), *into.chosen);
    const std::string name(found.name);
    std::string value;
    if (equals != std::string::npos && found.value.empty())
        throw usage_error(name + " takes no value");
    if (equals != std::string::npos)
        value = word.substr(equals + 1);
    else if (!found.value.empty() && ++at < words.size())
        value = words[at];
    if (!found.value.empty() && value.empty())
        throw usage_error(name + " needs a value: " + std::string(found.value) + ", " +
                          std::string(found.help));
    apply(found, value, into);
}

void check_operands(const command_line& line) {
    const std::size_t count = line.operands.size();
    const auto refuse = [&](const std::string& why) {
        const command_name& name = named(*line.chosen);
        throw usage_error(why + " Usage: scopetree " + std::string(name.name) + " " +
                          std::string(name.operands));
    };
    switch (*line.chosen) {
    case command::run:
        if (count == 0)
            refuse("which program?");
        break;
    case command::show:
        if (count == 0 && !line.previous)
            refuse("which session?");
        if (count > 1)
            refuse("one session at a time;");
        break;
    case command::list:
        if (count != 0)
            refuse("list takes nothing;");
        break;
    case command::combine:
        if (count < 2)
            refuse("two sessions at least;");
        break;
    case command::diff:
        if (count != 2)
            refuse("two sessions, please;");
        break;
    }
}

} // namespace

command_line parse(const std::vector<std::string>& words, const scopetree::settings& defaults) {
    command_line result;
    result.settings = defaults;
    if (words.empty())
        throw usage_error("which command? run, show, list, combine or diff; see: scopetree --help");
    if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
        result.help = true;
        if (words.size() > 1)
            result.chosen = parse_command(words[1]);
        return result;
    }
    if (words[0] == "--version") {
        result.version = true;
        return result;
    }
    result.chosen = parse_command(words[0]);
    bool operands_only = false;
    for (std::size_t at = 1; at < words.size(); ++at) {
        const std::string& word = words[at];
        if (!operands_only && word == "--")
            operands_only = true;
        else if (!operands_only && word.size() > 1 && word[0] == '-')
            parse_option(words, at, result);
        else
            result.operands.push_back(word);
        // What follows the program is the program's.
        operands_only |= *result.chosen == command::run && !result.operands.empty();
    }
    if (!result.help)
        check_operands(result);
    return result;
}

std::string help_text(std::optional<command> about) {
    std::string text;
    std::string examples;
    for (const command_name& each : commands) {
        if (about && each.value != *about)
            continue;
        text.append(text.empty() ? "Usage: " : "       ").append("scopetree ").append(each.name);
        text.append(each.operands.empty() ? "" : " ").append(each.operands).append("\n");
        text.append("           ").append(each.purpose).append("\n");
        examples += each.examples;
    }
    text += "\nOptions:\n";
    for (const option& each : options) {
        if (about && (each.commands & bit(*about)) == 0)
            continue;
        std::string left = each.letter == '\0' ? "      " : std::string("  -") + each.letter + ", ";
        left.append(each.name).append(each.value.empty() ? "" : " ").append(each.value);
        constexpr std::size_t column = 30;
        left.resize(left.size() < column ? column : left.size() + 1, ' ');
        text.append(left).append(each.help).append("\n");
    }
    text +=
        "\nA FILE is a session: its name ends in .scopetree. The last ten are kept; where a file "
        "is\nwanted, the id of a kept session will do. Variables such as SCOPETREE_COLOR choose "
        "what is\nnot chosen here.\n\nExamples:\n" +
        examples;
    return about ? text : text + "\nOf one command only: scopetree COMMAND --help\n";
}

} // namespace cli
