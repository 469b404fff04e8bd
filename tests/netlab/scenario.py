"""Scenarios: functions that hold or raise. Run several at once, each in namespaces of its own."""
import argparse
import concurrent.futures
import os
import pathlib
import sys
import time
import traceback

_scenarios = {}


def scenario(name):
    """Registers a function, under a sentence."""
    def register(function):
        if name in _scenarios:
            raise ValueError(f"two scenarios are called '{name}'")
        _scenarios[name] = function
        return function
    return register


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def _run(name, keep):
    start = time.monotonic()
    try:
        _scenarios[name](keep=keep)
        return name, None, time.monotonic() - start
    except Exception:
        return name, traceback.format_exc(), time.monotonic() - start


def main(suite):
    parser = argparse.ArgumentParser()
    parser.add_argument("match", nargs="*", help="parts of the names to run; all without")
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--keep", default=os.environ.get("KEEP", ""), help="folder for logs and captures of what fails")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    names = [n for n in _scenarios if not arguments.match or any(m in n for m in arguments.match)]
    if arguments.list:
        print("\n".join(names))
        return 0
    keep = lambda n: str(pathlib.Path(arguments.keep) / n.replace(" ", "-")[:80]) if arguments.keep else None
    failed = 0
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(_run, n, keep(n)) for n in names]):
            name, problem, seconds = done.result()
            failed += problem is not None
            print(f"{'FAIL' if problem else 'ok  '} {suite}: {name} ({seconds:.1f} s)", flush=True)
            if problem:
                print("".join("     " + line + "\n" for line in problem.splitlines()), end="", flush=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed or not names else 0


def run_as_program(suite):
    sys.exit(main(suite))
