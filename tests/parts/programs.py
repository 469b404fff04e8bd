"""Parts that are programs of the build: unit tests and simulations count by test case, the rest by program."""
import concurrent.futures
import os
import re
import subprocess

from benchmark import instructions
from parts import builds
from parts.part import part


def run_test(build, name, command):
    """(passed, failed, what to print of a failure)"""
    # Memory that was freed, or never set, is made to look different from zero.
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=build,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MALLOC_PERTURB_": "165"})
    cases = re.search(r"test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed", done.stdout)
    passed, failed = (int(cases[1]), int(cases[2])) if cases else (int(done.returncode == 0), 0)
    if done.returncode and not failed:
        failed = 1
    told = f"FAIL {name}\n" + "".join(f"     {line}\n" for line in (done.stdout + done.stderr).splitlines()[-60:])
    return passed, failed, told


def run_suites(build, *suites):
    tests = builds.tests_of(build, *suites)
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for good, bad, told in pool.map(lambda test: run_test(build, *test), tests):
            passed, failed = passed + good, failed + bad
            if bad:
                print(told, end="", flush=True)
    return passed, failed


@part("lint", "layers, purity, headers, documents")
def lint():
    return run_suites(builds.plain(), "lint")


@part("cost", "instructions of the packet path for fixed inputs, beside those recorded")
def cost():
    return instructions.check(builds.plain() / builds.PACKET_PATH)


# These three run as clang builds them, with address and undefined-behaviour sanitizers.
@part("unit", "one layer at a time")
def unit():
    return run_suites(builds.sanitized(), "unit")


@part("sim", "client, server and gateway in simulated worlds")
def sim():
    return run_suites(builds.sanitized(), "sim")


@part("fuzz-replay", "the fuzz targets' corpora")
def fuzz_replay():
    return run_suites(builds.sanitized(), "fuzz-replay")


@part("unsanitized", "unit, sim and fuzz-replay once more, as gcc builds what is shipped", by_default=False)
def unsanitized():
    return run_suites(builds.plain_with_tests(), "unit", "sim", "fuzz-replay")
