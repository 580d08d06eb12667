/// Tells the route of a path as it was sent, for servers that have no router.
#ifndef SCOPETREE_SERVICE_ROUTE_TEMPLATES_HPP
#define SCOPETREE_SERVICE_ROUTE_TEMPLATES_HPP

#include <scopetree/config.hpp>

#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scopetree {
inline namespace SCOPETREE_ABI {

/// Templates such as "/orders/{id}" and "/files/{path...}": `{…}` stands for one part of a path,
/// which is not empty, and with dots at its end for all that is left. The first one that fits
/// counts. Thread-safe once made.
class route_templates {
public:
    /// The route of all paths that fit no template: paths are what clients choose.
    static constexpr std::string_view unknown = "(unknown path)";

    /// Throws std::invalid_argument for a template that does not begin with a slash.
    route_templates(std::initializer_list<std::string_view> templates) {
        for (const std::string_view each : templates) {
            if (each.empty() || each.front() != '/')
                throw std::invalid_argument("scopetree: route_templates: \"" + std::string(each) +
                                            "\" does not begin with a slash");
            templates_.emplace_back(each);
        }
    }

    /// The template that the path of a target ("/orders/17?full=1") fits. Lives as long as this.
    std::string_view of(std::string_view target) const noexcept {
        const std::string_view path = target.substr(0, target.find_first_of("?#"));
        for (const std::string& each : templates_)
            if (fits(each, path))
                return each;
        return unknown;
    }

private:
    static std::string_view take_part(std::string_view& path) noexcept {
        path.remove_prefix(1); // its slash
        const std::size_t end = path.find('/');
        const std::string_view part = path.substr(0, end);
        path.remove_prefix(part.size());
        return part;
    }

    static bool fits(std::string_view form, std::string_view path) noexcept {
        while (!form.empty()) {
            if (path.empty() || path.front() != '/')
                return false;
            const std::string_view wanted = take_part(form);
            const bool stands_for = wanted.size() >= 2 && wanted.front() == '{' && //
                                    wanted.back() == '}';
            if (stands_for && wanted.size() >= 5 && wanted.substr(wanted.size() - 4) == "...}")
                return path.size() > 1;
            const std::string_view part = take_part(path);
            if (stands_for ? part.empty() : part != wanted)
                return false;
        }
        return path.empty();
    }

    std::vector<std::string> templates_;
};

} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif
