#!/usr/bin/env python3
"""headers.py COMPILER [INCLUDE FLAGS...]: every header of src/ compiles alone, so that no include order is hidden."""
import concurrent.futures
import pathlib
import subprocess
import sys

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"


def compile_alone(header):
    source = f'#include "{header.relative_to(SRC)}"\n#include "{header.relative_to(SRC)}"\n'
    run = subprocess.run([*sys.argv[1:], "-std=c++23", "-Wall", "-Wextra", "-Werror", "-I", str(SRC), "-fsyntax-only", "-x", "c++", "-"],
                         input=source, capture_output=True, text=True)
    return header, run


def main():
    headers = sorted(SRC.rglob("*.h"))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for header, run in pool.map(compile_alone, headers):
            if run.returncode:
                failed += 1
                print(f"{header.relative_to(SRC)} does not compile alone:\n{run.stderr[:1500]}")
    print(f"{len(headers) - failed} of {len(headers)} headers compile alone")
    return bool(failed)


sys.exit(main())
