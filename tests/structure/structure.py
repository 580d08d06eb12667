#!/usr/bin/env python3
"""Checks what no compiler checks: the direction of includes, the weight of scope.hpp, the layout.

    structure.py [--root DIR] [--compiler CXX] [CHECK…]      every check, if none is named

Prints one line per complaint; the exit status says whether there was any.
planted_faults.py proves that each check finds what it is there for.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# Lowest first. A header includes headers of lower layers or of its own folder.
LAYERS = ["version", "config", "fwd", "scope", "stack_switch", "options", "environment_values", "environment",
          "capture", "model", "symbol", "process", "render", "report_thread", "profiler", "exit_report", "service", "scopetree"]

# Nothing to test in them beyond what tests/odr.cpp does by including them.
WITHOUT_TEST = {"version.hpp", "config.hpp", "fwd.hpp", "scopetree.hpp", "capture/request_context.hpp",
                "model/frame.hpp",
                "model/recording.hpp", "model/service_profile.hpp",
                "model/session.hpp", "service/endpoint_request.hpp", "symbol/native_frame.hpp"}

TOP_LEVEL = {"include", "tests", "benchmarks", "examples", "CMakeLists.txt", "meson.build",
             "meson_options.txt", "README.md", "LICENSE"}

MOST_LINES = 450

PROBE = """#include <scopetree/scope.hpp>
int main() {
    PROFILE_FUNCTION();
    PROFILE_THREAD("main");
    { PROFILE_SCOPE("one"); PROFILE_SCOPE("two"); }
    PROFILE_TIMED_SCOPE("three");
    return 0;
}
"""


def headers(root):
    """Path below include/scopetree → text."""
    folder = root / "include" / "scopetree"
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.hpp"))}


def own_includes(text):
    return re.findall(r"^\s*#\s*include\s*<scopetree/([^>]+\.hpp)>", text, re.M)


def sources(root):
    """Every C++ file of ours."""
    return sorted(path for folder in ("include", "tests", "benchmarks", "examples")
                  for path in (root / folder).rglob("*") if path.suffix in (".hpp", ".cpp"))


def layer_of(header):
    first = header.split("/")[0]
    return first[:-4] if first.endswith(".hpp") else first


def check_layers(root, _compiler):
    """Includes point to lower layers, and nowhere in circles."""
    texts = headers(root)
    graph = {}
    for header, text in texts.items():
        if layer_of(header) not in LAYERS:
            yield f"{header}: no layer is known for it; LAYERS in structure.py lists them"
            continue
        for quoted in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.M):
            yield f'{header}: includes "{quoted}"; own headers are included as <scopetree/…>'
        graph[header] = own_includes(text)
        for included in graph[header]:
            own, other = layer_of(header), layer_of(included)
            if own == "scopetree" and other == "service":
                yield f"{header}: includes {included}; the umbrella leaves out service/"
            elif other in LAYERS and LAYERS.index(other) > LAYERS.index(own):
                yield f"{header}: includes {included}, of a higher layer"
            elif included not in texts:
                yield f"{header}: includes {included}, which does not exist"

    done, path = set(), []

    def circles(header):
        if header in path:
            yield "circle: " + " → ".join(path[path.index(header):] + [header])
        elif header not in done:
            path.append(header)
            for included in graph.get(header, []):
                yield from circles(included)
            path.pop()
            done.add(header)

    for header in graph:
        yield from circles(header)


def check_odr(root, _compiler):
    """tests/odr.cpp includes every header."""
    included = set(own_includes((root / "tests" / "odr.cpp").read_text()))
    for header in sorted(set(headers(root)) - included):
        yield f"tests/odr.cpp: lacks #include <scopetree/{header}>"


def check_tests_follow_headers(root, _compiler):
    """tests/x/y.cpp tests x/y.hpp, includes it first, and every header has such a test."""
    known = headers(root)
    tested = set()
    for path in sorted((root / "tests").rglob("*.cpp")):
        name = path.relative_to(root / "tests")
        if name.parts[0] in ("acceptance", "consumer", "structure", "support", "viewers", "fuzz", "main.cpp",
                             "odr.cpp"):
            continue
        stem = str(name.with_suffix(""))
        # A test that grew too long is taken apart: y.cpp, y_this.cpp, y_that.cpp.
        fitting = [h for h in known if stem == h[:-4] or stem.startswith(h[:-4] + "_")]
        if not fitting:
            yield f"tests/{name}: there is no include/scopetree/{stem}.hpp that it could test"
            continue
        header = max(fitting, key=len)
        tested.add(header)
        first = re.search(r"^\s*#\s*include\s*[<\"]([^>\"]+)", path.read_text(), re.M)
        if not first or first.group(1) != f"scopetree/{header}":
            yield f"tests/{name}: its first include is not <scopetree/{header}>"
    for header in sorted(set(known) - tested - WITHOUT_TEST):
        # A part of a header is tested with the header: render/html/page.hpp, render/text_line.hpp.
        part = header.count("/") > 1 or any(header.startswith(other[:-4] + "_") for other in known)
        if not part:
            yield f"{header}: has no test tests/{header[:-4]}.cpp"


def check_file_size(root, _compiler):
    """No file has grown too long to be read."""
    for path in sources(root):
        lines = path.read_text().count("\n")
        if lines > MOST_LINES:
            yield f"{path.relative_to(root)}: {lines} lines, more than {MOST_LINES}"


def check_top_level(root, _compiler):
    """Nothing lies at the top that is not agreed upon."""
    if shutil.which("git") and (root / ".git").exists():
        listing = subprocess.run(["git", "-c", f"safe.directory={root}", "-C", root, "ls-files"],
                                 capture_output=True, text=True, check=True).stdout
        entries = {line.strip('"').split("/")[0] for line in listing.splitlines()}
    else: # unpacked from an archive
        entries = {entry.name for entry in root.iterdir() if not entry.name.startswith("build")}
    for entry in sorted(entries - TOP_LEVEL):
        if not entry.startswith("."):
            yield f"{entry}: does not belong to the top level"


def check_format(root, _compiler):
    """clang-format 14 would change nothing."""
    for tool in ("clang-format-14", "clang-format"):
        if shutil.which(tool):
            version = subprocess.run([tool, "--version"], capture_output=True, text=True).stdout
            if " 14." in version:
                break
    else:
        yield "clang-format 14 is needed (Debian 12: apt install clang-format); others format otherwise"
        return
    run = subprocess.run([tool, "--dry-run", *sources(root)], capture_output=True, text=True)
    places = re.findall(r"^(\S+?):(\d+):\d+: warning", run.stderr, re.M)
    for path in dict.fromkeys(path for path, _ in places):
        lines = [line for other, line in places if other == path]
        yield f"{os.path.relpath(path, root)}:{lines[0]}: is not formatted; {tool} -i mends it"


def compile_probe(root, compiler, folder, source, *arguments):
    path = Path(folder) / "probe.cpp"
    path.write_text(source)
    return subprocess.run([compiler, "-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                           f"-I{root}/include", *arguments, str(path)],
                          cwd=folder, capture_output=True, text=True)


def check_light_header(root, compiler):
    """scope.hpp draws in no header of the C++ library, and no other heavy one."""
    with tempfile.TemporaryDirectory() as folder:
        run = compile_probe(root, compiler, folder, "#include <scopetree/scope.hpp>\n", "-M")
        if run.returncode != 0:
            yield "scope.hpp: does not compile: " + run.stderr
        for path in run.stdout.replace("\\\n", " ").split():
            if re.search(r"/c\+\+/|/boost/|/pthread\.h$|/signal\.h$|/stdio\.h$|/stdlib\.h$", path):
                yield f"scope.hpp: draws in {path}"


def check_scope_alone(root, compiler):
    """A program of scope.hpp alone links, does nothing, and holds no symbol of the sampler."""
    with tempfile.TemporaryDirectory() as folder:
        for setting in ([], ["-O2"], ["-O2", "-fPIC"], ["-DSCOPETREE_ENABLED=0"]):
            label = "scope.hpp alone" + "".join(" " + word for word in setting)
            run = compile_probe(root, compiler, folder, PROBE, *setting, "-c", "-o", "probe.o")
            if run.returncode != 0:
                yield f"{label}: does not compile: {run.stderr}"
                continue
            symbols = subprocess.run(["nm", "-C", "probe.o"], cwd=folder, capture_output=True,
                                     text=True, check=True).stdout
            for line in symbols.splitlines():
                if re.search(r"capture|sampler|boost|backtrace|std::", line):
                    yield f"{label}: has the symbol {line.split(maxsplit=1)[-1]}"
            if "-DSCOPETREE_ENABLED=0" in setting and "scopetree" in symbols:
                yield f"{label}: compiled out, yet something is left of it"
            linked = subprocess.run([compiler, "probe.o", "-o", "probe"], cwd=folder,
                                    capture_output=True, text=True)
            if linked.returncode != 0:
                yield f"{label}: does not link: {linked.stderr}"
                continue
            ran = subprocess.run(["./probe"], cwd=folder, capture_output=True, text=True, timeout=60)
            if ran.returncode != 0 or ran.stdout or ran.stderr:
                yield f"{label}: ended with {ran.returncode} and said {ran.stdout + ran.stderr!r}"
        prefixed = PROBE.replace("PROFILE_", "SCOPETREE_PROFILE_")
        hidden = "\n#ifdef PROFILE_SCOPE\n#error PROFILE_SCOPE is there\n#endif\n"
        run = compile_probe(root, compiler, folder, prefixed + hidden,
                            "-DSCOPETREE_NO_SHORT_MACROS", "-fsyntax-only")
        if run.returncode != 0:
            yield f"scope.hpp with SCOPETREE_NO_SHORT_MACROS: {run.stderr}"


CHECKS = {name[len("check_"):]: function for name, function in list(globals().items())
          if name.startswith("check_")}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--compiler", default=os.environ.get("CXX", "g++"))
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=", ".join(CHECKS))
    arguments = parser.parse_args()
    unknown = set(arguments.checks) - set(CHECKS)
    if unknown:
        parser.error(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")
    complaints = [f"{name}: {complaint}" for name in arguments.checks or CHECKS
                  for complaint in CHECKS[name](arguments.root, arguments.compiler)]
    print("\n".join(complaints) if complaints else "nothing to complain about")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
