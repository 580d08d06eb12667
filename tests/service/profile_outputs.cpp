#include <scopetree/service/profile_outputs.hpp>

#include "support/captured_stderr.hpp"
#include "support/gunzip.hpp"
#include "support/scratch_folder.hpp"
#include "support/service_profiles.hpp"

#include <boost/json/parse.hpp>

#include <support/text_search.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace scopetree;
using namespace scopetree::detail;
using names = std::vector<std::string>;

using test::contains;

namespace {

middleware_options options_for(std::vector<std::string> types, std::string file_name) {
    middleware_options chosen;
    chosen.output_type = std::move(types);
    chosen.file_name = std::move(file_name);
    return chosen;
}

} // namespace

TEST_CASE("profile outputs: every format of a request and of the run", "[profile_outputs]") {
    const test::scratch_folder folder;
    profile_outputs outputs(
        options_for({"text", "json", "html", "speedscope", "pprof"}, folder / "{id}"));
    const service_profile shop = test::shop_profile();
    outputs.put_out(shop, 1);
    outputs.put_out_run(shop);
    CHECK(outputs.written() == 10);
    CHECK(outputs.failed() == 0);
    CHECK(folder.names() == names{"230.html", "230.json", "230.pb.gz", "230.speedscope.json",
                                  "230.txt", "total.html", "total.json", "total.pb.gz",
                                  "total.speedscope.json", "total.txt"});
    CHECK(contains(test::contents_of(folder / "230.txt"), "POST /orders, request 230"));
    CHECK_FALSE(contains(test::contents_of(folder / "230.txt"), "load_order"));
    CHECK(contains(test::contents_of(folder / "total.txt"), "load_order"));
    const auto json = [&](const char* name) {
        return boost::json::parse(test::contents_of(folder / name));
    };
    CHECK(json("230.json").at("requests").at(0).at("id").as_int64() == 230);
    CHECK(json("230.json").at("requests").as_array().size() == 1);
    CHECK(json("total.json").at("routes").as_array().size() == 3);
    CHECK(json("230.speedscope.json").at("profiles").as_array().size() == 1);
    CHECK(json("230.speedscope.json").at("shared").at("frames").as_array().size() == 3);
    CHECK(json("total.speedscope.json").at("profiles").as_array().size() == 3);
    CHECK(contains(test::contents_of(folder / "230.html"), "POST /orders, request 230"));
    CHECK(contains(test::contents_of(folder / "total.html"), "\"service\":{\"routes\":[["));
    CHECK(contains(test::gunzip(test::contents_of(folder / "230.pb.gz")), "[await]"));
    CHECK(contains(test::gunzip(test::contents_of(folder / "total.pb.gz")), "GET /orders/{id}"));
}

TEST_CASE("profile outputs: text without a file is printed", "[profile_outputs]") {
    const test::captured_stderr printed;
    profile_outputs outputs(options_for({"text"}, ""));
    outputs.put_out(test::shop_profile(), 0);
    CHECK(contains(printed.text(), "GET /orders/{id}, request 17"));
    CHECK_FALSE(contains(printed.text(), "scopetree 0.1.0"));
    outputs.put_out_run(service_profile());
    CHECK(contains(printed.text(), "No request has ended."));
}

TEST_CASE("profile outputs: what cannot be written is told once, and counted",
          "[profile_outputs]") {
    const test::scratch_folder folder;
    test::write_contents(folder / "file", "");
    const test::captured_stderr printed;
    profile_outputs outputs(options_for({"json", "html"}, folder / "file/{id}"));
    for (int i = 0; i < 3; ++i)
        outputs.put_out(test::shop_profile(), 0);
    outputs.put_out_run(test::shop_profile());
    CHECK(outputs.failed() == 8);
    CHECK(outputs.written() == 0);
    const std::string text = printed.text();
    const std::string what = "scopetree: a profile could not be written: Not a directory";
    CHECK(text.substr(0, what.size()) == what);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}

TEST_CASE("profile outputs: a full disk and an inconsistent profile are errors, not exceptions",
          "[profile_outputs]") {
    const test::captured_stderr printed;
    const test::scratch_folder full;
    REQUIRE(::symlink("/dev/full", (full / "total.html").c_str()) == 0);
    profile_outputs outputs(options_for({"html"}, full / "{id}"));
    outputs.put_out_run(test::shop_profile());
    CHECK(outputs.failed() == 1);
    CHECK(contains(printed.text(), "No space left on device"));
    service_profile wrong = test::shop_profile();
    wrong.trees.threads.pop_back();
    const test::scratch_folder folder;
    profile_outputs others(options_for({"json"}, folder / "{id}"));
    others.put_out_run(wrong);
    CHECK(others.failed() == 1);
    CHECK(folder.names().empty());
}
