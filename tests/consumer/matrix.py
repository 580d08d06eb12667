#!/usr/bin/env python3
"""Builds small programs with every compiler, optimisation and setting that users have, and runs them.

    matrix.py [NAME…]      every setting, if none is named
    matrix.py --short      those that nothing else is built with

A compiler or linker that says anything fails. Ends with a line `N passed, N failed`.
"""
import concurrent.futures
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).resolve().parent / "matrix"
STRICT = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()
JSON_WITHIN = ["-DMATRIX_WITH_JSON"]


class Failure(Exception):
    pass


def run(*command, environment=None, status=0):
    words = [str(word) for word in command]
    process = subprocess.run(words, env={**os.environ, **(environment or {})}, text=True, timeout=300,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if process.returncode != status:
        raise Failure(f"$ {shlex.join(words)}\n{process.stdout}\nended with {process.returncode}")
    return process.stdout


def build(*command, may_say=None):
    said = run(*command)
    lines = [line for line in said.splitlines() if line.strip() and "in function `" not in line]
    if any(may_say is None or may_say not in line for line in lines):
        raise Failure(f"$ {shlex.join(str(word) for word in command)}\nis not silent:\n{said}")


def core(folder, compiler, flags, scopes_only=(), link=(), json_within=False, may_say=None):
    """`scopes_only`: for the file that has nothing but scopes. `may_say`: what the linker may warn of."""
    common = [compiler, *STRICT, f"-I{ROOT / 'include'}", "-pthread", *flags]
    build(*common, *scopes_only, "-c", SOURCES / "scopes.cpp", "-o", folder / "scopes.o")
    build(*common, *(JSON_WITHIN if json_within else ()), "-c", SOURCES / "main.cpp", "-o", folder / "main.o")
    build(compiler, *flags, "-pthread", *link, folder / "scopes.o", folder / "main.o",
          *(() if json_within else ("-lboost_json",)), "-o", folder / "core",
          may_say=may_say)
    run(folder / "core")


def mixed(folder, other_flags, other_include, other_libraries=()):
    """The library is refused; it neither starts nor changes what the program records."""
    flags = ["g++", "-std=c++17", "-O1", *STRICT, "-pthread", "-DSCOPETREE_LIBBACKTRACE=0"]
    other = [flag for flag in flags if "LIBBACKTRACE" not in flag] + other_flags
    build(*other, f"-I{other_include}", "-fPIC", "-shared", SOURCES / "other.cpp", *other_libraries,
          "-lboost_json", "-o", folder / "libother.so")
    build(*flags, f"-I{ROOT / 'include'}", SOURCES / "mixed.cpp", SOURCES / "scopes.cpp",
          f"-L{folder}", "-lother", "-lboost_json", f"-Wl,-rpath,{folder}", "-o", folder / "mixed")
    said = run(folder / "mixed")
    if "refused: " not in said or "samples: some" not in said:
        raise Failure(f"another version in one process is not told apart:\n{said}")


def other_version(folder):
    include = folder / "include"
    shutil.copytree(ROOT / "include", include)
    config = include / "scopetree" / "config.hpp"
    config.write_text(config.read_text().replace("SCOPETREE_ABI v0_1", "SCOPETREE_ABI v0_2"))
    mixed(folder, ["-DSCOPETREE_LIBBACKTRACE=0"], include)


def other_setting(folder):
    found = Path(run("g++", "-print-file-name=libbacktrace.a").strip()).resolve()
    mixed(folder, ["-DSCOPETREE_LIBBACKTRACE=1", "-idirafter", str(found.parent / "include")],
          ROOT / "include", [found])


SETTINGS = {"two versions": other_version, "two settings": other_setting}


def setting(name, compiler, flags, **more):
    SETTINGS[f"{compiler} {name}"] = lambda folder: core(folder, compiler, flags.split(), **more)


for each in ("g++", "clang++"):
    setting("-O0", each, "-std=c++17 -O0")
    setting("-O2", each, "-std=c++17 -O2")
    setting("-O3", each, "-std=c++17 -O3 -fno-omit-frame-pointer")
    setting("c++20", each, "-std=c++20 -O1")
    setting("c++23", each, "-std=c++2b -O1")
    setting("-flto", each, "-std=c++17 -O2 -flto=auto") # by itself g++ says that it works alone
    setting("scopes without exceptions or types", each, "-std=c++17 -O1",
            scopes_only=("-fno-exceptions", "-fno-rtti"))
    setting("-fno-rtti", each, "-std=c++17 -O1 -fno-rtti", json_within=True)
    setting("-static-libgcc", each, "-std=c++17 -O1", link=("-static-libgcc", "-static-libstdc++"))
    setting("-fcf-protection", each, "-std=c++17 -O2 -fcf-protection -D_FORTIFY_SOURCE=3")
# The profiler holds on to the library that it lies in, which needs dlopen.
setting("static-pie", "g++", "-std=c++17 -O1 -fPIE", link=("-static-pie",),
        may_say="Using 'dlopen' in statically linked applications")
setting("libc++", "clang++", "-std=c++17 -O1 -stdlib=libc++", json_within=True)

SHORT = ["g++ -flto", "g++ c++23", "g++ -fcf-protection", "g++ static-pie",
         "g++ scopes without exceptions or types", "clang++ libc++"]


def attempt(name):
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            SETTINGS[name](Path(folder).resolve())
            complaint = None
        except (Failure, subprocess.TimeoutExpired) as failure:
            complaint = str(failure)
    return name, complaint, time.monotonic() - started


def main():
    wanted = SHORT if sys.argv[1:] == ["--short"] else sys.argv[1:] or list(SETTINGS)
    unknown = [name for name in wanted if name not in SETTINGS]
    if unknown:
        sys.exit(f"matrix.py: no setting {unknown[0]!r}; there are: {', '.join(SETTINGS)}")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, complaint, seconds in pool.map(attempt, wanted):
            print(f"{'FAILED' if complaint else 'passed'}  {name}  ({seconds:.0f} s)", flush=True)
            if complaint:
                print(complaint, flush=True)
                failed += 1
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
