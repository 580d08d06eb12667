#!/usr/bin/env python3
"""Plants one fault after another in a copy of the sources: structure.py must find each.

A check that cannot fail protects nothing.
"""
import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import structure

SCOPE = "include/scopetree/scope.hpp"
SESSION = "include/scopetree/model/session.hpp"
CONFIG = "include/scopetree/config.hpp"

# Check, file, text planted behind the file's first include (or, in a new file, as it stands), and
# a part of the complaint that must come.
FAULTS = [
    ("layers", CONFIG, "#include <scopetree/scope.hpp>\n", "higher layer"),
    ("layers", SESSION, "#include <scopetree/render/planted.hpp>\n", "higher layer"),
    ("layers", SESSION, "#include <scopetree/model/planted.hpp>\n", "does not exist"),
    ("layers", "include/scopetree/model/planted.hpp", "#include <scopetree/scopetree.hpp>\n", "planted.hpp"),
    ("layers", "include/scopetree/scopetree.hpp", "#include <scopetree/service/planted.hpp>\n", "leaves out"),
    ("layers", "include/scopetree/model/frame.hpp", "#include <scopetree/model/session.hpp>\n", "circle"),
    ("layers", SESSION, '#include "frame.hpp"\n', "own headers"),
    ("layers", "include/scopetree/planted/planted.hpp", "", "no layer"),
    ("odr", "include/scopetree/model/planted.hpp", "", "planted.hpp"),
    ("tests_follow_headers", "include/scopetree/model/planted.hpp", "", "has no test"),
    ("tests_follow_headers", "tests/model/planted.cpp", "", "there is no"),
    ("tests_follow_headers", "tests/model/session_planted.cpp", "#include <string>\n", "first include"),
    ("file_size", "examples/planted.cpp", "\n" * 451, "planted.cpp"),
    ("top_level", "planted/planted.txt", "", "planted"),
    ("format", "examples/planted.cpp", "int  planted;\n", "planted.cpp"),
    ("light_header", SCOPE, "#include <cstdint>\n", "/c++/"),
    ("light_header", SCOPE, "#include <atomic>\n", "/c++/"),
    ("light_header", SCOPE, "#include <pthread.h>\n", "pthread.h"),
    ("scope_alone", SCOPE, "namespace scopetree::capture { void arm(); }\n"
     "inline const int planted = (scopetree::capture::arm(), 0);\n", "capture::arm"),
    ("scope_alone", SCOPE, "void planted();\ninline const int user = (planted(), 0);\n", "does not link"),
    ("scope_alone", SCOPE, 'extern "C" int puts(const char*);\n'
     'inline const int planted = puts("planted");\n', "said"),
    ("scope_alone", SCOPE, "namespace scopetree { inline int planted() { return 0; } }\n"
     "inline const int user = scopetree::planted();\n", "something is left"),
    ("scope_alone", SCOPE, "#define PROFILE_SCOPE(name)\n", "NO_SHORT_MACROS"),
]


def plant(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(text)
        return
    before, include, after = path.read_text().partition("#include")
    line, end, rest = after.partition("\n")
    path.write_text(before + include + line + end + text + rest if include else before + text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--compiler", default=os.environ.get("CXX", "g++"))
    arguments = parser.parse_args()

    def complaints(check, root):
        return {text.replace(str(root), "") for text in structure.CHECKS[check](root, arguments.compiler)}

    missed = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (check, file, text, expected) in enumerate(FAULTS):
            copy = Path(folder) / str(number)
            for part in ("include", "tests"):
                shutil.copytree(arguments.root / part, copy / part)
            for part in ("benchmarks", "examples"):
                (copy / part).mkdir()
            shutil.copy(arguments.root / ".clang-format", copy)
            before = complaints(check, copy)
            plant(copy / file, text)
            added = complaints(check, copy) - before
            if not any(expected in complaint for complaint in added):
                missed.append(f"{check}: did not find the fault in {file}: {text.strip()[:60]!r}; "
                              f"it said {sorted(added) or 'nothing'}")
            shutil.rmtree(copy)
    print("\n".join(missed) if missed else f"all {len(FAULTS)} planted faults were found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
