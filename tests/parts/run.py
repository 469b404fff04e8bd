#!/usr/bin/env python3
"""Runs the parts of the test run and counts what passed; `tests/check` is the way in."""
import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from parts import builds, programs, fuzzing, scenarios  # noqa: F401, E402  (they register parts, in the order they run in)
from parts.part import PARTS, PartFailed  # noqa: E402


def main():
    by_default = [name for name, part in PARTS.items() if part.by_default]
    parser = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__,
                                     epilog="\n".join(f"  {name:<12} {part.what}" for name, part in PARTS.items()))
    parser.add_argument("part", nargs="*", default=by_default, help="all but the slow ones when none is named")
    arguments = parser.parse_args()
    unknown = set(arguments.part) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; parts are {', '.join(PARTS)}")
    passed, failures = 0, []
    for name in arguments.part:
        start = time.monotonic()
        print(f"--- {name}: {PARTS[name].what}", flush=True)
        try:
            part_passed, part_failed = PARTS[name].run()
        except PartFailed as problem:
            print(problem, flush=True)
            part_passed, part_failed = 0, 1
        passed += part_passed
        if part_failed:
            failures.append((name, part_failed))
        print(f"    {part_passed} passed, {part_failed} failed ({time.monotonic() - start:.0f} s)", flush=True)
    for name, count in failures:
        print(f"failed in {name}: {count}")
    failed = sum(count for _, count in failures)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())
