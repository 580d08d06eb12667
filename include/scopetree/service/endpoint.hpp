/// The live endpoint without a server: from a request to its answer.
#ifndef SCOPETREE_SERVICE_ENDPOINT_HPP
#define SCOPETREE_SERVICE_ENDPOINT_HPP

#include <scopetree/service/endpoint_access.hpp>
#include <scopetree/service/endpoint_options.hpp>
#include <scopetree/service/endpoint_page.hpp>
#include <scopetree/service/endpoint_query.hpp>
#include <scopetree/service/endpoint_reports.hpp>
#include <scopetree/service/endpoint_request.hpp>
#include <scopetree/service/endpoint_source.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

inline endpoint_response plain_response(int status, std::string text) {
    endpoint_response response;
    response.status = status;
    response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(text) + "\n";
    return response;
}

/// One of the profiles that may be taken at the same time, while it lives.
class profile_slot {
public:
    explicit profile_slot(std::shared_ptr<std::atomic<std::size_t>> taken)
        : taken_(std::move(taken)), number_(++*taken_) {}
    profile_slot(const profile_slot&) = delete;
    profile_slot& operator=(const profile_slot&) = delete;
    ~profile_slot() { --*taken_; }

    std::size_t number() const { return number_; }

private:
    std::shared_ptr<std::atomic<std::size_t>> taken_;
    std::size_t number_;
};

class endpoint_state : public std::enable_shared_from_this<endpoint_state> {
public:
    endpoint_state(const endpoint_options& chosen, endpoint_source source)
        : chosen_(chosen), source_(std::move(source)),
          page_(make_endpoint_page(chosen.longest_profile.count())) {
        check_endpoint(chosen);
    }

    endpoint_answer answer(const endpoint_request& request) {
        std::string path;
        endpoint_answer result;
        const endpoint_response failed = guarded([&] {
            result = answer_unguarded(request, path);
            return endpoint_response{};
        });
        if (failed.status != 200)
            result.response = failed;
        if (!result.finish)
            complete(result.response, path, request.method == "HEAD");
        return result;
    }

private:
    static constexpr std::string_view go_paths = "/debug/pprof";

    /// What `make` returns, or says by an exception.
    template <class Make>
    static endpoint_response guarded(Make&& make) {
        try {
            return make();
        } catch (const bad_request& error) {
            return plain_response(400, error.what());
        } catch (const std::exception& error) { // the source's: nothing is profiled, no memory
            return plain_response(503, error.what());
        }
    }

    /// What every response has. No browser may keep it, take it for something else, or show it
    /// within another page. The reports in HTML bring a stricter policy of their own.
    void complete(endpoint_response& response, std::string_view path, bool is_head) const {
        auto& headers = response.headers;
        const auto is_there = [&](std::string_view name) {
            return std::any_of(headers.begin(), headers.end(),
                               [&](const auto& each) { return each.first == name; });
        };
        if (!is_there("Content-Security-Policy"))
            headers.emplace_back("Content-Security-Policy", "frame-ancestors 'none'");
        headers.emplace_back("Cache-Control", "no-store");
        headers.emplace_back("X-Content-Type-Options", "nosniff");
        headers.emplace_back("Referrer-Policy", "no-referrer");
        headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
        if (path.substr(0, go_paths.size()) == go_paths)
            headers.emplace_back("X-Go-Pprof", "1"); // so that pprof shows what an error says
        if (is_head)
            response.body.clear();
    }

    endpoint_answer answer_unguarded(const endpoint_request& request, std::string& path) {
        std::string why;
        if (const int status = refusal(chosen_, request, why)) {
            endpoint_response response = plain_response(status, why);
            if (status == 401)
                for (const char* const scheme : {"Bearer", "Basic"})
                    response.headers.emplace_back("WWW-Authenticate",
                                                  std::string(scheme) + " realm=\"scopetree\"");
            return {std::move(response), {}, {}};
        }
        if (request.method != "GET" && request.method != "HEAD") {
            endpoint_response response = plain_response(
                405, "The method is " + shown_input(request.method) +
                         "; GET and HEAD are accepted: nothing can be changed here.");
            response.headers.emplace_back("Allow", "GET, HEAD");
            return {std::move(response), {}, {}};
        }
        const endpoint_target target = parse_target(request.target);
        if (target.path == chosen_.path && !chosen_.path.empty()) {
            endpoint_response response = plain_response(308, "See " + chosen_.path + "/");
            response.headers.emplace_back("Location", chosen_.path + "/");
            return {std::move(response), {}, {}};
        }
        if (target.path.compare(0, chosen_.path.size(), chosen_.path) == 0)
            path = target.path.substr(chosen_.path.size());
        return route(path, endpoint_query(target.query), request.method == "HEAD");
    }

    endpoint_answer route(std::string_view path, const endpoint_query& query, bool is_head) {
        if (path == "/profile")
            return take_profile(query, is_head);
        if (path == "/debug/pprof/profile")
            return take_go_profile(query, is_head);
        return {at_once(path, query), {}, {}};
    }

    endpoint_response at_once(std::string_view path, const endpoint_query& query) {
        if (path == "/") {
            query.expect_only({});
            return page();
        }
        if (path == "/routes")
            return routes(query);
        if (path == "/slowest")
            return slowest(query);
        if (path == "/threads") {
            query.expect_only({});
            return threads_report(*run_.get(source_, source_.profile));
        }
        if (path == "/favicon.ico") { // browsers ask for it beside text, too; there is none
            endpoint_response nothing;
            nothing.headers.emplace_back("Content-Type", "image/x-icon");
            return nothing;
        }
        // As Go's net/http/pprof has them; its own clients add parameters that say nothing here.
        if (path == "/debug/pprof/" || path == go_paths)
            return plain_response(200, std::string(go_index));
        if (path == "/debug/pprof/cmdline")
            return command_line_report();
        if (path == "/debug/pprof/symbol") // none to be asked for: profiles name their functions
            return plain_response(200, "num_symbols: 0");
        return plain_response(
            404, "There is nothing " +
                     (path.substr(0, 1) != "/" ? "here" : "at " + shown_input(path)) +
                     ". There are" + (chosen_.path.empty() ? "" : ", below " + chosen_.path) +
                     ":\n" + list_of_paths());
    }

    /// The program and its arguments with NULs between them, as Go has it.
    static endpoint_response command_line_report() {
        std::ifstream file("/proc/self/cmdline", std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        endpoint_response response = plain_response(200, "");
        response.body = std::move(text).str();
        while (!response.body.empty() && response.body.back() == '\0')
            response.body.pop_back();
        return response;
    }

    endpoint_response page() const {
        endpoint_response response;
        response.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
        response.headers.emplace_back("Content-Security-Policy", page_.policy);
        response.body = page_.html;
        return response;
    }

    std::shared_ptr<const service_profile> requests() {
        return requests_.get(source_, [this] {
            service_profile profile = source_.requests();
            check_service_profile(profile);
            return profile;
        });
    }

    static const endpoint_format& format_of(const endpoint_query& query) {
        return endpoint_formats[query.choice("format", format_words(), 0)];
    }
    static report_clock clock_of(const endpoint_query& query) {
        return query.choice("clock", {"wall", "cpu"}, 0) == 0 ? report_clock::wall
                                                              : report_clock::cpu;
    }

    endpoint_response routes(const endpoint_query& query) {
        query.expect_only({"route", "method", "format", "clock"});
        const report_clock clock = clock_of(query);
        if (!query.has("route"))
            return all_routes(query, clock);
        const endpoint_format& format = format_of(query);
        const auto profile = requests();
        const std::string method = query.text("method");
        for (std::size_t i = 0; i < profile->routes.size(); ++i) {
            const route_figures& route = profile->routes[i];
            // as /routes has told them
            if (valid_utf8(route.route) != query.text("route") ||
                (query.has("method") && valid_utf8(route.method) != method))
                continue;
            const std::string name = label_of(route);
            return report(session_of_tree(*profile, i, name), format, clock, name);
        }
        return plain_response(404,
                              "There is no route " + shown_input(query.text("route")) +
                                  (method.empty() ? "" : " with method " + shown_input(method)) +
                                  "; /routes lists them.");
    }

    endpoint_response all_routes(const endpoint_query& query, report_clock clock) {
        if (query.has("method"))
            throw bad_request("The parameter 'method' says of which route the tree is shown: name "
                              "it with 'route', too.");
        const std::vector<std::string_view> shown(std::begin(all_formats), std::end(all_formats));
        const std::size_t format = query.choice("format", shown, shown.size());
        const auto profile = requests();
        return format == shown.size() ? routes_report(*profile)
                                      : report(*profile, endpoint_formats[format], clock);
    }

    endpoint_response slowest(const endpoint_query& query) {
        query.expect_only({"id", "format", "clock"});
        const std::uint64_t id = query.number("id", 1, 9'999'999'999'999'999'999u, 0);
        const endpoint_format& format = format_of(query);
        const report_clock clock = clock_of(query);
        const auto profile = requests();
        if (id == 0) {
            if (query.has("format") || query.has("clock"))
                throw bad_request("The parameters 'format' and 'clock' say how one request is "
                                  "shown: name it with 'id'.");
            return slowest_report(*profile);
        }
        for (std::size_t i = 0; i < profile->requests.size(); ++i) {
            const request_figures& request = profile->requests[i];
            if (request.id != id)
                continue;
            const std::string name = label_of(*profile, request);
            return report(session_of_tree(*profile, profile->routes.size() + i, name), format,
                          clock, name);
        }
        return plain_response(404, "The request " + std::to_string(id) +
                                       " is not kept: the slowest of each route are, and /slowest "
                                       "lists them.");
    }

    endpoint_answer take_profile(const endpoint_query& query, bool is_head) {
        query.expect_only({"seconds", "format", "clock"});
        const std::uint64_t seconds =
            query.number("seconds", 0, longest(), std::min<std::uint64_t>(5, longest()));
        return take(seconds, format_of(query), clock_of(query), is_head);
    }

    /// Without `seconds`, or with 0, Go's own takes 30.
    endpoint_answer take_go_profile(const endpoint_query& query, bool is_head) {
        const std::uint64_t usual = std::min<std::uint64_t>(30, longest());
        const std::uint64_t seconds = query.number("seconds", 0, longest(), usual);
        return take(seconds == 0 ? usual : seconds, pprof_format(), report_clock::wall, is_head);
    }

    std::uint64_t longest() const {
        return static_cast<std::uint64_t>(chosen_.longest_profile.count());
    }
    static const endpoint_format& pprof_format() {
        return *std::find_if(std::begin(endpoint_formats), std::end(endpoint_formats),
                             [](const auto& each) { return each.format == output_format::pprof; });
    }

    endpoint_answer take(std::uint64_t seconds, const endpoint_format& format, report_clock clock,
                         bool is_head) {
        const std::string name =
            seconds == 0 ? "profile" : "profile-" + std::to_string(seconds) + "s";
        if (is_head)
            return {report({}, format, clock, name), {}, {}};
        if (seconds == 0)
            return {report(source_.profile(), format, clock, name), {}, {}};
        const auto started = source_.now();
        const auto slot = std::make_shared<profile_slot>(profiles_);
        if (slot->number() > chosen_.most_profiles) {
            endpoint_response response = plain_response(
                503, std::to_string(chosen_.most_profiles) +
                         " profiles are being taken already, and no more at the same time.");
            response.headers.emplace_back("Retry-After", std::to_string(seconds));
            return {std::move(response), {}, {}};
        }
        const auto earlier = std::make_shared<const session>(source_.profile());
        endpoint_answer result;
        result.wait = std::max(std::chrono::steady_clock::duration::zero(),
                               started + std::chrono::seconds(seconds) - source_.now());
        result.finish = [self = shared_from_this(), slot, earlier, &format, clock, name] {
            endpoint_response response = guarded([&] {
                const session between = self->source_.between(*earlier, self->source_.profile());
                return report(between, format, clock, name);
            });
            self->complete(response, &format == &pprof_format() ? go_paths : "", false);
            return response;
        };
        return result;
    }

    /// Of a report of all routes: the first ones of endpoint_formats.
    static constexpr std::string_view all_formats[] = {"html", "text", "json"};

    static constexpr std::string_view go_index =
        "/debug/pprof/profile  ?seconds=30  for go tool pprof\n"
        "/debug/pprof/cmdline  the program and its arguments\n"
        "/debug/pprof/symbol   nothing: profiles name their functions themselves";

    std::string list_of_paths() const {
        std::string formats;
        for (const std::string_view word : format_words())
            formats.append(formats.empty() ? "" : "|").append(word);
        return "/         a page that shows all this and refreshes itself\n"
               "/profile  where time goes in the next ?seconds=1 to " +
               std::to_string(chosen_.longest_profile.count()) +
               "; 0: since profiling began\n"
               "/routes   requests by route; ?format=html|text|json with their trees\n"
               "/routes   ?route=...&method=...  the tree of one\n"
               "/slowest  the slowest requests\n"
               "/slowest  ?id=...  the tree of one\n"
               "/threads  the threads\n"
               "Profiles and trees come as &format=" +
               formats + " of &clock=wall|cpu\n" + std::string(go_index);
    }

    const endpoint_options chosen_;
    const endpoint_source source_;
    const endpoint_page page_;
    reused<session> run_;
    reused<service_profile> requests_;
    std::shared_ptr<std::atomic<std::size_t>> profiles_ =
        std::make_shared<std::atomic<std::size_t>>(0);
};

} // namespace detail

/// Answers requests for profiles of this process; what serve() runs behind its own server, to be
/// put into a server of yours. Copies are the same endpoint. Thread-safe.
///
///     const scopetree::live_endpoint endpoint(options, scopetree::live_source());
///     // for every request below options.path:
///     endpoint_answer answer = endpoint.answer({method, target, peer, header});
///     if (answer.finish)   // a profile: by a timer of your server, or in a thread that may wait
///         after(answer.wait, [answer] { send(answer.finish()); });
///     else
///         send(answer.response);
class live_endpoint {
public:
    /// Throws std::invalid_argument for options that make no sense.
    live_endpoint(const endpoint_options& chosen, endpoint_source source)
        : state_(std::make_shared<detail::endpoint_state>(chosen, std::move(source))) {}

    /// Never waits for a profile, but takes the time to look up functions' names: mostly
    /// milliseconds, up to a second in a large program. Whatever goes wrong is an answer; nothing
    /// is thrown but std::bad_alloc.
    endpoint_answer answer(const endpoint_request& request) const {
        return state_->answer(request);
    }

private:
    std::shared_ptr<detail::endpoint_state> state_;
};

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
