"""The build folders that parts share, each made once a run."""
import functools
import json
import os
import subprocess

from parts.part import PartFailed, ROOT, run_logged

# What the parts need of the plain build: the program as it is shipped. Its tests are built and run under the sanitizers.
PACKET_PATH = "tests/benchmark/packet-path"
PROGRAMS = ("src/daemon/sallyport", "tests/rules/rule-judge", "tests/boot/intruder", "tests/interop/clock-jump.so",
            "tests/server/flood", "tests/server/crowd", PACKET_PATH)
SANITIZED_SUITES = ("unit", "sim", "fuzz-replay")


@functools.cache
def folder(name, *options, compiler=None, targets=lambda path: ()):
    """Configures (on first use) and builds ROOT/name, all of it or the targets wanted; warnings are errors."""
    path = ROOT / name
    log = ROOT / f"{name}.log"
    environment = dict(os.environ)
    if compiler:
        environment["CXX"] = f"ccache {compiler}" if _exists("ccache") else compiler
    if not (path / "build.ninja").exists() and run_logged(["meson", "setup", path, *options], log, env=environment):
        raise PartFailed(f"cannot configure {name}:\n{tail(log)}")
    if run_logged(["ninja", "-C", path, *targets(path)], log):
        raise PartFailed(f"cannot build {name}:\n{tail(log)}")
    log.unlink()
    return path


def introspected(build, what):
    return json.loads(subprocess.run(["meson", "introspect", f"--{what}", str(build)], capture_output=True, check=True).stdout)


def tests_in(build, suites):
    wanted = {f"sallyport:{suite}" for suite in suites}
    return [test for test in introspected(build, "tests") if wanted.intersection(test["suite"])]


def tests_of(build, *suites):
    """(name, command) of each test that the build knows in these suites."""
    return [(test["name"], test["cmd"]) for test in tests_in(build, suites)]


def programs_of(build, *suites):
    """What has to be built for the tests of these suites: their programs, and those they are given as arguments."""
    needed = {target for test in tests_in(build, suites) for target in test["depends"]}
    return [os.path.relpath(path, build) for target in introspected(build, "targets") if target["id"] in needed
            for path in target["filename"]]


def plain():
    return folder("build", targets=lambda path: PROGRAMS)


def plain_with_tests():
    return folder("build")


def sanitized():
    """All tests with address and undefined-behaviour sanitizers, and libFuzzer's targets."""
    clang = next((c for c in ("clang++-19", "clang++") if _exists(c)), None)
    if clang is None:
        raise PartFailed("there is no clang++ here")
    return folder("build-sanitized", "-Dfuzzers=true", "-Doptimization=1", compiler=clang,
                  targets=lambda path: programs_of(path, *SANITIZED_SUITES))


def _exists(program):
    return any(os.access(os.path.join(place, program), os.X_OK) for place in os.environ["PATH"].split(":"))


def tail(log, lines=60):
    text = log.read_text(errors="replace").splitlines()
    errors = [i for i, line in enumerate(text) if "error:" in line or line.startswith("FAILED")]
    start = max(0, errors[0] - 2) if errors else max(0, len(text) - lines)
    return "\n".join(text[start:start + lines])
