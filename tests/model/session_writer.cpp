#include <scopetree/model/session_writer.hpp>

#include "support/random_session.hpp"
#include "support/session_text.hpp"

#include <catch2/catch.hpp>

using namespace scopetree;

TEST_CASE("session writer: a whole file", "[session]") {
    CHECK(
        test::session_text(test::full_session()) ==
        R"({"format":"scopetree-session","version":1,"strings":[)"
        R"("main","parse","load","std::sort","worker","run","","main.cpp","parse.cpp","load.cpp",)"
        R"("/usr/include/c++/12/bits/stl_algo.h","worker.cpp","/usr/bin/program","00ff"],)"
        R"("scopetree_version":"0.1.0","program":"./program","source_root":"/home/me/program",)"
        R"("recorded_unix_ns":1748786602000000000,"duration_ns":75000000,"cpu_ns":110000000,)"
        R"("interval_ns":1000000,"pid":100,)"
        R"("figures":{"samples":135,"dropped":1,"truncated":2,"unwinding":3,"ticks":140,)"
        R"("thinned_ticks":4,"signals":130,"handler_ns":500000,"sampler_cpu_ns":600000},)"
        R"("notes":["A note."],)"
        R"("frames":{"name":[0,0,1,2,3,4,5],"full_name":[0,0,1,2,3,4,5],)"
        R"("file":[6,7,8,9,10,6,11],"line":[0,10,7,9,99,0,3],"module":[-1,0,-1,-1,-1,-1,-1],)"
        R"("kind":[3,0,1,2,0,3,0],"inlined":[0,0,1,0,0,0,0],"application":[0,1,1,1,0,0,1]},)"
        R"("modules":{"path":[12,6],"build_id":[13,6],)"
        R"("load_address":[93824992215040,18446744073699065856],)"
        R"("begin":[93824992215040,18446744073699065856],)"
        R"("end":[93824992280576,18446744073699069952]},)"
        R"("threads":[{"name":"main","tid":100,"wall_ns":75000000,"cpu_ns":60000000,)"
        R"("nodes":{"parent":[-1,0,1,2,1],"frame":[0,1,2,3,4],"scope":[-1,-1,0,1,-1],)"
        R"("wall_ns":[0,10000000,40000000,5000000,20000000],)"
        R"("cpu_ns":[0,10000000,30000000,0,20000000],"samples":[0,10,40,5,20]},)"
        R"("scopes":{"calls":[7,3],"timed":[0,1],"total_ns":[0,30],"min_ns":[0,5],)"
        R"("max_ns":[0,20],"p50_ns":[0,8],"p99_ns":[0,19]},)"
        R"("timeline":{"node":[1,2],"start_ns":[0,10000000],"duration_ns":[10000000,40000000]}},)"
        R"({"name":"worker","tid":101,"wall_ns":60000000,"cpu_ns":50000000,)"
        R"("nodes":{"parent":[-1,0],"frame":[5,6],"scope":[-1,-1],"wall_ns":[0,60000000],)"
        R"("cpu_ns":[0,50000000],"samples":[0,60]},)"
        R"("scopes":{"calls":[],"timed":[],"total_ns":[],"min_ns":[],"max_ns":[],"p50_ns":[],)"
        R"("p99_ns":[]}}]})"
        "\n");
}

TEST_CASE("session writer: the same bytes for the same session", "[session]") {
    for (unsigned seed = 0; seed < 20; ++seed)
        CHECK(test::session_text(test::random_session(seed)) ==
              test::session_text(test::random_session(seed)));
}

TEST_CASE("session writer: what is not UTF-8 is an array of its bytes", "[session]") {
    session named;
    named.program = "a\xff";
    named.notes = {"\xc3\xa9", "\xc3"};
    const std::string text = test::session_text(named);
    INFO(text);
    CHECK(text.find("\"program\":[97,255]") != std::string::npos);
    CHECK(text.find("\"notes\":[\"\xc3\xa9\",[195]]") != std::string::npos);
    CHECK(detail::is_utf8(text));
}

TEST_CASE("session writer: a session that could not be read is not written", "[session]") {
    session wrong = test::full_session();
    wrong.threads[1].nodes[1].parent = 1;
    std::ostringstream stream;
    CHECK_THROWS_WITH(write_session(stream, wrong),
                      "scopetree: this session: threads[1].nodes.parent[1]: is 1, must be less "
                      "than 1");
    CHECK(stream.str().empty());
}
