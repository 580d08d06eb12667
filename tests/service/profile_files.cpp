#include <scopetree/service/profile_files.hpp>

#include "support/scratch_folder.hpp"

#include <catch2/catch.hpp>

#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace scopetree;
using namespace scopetree::detail;
using names = std::vector<std::string>;

namespace {

route_figures route_named(const std::string& method, const std::string& route) {
    route_figures figures;
    figures.method = method;
    figures.route = route;
    return figures;
}

request_figures request_numbered(std::uint64_t id) {
    request_figures figures;
    figures.id = id;
    figures.started_unix_ns = 1'748'786'602'045'000'000;
    return figures;
}

const route_figures orders = route_named("GET", "/orders/{id}");

std::error_code write_one(profile_files& files, const route_figures& route, std::uint64_t id,
                          std::string_view ending = ".json") {
    return files.write(route, request_numbered(id), ending,
                       [&](std::ostream& stream) { stream << id; });
}

} // namespace

TEST_CASE("profile files: routes become safe parts of names", "[profile_files]") {
    CHECK(safe_file_part("/orders/{id}") == "orders_id");
    CHECK(safe_file_part("/") == "root");
    CHECK(safe_file_part("") == "root");
    CHECK(safe_file_part("../../etc/passwd") == "etc_passwd");
    CHECK(safe_file_part("/.hidden") == "hidden");
    CHECK(safe_file_part("a b\n\x1b[31m\xff/../..") == "a_b_31m_.._..");
    CHECK(safe_file_part("/package.Service/Method") == "package.Service_Method");
    CHECK(safe_file_part(std::string(500, 'x')).size() == 80);
    CHECK(time_for_file(1'748'786'602'045'999'999) == "20250601T140322.045Z");
}

TEST_CASE("profile files: templates are filled in, and every output has its ending",
          "[profile_files]") {
    const test::scratch_folder folder;
    profile_files files(folder / "{method}-{route}-{time}-{id}.json",
                        outputs_of({"json", "speedscope"}), 10);
    CHECK_FALSE(write_one(files, orders, 17));
    CHECK_FALSE(write_one(files, orders, 17, ".speedscope.json"));
    CHECK(folder.names() == names{"GET-orders_id-20250601T140322.045Z-17.json",
                                  "GET-orders_id-20250601T140322.045Z-17.speedscope.json"});
    CHECK(test::contents_of(folder / "GET-orders_id-20250601T140322.045Z-17.json") == "17");
}

TEST_CASE("profile files: no file takes the place of another", "[profile_files]") {
    const test::scratch_folder folder;
    test::write_contents(folder / "profile-1.html", "the user's own");
    const std::string name = folder / "profile.html";
    {
        profile_files files(name, outputs_of({"html"}), 10);
        CHECK_FALSE(write_one(files, orders, 1, ".html"));
        CHECK_FALSE(write_one(files, orders, 2, ".html"));
    }
    profile_files again(name, outputs_of({"html"}), 10); // another run, whose ids begin anew
    CHECK_FALSE(write_one(again, orders, 1, ".html"));
    CHECK(folder.names() ==
          names{"profile-1-2.html", "profile-1-3.html", "profile-1.html", "profile-2.html"});
    CHECK(test::contents_of(folder / "profile-1.html") == "the user's own");
}

TEST_CASE("profile files: the newest of each route stay", "[profile_files]") {
    const test::scratch_folder folder;
    profile_files files(folder / "new/{route}-{id}", outputs_of({"json", "html"}), 2);
    for (std::uint64_t id = 1; id <= 4; ++id) {
        CHECK_FALSE(write_one(files, orders, id, ".json"));
        CHECK_FALSE(write_one(files, orders, id, ".html"));
    }
    CHECK_FALSE(write_one(files, route_named("GET", "/other"), 5));
    names found;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "new"))
        found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    CHECK(found == names{"orders_id-3.html", "orders_id-3.json", "orders_id-4.html",
                         "orders_id-4.json", "other-5.json"});
}

TEST_CASE("profile files: the whole run has a name of its own and replaces an older report",
          "[profile_files]") {
    const test::scratch_folder folder;
    const auto write = [&](const std::string& name, const std::string& text) {
        return profile_files(name, outputs_of({"html"}), 10)
            .write_run(1'748'786'602'045'000'000, ".html",
                       [&](std::ostream& stream) { stream << text; });
    };
    CHECK_FALSE(write(folder / "run.html", "old"));
    CHECK_FALSE(write(folder / "run.html", "new"));
    CHECK_FALSE(write(folder / "{time}-{method}-{route}-{id}", "all"));
    CHECK(folder.names() == names{"20250601T140322.045Z-all-all-routes-total.html", "run.html"});
    CHECK(test::contents_of(folder / "run.html") == "new");
}

TEST_CASE("profile files: what cannot be written leaves nothing behind", "[profile_files]") {
    const test::scratch_folder folder;
    test::write_contents(folder / "file", "");
    profile_files files(folder / "file/{id}", outputs_of({"json"}), 10);
    CHECK(write_one(files, orders, 1) == std::errc::not_a_directory);
    profile_files others(folder / "{id}", outputs_of({"json"}), 10);
    CHECK_THROWS_AS(others.write(orders, request_numbered(1), ".json",
                                 [](std::ostream&) { throw std::runtime_error("no"); }),
                    std::runtime_error);
    CHECK(folder.names() == names{"file"});
    profile_files full("/dev/full/{id}", outputs_of({"json"}), 10);
    CHECK(write_one(full, orders, 1));
}
