#!/usr/bin/env python3
"""Runs every test case of a Catch2 program in a process of its own, as CTest does.

    each_case.py PROGRAM

What a profiler starts by itself, it starts once in a process. Prints what failed; the exit status says
whether something did.
"""
import re
import subprocess
import sys


def main():
    program = sys.argv[1]
    # The exit status of the listing is the number of names.
    names = subprocess.run([program, "--list-test-names-only"], stdout=subprocess.PIPE, text=True,
                           check=False).stdout.splitlines()
    if not names:
        print(f"{program}: lists no test cases")
        return 1
    failed = 0
    for name in names:
        pattern = re.sub(r"([\\,\[])", r"\\\1", name.strip())
        run = subprocess.run([program, pattern, "--warn", "NoTests"], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, check=False)
        if run.returncode != 0:
            failed += 1
            sys.stdout.buffer.write(run.stdout)
            sys.stdout.flush()
    print(f"{len(names) - failed} of {len(names)} test cases passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
