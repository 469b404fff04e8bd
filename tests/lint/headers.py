#!/usr/bin/env python3
"""headers.py COMPILER [INCLUDE FLAGS...]: every header of src/ compiles alone, so that no include order is hidden.

A header that is the first include of a source file was proved by building that file; the others are compiled here."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"


def first_include(source):
    found = re.search(r'^#include [<"]([^>"]+)[>"]', source.read_text(), re.MULTILINE)
    return found and found[1]


def compile_alone(header):
    source = f'#include "{header}"\n#include "{header}"\n'
    run = subprocess.run([*sys.argv[1:], "-std=c++23", "-Wall", "-Wextra", "-Werror", "-I", str(SRC), "-fsyntax-only", "-x", "c++", "-"],
                         input=source, capture_output=True, text=True)
    return header, run


def main():
    headers = {str(path.relative_to(SRC)) for path in SRC.rglob("*.h")}
    proved = {first_include(source) for source in SRC.rglob("*.cpp")} & headers
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, run in pool.map(compile_alone, sorted(headers - proved)):
            if run.returncode:
                failed += 1
                print(f"{header} does not compile alone:\n{run.stderr[:1500]}")
    print(f"{len(headers)} headers: {len(proved)} come first in a source file, of the others {failed} do not compile alone")
    return bool(failed)


sys.exit(main())
