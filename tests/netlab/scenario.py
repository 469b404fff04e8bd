"""Scenarios: functions that hold or raise. Run several at once, each in namespaces of its own."""
import argparse
import concurrent.futures
import os
import pathlib
import sys
import time
import traceback

_scenarios = {}
_alone, _asked_for = set(), set()


def scenario(name, alone=False, only_when_asked_for=False):
    """Registers a function, under a sentence. `alone`: it measures, and runs when all others are done."""
    def register(function):
        if name in _scenarios:
            raise ValueError(f"two scenarios are called '{name}'")
        _scenarios[name] = function
        if alone:
            _alone.add(name)
        if only_when_asked_for:
            _asked_for.add(name)
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


def _told(suite, name, problem, seconds):
    print(f"{'FAIL' if problem else 'ok  '} {suite}: {name} ({seconds:.1f} s)", flush=True)
    if problem:
        print("".join("     " + line + "\n" for line in problem.splitlines()), end="", flush=True)
    return problem is not None


def main(suite):
    parser = argparse.ArgumentParser()
    parser.add_argument("match", nargs="*", help="parts of the names to run; all without")
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--keep", default=os.environ.get("KEEP", ""), help="folder for logs and captures of what fails")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    names = [n for n in _scenarios if any(m in n for m in arguments.match) or (not arguments.match and n not in _asked_for)]
    if arguments.list:
        print("\n".join(names))
        return 0
    keep = lambda n: str(pathlib.Path(arguments.keep) / n.replace(" ", "-")[:80]) if arguments.keep else None
    failed = 0
    for jobs, together in ((arguments.jobs, [n for n in names if n not in _alone]), (1, [n for n in names if n in _alone])):
        with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
            for done in concurrent.futures.as_completed([pool.submit(_run, n, keep(n)) for n in together]):
                failed += _told(suite, *done.result())
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed or not names else 0


def run_as_program(suite):
    sys.exit(main(suite))
