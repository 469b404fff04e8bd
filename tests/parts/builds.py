"""The build folders that parts share, each made once a run."""
import functools
import os

from parts.part import PartFailed, ROOT, run_logged


@functools.cache
def folder(name, *options, compiler=None):
    """Configures (on first use) and builds everything in ROOT/name; warnings are errors."""
    path = ROOT / name
    log = ROOT / f"{name}.log"
    environment = dict(os.environ)
    if compiler:
        environment["CXX"] = f"ccache {compiler}" if _exists("ccache") else compiler
    if not (path / "build.ninja").exists() and run_logged(["meson", "setup", path, *options], log, env=environment):
        raise PartFailed(f"cannot configure {name}:\n{tail(log)}")
    if run_logged(["ninja", "-C", path], log):
        raise PartFailed(f"cannot build {name}:\n{tail(log)}")
    log.unlink()
    return path


def plain():
    return folder("build")


def sanitized():
    """Address and undefined-behaviour sanitizers, and libFuzzer's targets."""
    clang = next((c for c in ("clang++-19", "clang++") if _exists(c)), None)
    if clang is None:
        raise PartFailed("there is no clang++ here")
    return folder("build-sanitized", "-Dfuzzers=true", "-Doptimization=1", compiler=clang)


def _exists(program):
    return any(os.access(os.path.join(place, program), os.X_OK) for place in os.environ["PATH"].split(":"))


def tail(log, lines=60):
    text = log.read_text(errors="replace").splitlines()
    errors = [i for i, line in enumerate(text) if "error:" in line or line.startswith("FAILED")]
    start = max(0, errors[0] - 2) if errors else max(0, len(text) - lines)
    return "\n".join(text[start:start + lines])
