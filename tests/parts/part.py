"""A part of the test run: a name, a sentence, and a function that returns how many tests passed and failed."""
import dataclasses
import os
import pathlib
import subprocess
import typing

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = {}


class PartFailed(Exception):
    """The part could not even run its tests."""


@dataclasses.dataclass
class Part:
    what: str
    run: typing.Callable[[], tuple]
    by_default: bool = True


def part(name, what, by_default=True):
    def register(function):
        PARTS[name] = Part(what, function, by_default)
        return function
    return register


def need_root():
    if os.geteuid() != 0:
        raise PartFailed("needs root: it makes network namespaces")


def run_logged(args, log, **kwargs):
    """The exit code; everything the command says goes to the file `log`."""
    with open(log, "w") as out:
        return subprocess.run([str(a) for a in args], stdout=out, stderr=subprocess.STDOUT, cwd=ROOT, **kwargs).returncode
