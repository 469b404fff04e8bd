"""Parts that are programs of the build: unit tests and simulations count by test case, the rest by program."""
import json
import re
import subprocess

from parts import builds
from parts.part import part


def tests_of(build, suite):
    """(name, command) of each test that the build knows in a suite."""
    listed = json.loads(subprocess.run(["meson", "introspect", "--tests", str(build)], capture_output=True, check=True).stdout)
    return [(test["name"], test["cmd"]) for test in listed if f"sallyport:{suite}" in test["suite"]]


def run_suite(build, suite):
    passed = failed = 0
    for name, command in tests_of(build, suite):
        # Memory that was freed, or never set, is made to look different from zero.
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=build,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MALLOC_PERTURB_": "165"})
        cases = re.search(r"test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed", done.stdout)
        good, bad = (int(cases[1]), int(cases[2])) if cases else (int(done.returncode == 0), 0)
        if done.returncode and not bad:
            bad = 1
        passed, failed = passed + good, failed + bad
        if bad:
            print(f"FAIL {suite}: {name}")
            print("".join(f"     {line}\n" for line in (done.stdout + done.stderr).splitlines()[-60:]), flush=True)
    return passed, failed


@part("unit", "one layer at a time")
def unit():
    return run_suite(builds.plain(), "unit")


@part("sim", "client, server and gateway in simulated worlds")
def sim():
    return run_suite(builds.plain(), "sim")


@part("lint", "layers, purity, headers, documents")
def lint():
    return run_suite(builds.plain(), "lint")


@part("fuzz-replay", "the fuzz targets' corpora")
def fuzz_replay():
    return run_suite(builds.plain(), "fuzz-replay")


@part("asan", "unit, sim and fuzz-replay again, built by clang with address and undefined-behaviour sanitizers")
def asan():
    build = builds.sanitized()
    results = [run_suite(build, suite) for suite in ("unit", "sim", "fuzz-replay")]
    return tuple(map(sum, zip(*results)))
