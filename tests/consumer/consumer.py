#!/usr/bin/env python3
"""Uses scopetree in every way a user can, each time in a project of its own.

    consumer.py [WAY…]      every way, if none is named

Ends with a line `N passed, N failed`.
"""
import argparse
import concurrent.futures
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Path(__file__).resolve().parent / "project"
STRICT = "-std=c++17 -O1 -g -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()
SOURCES = [str(PROJECT / "main.cpp"), str(PROJECT / "work.cpp")]


class Failure(Exception):
    pass


def run(*command, folder=None, environment=None):
    words = [str(word) for word in command]
    process = subprocess.run(words, cwd=folder, env={**os.environ, **(environment or {})}, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if process.returncode != 0:
        raise Failure(f"$ {shlex.join(words)}\n{process.stdout}\nended with {process.returncode}")
    return process.stdout


def expect_report(program, folder, scope="consumer's work"):
    """The program ran, and its report names the scope."""
    environment = {"SCOPETREE": "on", "SCOPETREE_OUTPUT": str(folder / "report.txt"),
                   "XDG_STATE_HOME": str(folder / "state")}
    output = run(program, folder=folder, environment=environment)
    report = folder / "report.txt"
    text = report.read_text() if report.exists() else "(no report)"
    if scope not in text:
        raise Failure(f"the report does not name {scope!r}; output {output!r}, report:\n{text}")


def configure(folder, *settings, compiler="g++", source=PROJECT, environment=None):
    run("cmake", "-S", source, "-B", folder, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={compiler}",
        *settings, environment=environment)


def expect_refusal(folder, words, *settings, environment=None):
    """CMake refuses to configure the user's project, and says why."""
    try:
        configure(folder, *settings, environment=environment)
    except Failure as failure:
        if words not in " ".join(str(failure).split()): # CMake breaks lines as it likes
            raise Failure(f"nothing says {words!r}:\n{failure}") from None
    else:
        raise Failure(f"nothing was refused with {settings}")


def with_cmake(folder, *settings, compiler="g++"):
    configure(folder / "build", *settings, compiler=compiler)
    run("cmake", "--build", folder / "build")
    expect_report(folder / "build" / "consumer", folder)


def install_with_cmake(folder, *settings):
    """Only what is to be installed: no test, no benchmark, no example. Returns the prefix."""
    configure(folder / "scopetree", "-DSCOPETREE_BUILD_TESTS=OFF", "-DSCOPETREE_BUILD_BENCHMARKS=OFF",
              "-DSCOPETREE_BUILD_EXAMPLES=OFF", *settings, source=ROOT)
    run("cmake", "--install", folder / "scopetree", "--prefix", folder / "prefix")
    return folder / "prefix"


def with_pkg_config(folder, prefix, compiler):
    found = list(prefix.rglob("scopetree.pc"))
    if len(found) != 1:
        raise Failure(f"{len(found)} pkg-config files were installed: {found}")
    flags = run("pkg-config", "--cflags", "--libs", "scopetree",
                environment={"PKG_CONFIG_PATH": str(found[0].parent)}).split()
    run(compiler, *STRICT, *SOURCES, *flags, "-o", folder / "consumer")
    expect_report(folder / "consumer", folder)


def way_add_subdirectory(folder):
    with_cmake(folder, "-DHOW=add_subdirectory", f"-DSCOPETREE={ROOT}")


def way_fetch_content_clang(folder):
    with_cmake(folder, "-DHOW=FetchContent", f"-DSCOPETREE={ROOT}", compiler="clang++")


def way_find_package(folder):
    prefix = install_with_cmake(folder)
    with_cmake(folder, f"-DCMAKE_PREFIX_PATH={prefix}")


def way_find_package_with_frameworks(folder):
    """Their targets, whatever scopetree itself was built with; clear words where one is missing."""
    prefix = install_with_cmake(folder)
    settings = [f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Debug"]
    configure(folder / "build", *settings, "-DFRAMEWORKS=httplib;grpc")
    run("cmake", "--build", folder / "build")
    environment = {"XDG_STATE_HOME": str(folder / "state")}
    if "/consumer" not in run(folder / "build" / "httplib_server", environment=environment):
        raise Failure("the cpp-httplib server's report does not name its route")
    run(folder / "build" / "grpc_server", environment=environment)
    expect_refusal(folder / "without", "component 'grpc' needs grpc++>=1.51", *settings,
                   "-DFRAMEWORKS=grpc", environment={"PKG_CONFIG_LIBDIR": str(folder)})
    expect_refusal(folder / "unknown", "there is no component 'express'", *settings,
                   "-DFRAMEWORKS=express")


def way_find_package_clang_without_libbacktrace(folder):
    prefix = install_with_cmake(folder, "-DSCOPETREE_WITH_LIBBACKTRACE=OFF")
    with_cmake(folder, f"-DCMAKE_PREFIX_PATH={prefix}", compiler="clang++")


def way_pkg_config_of_cmake(folder):
    with_pkg_config(folder, install_with_cmake(folder), "clang++")


def way_pkg_config_of_meson(folder):
    prefix = folder / "prefix"
    run("meson", "setup", folder / "scopetree", ROOT, f"--prefix={prefix}", "-Dtests=disabled",
        "-Dbenchmarks=disabled", "-Dexamples=disabled", "-Dlibbacktrace=enabled")
    run("meson", "install", "-C", folder / "scopetree")
    with_pkg_config(folder, prefix, "g++")


def way_meson_subproject(folder):
    project = folder / "project"
    shutil.copytree(PROJECT, project)
    (project / "subprojects").mkdir()
    (project / "subprojects" / "scopetree").symlink_to(ROOT)
    run("meson", "setup", folder / "build", project)
    run("ninja", "-C", folder / "build")
    built = list((folder / "build" / "subprojects").rglob("*.o"))
    if built:
        raise Failure(f"scopetree builds its own programs in a project that uses it: {built}")
    expect_report(folder / "build" / "consumer", folder)


def way_installed_command(folder):
    """A program that knows nothing of scopetree; the command finds the library that it loads."""
    source, prefix = folder / "scopetree", folder / "prefix"
    configure(source, "-DSCOPETREE_BUILD_TESTS=OFF", "-DSCOPETREE_BUILD_BENCHMARKS=OFF",
              "-DSCOPETREE_BUILD_EXAMPLES=ON", source=ROOT)
    run("cmake", "--build", source, "--target", "example_cli")
    run("cmake", "--install", source, "--prefix", prefix)
    command = prefix / "bin" / "scopetree"
    environment = {"XDG_STATE_HOME": str(folder / "state")}
    output = run(command, "run", "-o", folder / "report.json", "--", "sh", "-c", "echo unchanged",
                 environment=environment)
    if output != "unchanged\n":
        raise Failure(f"the program's output has become {output!r}")
    if "scopetree-report" not in (folder / "report.json").read_text():
        raise Failure("no report was written")
    if "sh -c echo unchanged" not in run(command, "list", environment=environment):
        raise Failure("the session was not kept")


def way_readme_by_hand(folder):
    """The README's first program, compiled by the README's line."""
    readme = (ROOT / "README.md").read_text()
    program = re.search(r"^```cpp\n(.*?)^```", readme, re.M | re.S).group(1)
    line = re.search(r"^g\+\+ .*app\.cpp.*$", readme, re.M).group(0)
    scope = re.search(r'PROFILE_SCOPE\("([^"]+)"\)', program).group(1)
    (folder / "app.cpp").write_text(program)
    (folder / "include").symlink_to(ROOT / "include")
    output = re.search(r"-o (\S+)", line)
    run("sh", "-c", line, folder=folder)
    expect_report(folder / (output.group(1) if output else "a.out"), folder, scope)


WAYS = {name[len("way_"):]: function for name, function in list(globals().items())
        if name.startswith("way_")}


def attempt(name):
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            WAYS[name](Path(folder).resolve())
            complaint = None
        except Failure as failure:
            complaint = str(failure)
    return name, complaint, time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ways", nargs="*", metavar="WAY", help=", ".join(WAYS))
    ways = parser.parse_args().ways or list(WAYS)
    unknown = set(ways) - set(WAYS)
    if unknown:
        parser.error(f"no such way: {', '.join(sorted(unknown))}; there are {', '.join(WAYS)}")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, complaint, seconds in pool.map(attempt, ways):
            print(f"{'passed' if complaint is None else 'FAILED'}  {name}  ({seconds:.0f} s)", flush=True)
            if complaint is not None:
                failed += 1
                print(complaint, flush=True)
    print(f"{len(ways) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
